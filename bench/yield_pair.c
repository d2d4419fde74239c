#include "yield_pair.h"
#include "partner.h"
#include "shot.h"

enum { MAX_TRIES = 100 };

static struct partner other;
static uint64_t page_slot; /* the shared page's frame; 0: not made yet */

static bool good(const struct benchmark *self, const char *what, long error)
{
    if (error != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(error));
    return error == 0;
}

static bool map_shared(const struct benchmark *self, uint64_t slot, cap_t space)
{
    return good(self, "mapping the shared page",
                map_frame(slot, space, SHARED_VADDR, RIGHT_READ | RIGHT_WRITE));
}

static bool share_with_peer(const struct benchmark *self)
{
    uint64_t copy = slot_new();
    cap_t self_cnode = cap_at(CAP_SELF_CNODE);
    return good(self, "copying a frame", cap_copy(self_cnode, copy, self_cnode, page_slot, RIGHT_ALL)) &&
           map_shared(self, copy, other.space);
}

bool yield_pair_open(const struct benchmark *self)
{
    if (page_slot == 0) {
        page_slot = object_new(TYPE_FRAME, 12);
        if (!map_shared(self, page_slot, cap_at(CAP_SELF_SPACE)))
            return false;
    }
    other = partner_new(self->cross, (struct service_args){.kind = SERVICE_YIELD});
    if (self->cross && !share_with_peer(self))
        return false;
    partner_start(&other);
    return true;
}

/* The other thread read the second time. A number that is not the one asked for, or a time before the start,
   says that a timer tick took the CPU from one of the two on the way: that is no sample. */
bool yield_pair_sample(const struct benchmark *self, uint64_t *ticks)
{
    volatile struct yield_page *page = (volatile struct yield_page *)SHARED_VADDR;
    uint64_t number = page->asked;
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        page->asked = ++number;
        SHOT("mov %[op], %%eax\n\tsyscall\n\t", SYS_YIELD);
        *ticks = page->time - shot.start;
        if (shot.result == 0 && page->answered == number && page->time > shot.start && page->time < shot.end)
            return true;
    }
    BENCH_ERROR("%s: after %d yields (the last returned %ld) the other thread did not answer", self->id,
                MAX_TRIES, (long)shot.result);
    return false;
}

void yield_pair_close(void)
{
    partner_stop(&other);
}
