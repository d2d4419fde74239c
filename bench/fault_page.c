/* What does a page fault cost when a pager handles it: from before the touch, through the fault's message, the
   pager's memory_map and its reply, until after the touch? */
#include "harness.h"
#include "partner.h"
#include "shot.h"

static uint64_t frame_slot; /* 0: not made yet */
static struct partner pager;
static cap_t pager_ep;   /* asks the pager to take the page away */
static cap_t toucher_ep; /* asks the toucher to touch */
static cap_t toucher_tcb;
static uint64_t faults; /* that the pager must have seen */

/* A thread of its own, because its fault endpoint is the pager's. Each call to it is one touch. */
static void toucher(uint64_t ep)
{
    struct msg m = {0};
    for (long result = ipc_recv(ep, &m); result == GOT_MESSAGE; result = ipc_reply_recv(ep, &m)) {
        shot.target = FAULT_VADDR;
        SHOT("mov " SHOT_TARGET ", %%rdi\n\tmov (%%rdi), %%rax\n\t", 0);
        m.word[0] = shot_ticks();
    }
    BENCH_ERROR("%s: the touching thread cannot receive", suite_current);
    debug_exit(cap_at(CAP_DEBUG), 1);
}

static bool good(const struct benchmark *self, const char *what, long error)
{
    if (error != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(error));
    return error == 0;
}

/* Maps the frame once to fill it; its page tables stay when it is unmapped. */
static bool make_page(const struct benchmark *self)
{
    frame_slot = object_new(TYPE_FRAME, 12);
    if (!good(self, "mapping the page",
              map_frame(frame_slot, cap_at(CAP_SELF_SPACE), FAULT_VADDR, RIGHT_READ | RIGHT_WRITE)))
        return false;
    *(volatile uint64_t *)FAULT_VADDR = FAULT_PATTERN;
    return good(self, "unmapping the page", memory_unmap(cap_at(frame_slot)));
}

static bool prepare(const struct benchmark *self)
{
    if (frame_slot == 0 && !make_page(self))
        return false;
    uint64_t fault_ep = object_new(TYPE_ENDPOINT, 0), touch_ep = object_new(TYPE_ENDPOINT, 0);
    pager = partner_new(
        self->cross, (struct service_args){
                         .kind = SERVICE_PAGER, .ep = fault_ep, .frame = frame_slot, .space = CAP_SELF_SPACE});
    pager_ep = client_cap(fault_ep, CLIENT_BADGE);
    toucher_ep = client_cap(touch_ep, CLIENT_BADGE);
    toucher_tcb =
        cap_at(thread_new(toucher, cap_at(touch_ep), BENCH_PRIORITY, client_cap(fault_ep, FAULT_BADGE)).tcb);
    faults = 0;
    partner_start(&pager);
    thread_resume(toucher_tcb);
    return true;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    struct msg touched = {0}, unmapped = {0};
    long result = ipc_call(toucher_ep, &touched);
    *ticks = touched.word[0];
    bool right = result == GOT_MESSAGE && shot.result == FAULT_PATTERN;
    long unmap_result = ipc_call(pager_ep, &unmapped);
    if (right && unmap_result == GOT_MESSAGE && unmapped.word[0] == ++faults)
        return true;
    BENCH_ERROR("%s: touch returned %ld and read %lx, unmap returned %ld; %lu faults, not %lu", self->id,
                result, shot.result, unmap_result, unmapped.word[0], faults);
    return false;
}

static void finish(void)
{
    thread_suspend(toucher_tcb);
    partner_stop(&pager);
}

#define FAULT_ROW(name, path, is_cross)                                                                        \
    {                                                                                                          \
        .id = "fault.page/" name, .boot = path, .cross = is_cross, .prepare = prepare, .sample = sample,       \
        .finish = finish                                                                                       \
    }
static const struct benchmark list[] = {
    FAULT_ROW("same", BOOT_FAST, false),
    FAULT_ROW("cross", BOOT_FAST, true),
    FAULT_ROW("same/slow", BOOT_SLOW, false),
    FAULT_ROW("cross/slow", BOOT_SLOW, true),
};
BENCHMARKS(110, fault_page, list);
