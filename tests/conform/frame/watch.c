#include "frame/watch.h"

#include "frame/timer.h"

/* Steps of the clock. No case takes a quarter of that; debug/dump does in Bochs, whose serial port is as slow
   as a real one. The clock is asked only where it counts instructions: elsewhere it runs on while others have
   the CPU. */
#define CASE_STEPS 5000000000ull
enum { BADGE_FINISH = 1, BADGE_FAULT, BADGE_SLICE, BADGE_CEILING, CHECKED_TIMES = 8 };

cap_t watch_fault_ep;
static uint64_t watch_slot;
static cap_t finish_ep, slice_ep, ceiling_ep, sentinel_tcb;
static cap_t limit; /* a timer, or 0 */

static cap_t mint(uint64_t badge)
{
    uint64_t slot = slot_new();
    must(cap_mint(cap_at(CAP_SELF_CNODE), slot, cap_at(CAP_SELF_CNODE), watch_slot, RIGHT_SEND, badge),
         "cannot badge the watcher's endpoint");
    return cap_at(slot);
}

/* Of lower priority than all others: it runs when every one of them waits, and then they would wait for ever. */
static void sentinel(uint64_t unused)
{
    (void)unused;
    tell_stuck("all threads wait, and nobody will wake them");
    debug_exit(cap_at(CAP_DEBUG), 1);
}

static void limit_init(void)
{
    cap_t n = cap_at(object_new(TYPE_NOTIFICATION, 0));
    if (!counts_instructions())
        return;
    limit = cap_at(object_new(TYPE_TIMER, 0));
    must(timer_bind(limit, n), "cannot bind the watcher's timer");
    must(notification_bind(cap_at(CAP_SELF_TCB), n), "cannot bind the watcher's notification");
}

static void limit_begin(void)
{
    if (limit)
        timer_set(limit, clock_read() + CASE_STEPS * (boot_info->checked ? CHECKED_TIMES : 1));
}

void watch_init(void)
{
    watch_slot = object_new(TYPE_ENDPOINT, 0);
    finish_ep = mint(BADGE_FINISH);
    watch_fault_ep = mint(BADGE_FAULT);
    slice_ep = mint(BADGE_SLICE);
    ceiling_ep = mint(BADGE_CEILING);
    sentinel_tcb = cap_at(thread_new(sentinel, 0, SENTINEL_PRIORITY, watch_fault_ep).tcb);
    thread_resume(sentinel_tcb);
    limit_init();
}

static void fresh_slice(cap_t runner)
{
    thread_suspend(runner);
    thread_resume(runner);
    limit_begin();
}

int watch(cap_t runner)
{
    struct msg m = {0};
    long result = ipc_recv(cap_at(watch_slot), &m);
    while (result == GOT_MESSAGE && (m.badge == BADGE_SLICE || m.badge == BADGE_CEILING)) {
        if (m.badge == BADGE_SLICE)
            fresh_slice(runner);
        else
            must(thread_set_priority(runner, RUNNER_PRIORITY, (unsigned)m.word[0]),
                 "cannot set the runner's ceiling");
        result = ipc_recv(cap_at(watch_slot), &m);
    }
    if (result == GOT_MESSAGE && m.badge == BADGE_FINISH)
        return (int)m.word[0];
    if (result == GOT_NOTIFIED)
        tell_stuck("it does not end, and somebody runs all the time");
    else if (result == GOT_MESSAGE && m.badge == BADGE_FAULT)
        print("not ok %s: unexpected %s, address %lx rip %lx error code %lx\n", case_name(),
              fault_name(m.label), m.word[0], m.word[1], m.word[2]);
    else
        print("not ok %s: the watcher received %ld with badge %lx\n", case_name(), result, m.badge);
    return 1;
}

_Noreturn void watch_finish(uint64_t code)
{
    for (;;) {
        struct msg m = {.word = {code}};
        ipc_send(finish_ep, &m);
    }
}

/* A thread that is resumed begins a new slice: the watcher, being more urgent, stops and resumes the runner. */
void watch_fresh_slice(void)
{
    struct msg m = {0};
    ipc_send(slice_ep, &m);
}

void watch_set_ceiling(unsigned ceiling)
{
    struct msg m = {.word = {ceiling}};
    ipc_send(ceiling_ep, &m);
}

void watch_stop_sentinel(void)
{
    must(thread_suspend(sentinel_tcb), "cannot stop the sentinel");
}

void watch_start_sentinel(void)
{
    must(thread_resume(sentinel_tcb), "cannot start the sentinel");
}
