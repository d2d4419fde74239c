#include "yield_pair.h"
#include "partner.h"
#include "shot.h"

static struct partner other;

bool yield_pair_open(const struct benchmark *self)
{
    other = partner_new(self->cross, (struct service_args){.kind = SERVICE_YIELD});
    if (!partner_share_page(self, &other))
        return false;
    partner_start(&other);
    return true;
}

/* The other thread read the second time. A number that is not the one asked for, or a time before the start,
   says that a timer tick took the CPU from one of the two on the way: then this is no sample. */
bool yield_pair_sample(const struct benchmark *self, uint64_t *ticks)
{
    volatile struct yield_page *page = (volatile struct yield_page *)SHARED_VADDR;
    uint64_t number = page->asked;
    for (int tries = 0; tries < PARTNER_TRIES; tries++) {
        page->asked = ++number;
        SHOT("mov %[op], %%eax\n\tsyscall\n\t", SYS_YIELD);
        *ticks = page->time - shot.start;
        if (shot.result == 0 && page->answered == number && page->time > shot.start && page->time < shot.end)
            return true;
    }
    BENCH_ERROR("%s: after %d yields (the last returned %ld) the other thread did not answer", self->id,
                PARTNER_TRIES, (long)shot.result);
    return false;
}

void yield_pair_close(void)
{
    partner_stop(&other);
}
