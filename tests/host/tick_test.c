/* kernel/entry/tick.c: who pays for a tick, and that what is no tick costs nobody one. The clock and the local APIC are the test's. */
#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/cpu.h"
#include "object/notification.h"
#include "object/thread.h"
#include "object/timer.h"
#include "thread/sched.h"
#include "world.h"

static uint64_t time_stamp, told, acknowledged;

#define rdtsc() time_stamp
#define apic_eoi() (void)acknowledged++
#define clock_next_tick next_tick
#define clock_ticked ticked
#define clock_next next
static uint64_t next_tick;

static void ticked(uint64_t at)
{
    next_tick = at + 1000;
}

static void next(uint64_t deadline)
{
    told = deadline;
}
#include "entry/tick.c" /* NOLINT */

enum { CALLER = 3, URGENT = 4, NOTE = 5, TIMER = 6, TICK = 5000, SLICE = 5 };

static struct tcb *running, *urgent;

/* A thread runs, and a more urgent one waits for a notification that a timer signals then. */
static void start(uint64_t deadline)
{
    world_reset();
    urgent = world_caller(URGENT, 20);
    world_object(NOTE, TYPE_NOTIFICATION, 0);
    world_object(TIMER, TYPE_TIMER, 0);
    CHECK_NUMBER("bind", sys(SYS_TIMER_BIND, at(TIMER), at(NOTE), 0, 0, 0, 0), 0);
    host.now = 1;
    CHECK_NUMBER("set", sys(SYS_TIMER_SET, at(TIMER), deadline, 0, 0, 0, 0), 0);
    sys(SYS_WAIT, at(NOTE), 0, 0, 0, 0, 0);
    running = world_caller(CALLER, 10);
    CHECK(cpu.current == running);
    running->slice_ticks = urgent->slice_ticks = SLICE;
    cpu.slice_left = SLICE;
    next_tick = TICK;
    acknowledged = 0;
}

static void interrupt(uint64_t at)
{
    time_stamp = at;
    tick_interrupt();
    CHECK_NUMBER("acknowledged", acknowledged, 1);
}

/* The tick is charged to who was running, though a timer wakes somebody more urgent in the same interrupt: that one
   has all of its slice. */
static void charged_to_who_ran(void)
{
    start(TICK);
    interrupt(TICK);
    CHECK(cpu.current == urgent);
    CHECK_NUMBER("what is left to who was running", running->slice_left, SLICE - 1);
    CHECK_NUMBER("what is left to who was woken", cpu.slice_left, SLICE);
    CHECK_NUMBER("the next deadline", told, TIMER_NEVER);
    CHECK_NUMBER("the next tick", next_tick, TICK + 1000);
}

/* A timer's interrupt is no tick, however near the tick is; a tick that is due is one, however late. */
static void what_is_a_tick(void)
{
    start(TICK - 1);
    interrupt(TICK - 1);
    CHECK(cpu.current == urgent);
    CHECK_NUMBER("what is left to who was running", running->slice_left, SLICE);
    CHECK_NUMBER("the next tick", next_tick, TICK);
    for (uint64_t late = 0; late < 3000; late += 999) {
        start(1ull << 40);
        interrupt(TICK + late);
        CHECK(cpu.current == running);
        CHECK_NUMBER("what is left to who was running", cpu.slice_left, SLICE - 1);
        CHECK_NUMBER("the next deadline", told, 1ull << 40);
    }
}

/* The last tick of a slice gives the CPU to an equal, before a timer of the same moment preempts that. */
static void the_last_tick(void)
{
    start(TICK);
    struct tcb *equal = world_thread(7, 10);
    equal->slice_ticks = SLICE;
    sched_wake(equal);
    cpu.slice_left = 1;
    interrupt(TICK);
    CHECK(cpu.current == urgent && sched_ready(equal) && sched_ready(running));
    CHECK_NUMBER("what is left to the equal", equal->slice_left, SLICE);
    tcb_stop(urgent);
    CHECK(cpu.current == equal);
}

int main(void)
{
    test_run("tick: charged to who ran", charged_to_who_ran);
    test_run("tick: what is a tick", what_is_a_tick);
    test_run("tick: the last one of a slice", the_last_tick);
    return test_end();
}
