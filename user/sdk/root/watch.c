/* What the root task does for the rest of its life: it waits for the faults of protection domains that have no parent, says what
   happened, and buries the dead, so that callers get an error instead of waiting for ever. For that it keeps the
   capabilities to their threads, and to their stand-ins (a program without one: its endpoint), and no others. */
#include "root.h"

enum { PDS_MOST = 1024, STACK_NEAR = 64 * 1024, PAGE_PRESENT = 1, PAGE_WRITE = 2, PAGE_FETCH = 16 };

static struct kept {
    uint32_t thread, stand_in, endpoint; /* slots of ours, or 0 */
} kept[PDS_MOST];
static uint32_t faults;
static struct {
    uint32_t first, end;
} ours[2]; /* slots with what we keep: a row, or two */

static uint32_t keep(uint32_t slot)
{
    uint32_t own = own_slot();
    must(cap_move(cap_at(CAP_SELF_CNODE), own, cap_at(STORE), slot), "cannot keep a capability");
    unsigned row = ours[0].end == 0 || ours[0].end == own ? 0 : 1;
    if (ours[row].end == 0)
        ours[row].first = own;
    ours[row].end = own + 1;
    return own;
}

void watch_prepare(const struct image *image)
{
    const struct image_header *h = image->header;
    if (h->pd_count > PDS_MOST)
        fail("the system has more than %d protection domains", PDS_MOST);
    faults = keep(h->faults);
    for (uint32_t i = 0; i < h->pd_count; i++) {
        const struct image_pd *p = &image->pd[i];
        if (p->parent != IMAGE_NONE)
            continue;
        kept[i].thread = keep(p->tcb);
        if (p->stand_in != IMAGE_NONE)
            kept[i].stand_in = keep(p->stand_in);
        else if (p->endpoint != IMAGE_NONE)
            kept[i].endpoint = keep(p->endpoint);
    }
}

bool watch_needs(uint32_t slot)
{
    return (slot >= ours[0].first && slot < ours[0].end) || (slot >= ours[1].first && slot < ours[1].end);
}

static void end_object(uint32_t slot)
{
    if (slot == 0)
        return;
    cap_revoke(cap_at(CAP_SELF_CNODE), slot);
    cap_delete(cap_at(CAP_SELF_CNODE), slot);
}

/* The call that it was serving ends with its thread. */
static void bury(uint32_t pd)
{
    end_object(kept[pd].endpoint);
    end_object(kept[pd].thread);
    if (kept[pd].stand_in != 0)
        thread_resume(cap_at(kept[pd].stand_in));
    kept[pd] = (struct kept){0, 0, 0};
}

/* " (name+offset)", when the component's symbols tell it. */
static void print_symbol(const struct image *image, const struct image_pd *p, uint64_t address)
{
    const struct image_symbol *found = NULL;
    for (uint32_t i = 0; i < p->symbol_count; i++) {
        const struct image_symbol *s = &image->symbol[p->first_symbol + i];
        if (address >= s->address && address - s->address < (s->size != 0 ? s->size : 1))
            found = s;
    }
    if (found != NULL)
        print(" (%s+0x%lx)", image->names + found->name, address - found->address);
}

/* The page below the stack is never mapped; a large frame steps over it. */
static bool stack_overflowed(const struct image_pd *p, const struct msg *m)
{
    uint64_t address = m->word[0], rsp = m->word[3];
    bool below = address < p->stack_bottom && p->stack_bottom - address <= STACK_NEAR;
    bool at_guard = address < p->stack_bottom && p->stack_bottom - address <= IMAGE_PAGE;
    return at_guard || (below && rsp < p->stack_bottom);
}

static void print_page_fault(const struct image_pd *p, const struct msg *m)
{
    uint64_t code = m->word[2];
    print("%s of 0x%lx, %s",
          (code & PAGE_FETCH) != 0   ? "fetch"
          : (code & PAGE_WRITE) != 0 ? "write"
                                     : "read",
          m->word[0], (code & PAGE_PRESENT) != 0 ? "which it may not" : "which is not mapped");
    if (stack_overflowed(p, m))
        print(": stack overflow");
}

static void print_fault(const struct image *image, const struct image_pd *p, const struct msg *m)
{
    print("fault: '%s': %s: ", image->names + p->name, fault_name(m->label));
    if (m->label == FAULT_PAGE)
        print_page_fault(p, m);
    else if (m->label == FAULT_SYSCALL)
        print("call 0x%lx, which does not exist", m->word[0]);
    else if (m->label == FAULT_NO_FPU)
        print("it uses SSE, AVX or x87 without having them, which fpu=\"true\" would give");
    else
        print("vector %lu, error code 0x%lx", m->word[4], m->word[2]);
    print("; rip 0x%lx", m->word[1]);
    print_symbol(image, p, m->word[1]);
    print(" rsp 0x%lx\n", m->word[3]);
}

/* What a component with log="denied" was refused. It chooses the numbers, and no words. */
static void print_denial(const struct image *image, const struct image_pd *p, const struct msg *m)
{
    print("denied: '%s': ", image->names + p->name);
    if (m->word[0] != 0)
        print("call 0x%lx of slot %lu: %s\n", m->word[0], m->word[1], error_name((long)m->word[2]));
    else
        print("the description gives it no id %lu\n", m->word[1]);
}

_Noreturn void watch(const struct image *image)
{
    for (;;) {
        struct msg m = {0};
        must(ipc_recv(cap_at(faults), &m), "cannot wait for faults");
        uint32_t pd = (uint32_t)m.badge - 1;
        if (pd >= image->header->pd_count)
            continue;
        if ((m.badge & IMAGE_DENIAL) != 0) {
            print_denial(image, &image->pd[pd], &m);
            continue;
        }
        print_fault(image, &image->pd[pd], &m);
        bury(pd);
    }
}
