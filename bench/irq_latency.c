/* How long does an interrupt take to reach a driver that waits for it in ring 3? The interrupt is the clock's,
   by a timer; it comes while a less urgent thread spins in ring 3. Measured from that thread's last reading of
   the clock to the driver's first. The driver waits for the notification, or, with it bound to itself, in receive. */
#include "harness.h"
#include "partner.h"
#include "shot.h"

enum { AHEAD_HZ = 20000, SPIN_INSTRUCTIONS = 3 }; /* the deadline is one 20000th of a second ahead */
enum { ALONE, BOUND };                            /* what the driver waits for: variant */

static struct partner spinner;
static uint64_t timer, notification, endpoint; /* slots; 0: not made yet */
static uint64_t number;                        /* of the sample */

static bool is(const struct benchmark *self, const char *what, long result, long expected)
{
    if (result != expected)
        BENCH_ERROR("%s: %s returned %ld, not %ld", self->id, what, result, expected);
    return result == expected;
}

static bool prepare(const struct benchmark *self)
{
    enum { LESS_URGENT = BENCH_PRIORITY - 1 };
    if (timer == 0) {
        timer = object_new(TYPE_TIMER, 0);
        notification = object_new(TYPE_NOTIFICATION, 0);
        endpoint = object_new(TYPE_ENDPOINT, 0);
        if (!is(self, "timer_bind", timer_bind(cap_at(timer), cap_at(notification)), 0))
            return false;
    }
    spinner = partner_new(self->cross, (struct service_args){.kind = SERVICE_SPIN});
    long error = partner_set_priority(&spinner, LESS_URGENT);
    if (!is(self, "thread_set_priority", error, 0) || !partner_share_page(self, &spinner))
        return false;
    partner_start(&spinner);
    return true;
}

static bool prepare_bound(const struct benchmark *self)
{
    return prepare(self) &&
           is(self, "notification_bind", notification_bind(suite_tcb, cap_at(notification)), 0);
}

static void wait_for_it(const struct benchmark *self)
{
    shot_arguments(cap_at(self->variant == BOUND ? endpoint : notification), 0, 0, 0, 0, 0);
    if (self->variant == BOUND)
        SHOT(PLAIN_BODY, SYS_RECV);
    else
        SHOT(PLAIN_BODY, SYS_WAIT);
}

/* Where in its loop the spinner is interrupted makes a few ticks of difference: under TCG the samples visit
   all places equally often. A deadline that passes before the spinner runs, on a machine that was busy with
   something else, gives no sample. */
static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    volatile struct yield_page *page = (volatile struct yield_page *)SHARED_VADDR;
    for (int tries = 0; tries < PARTNER_TRIES; tries++) {
        page->time = 0;
        uint64_t deadline = clock_read() + suite_boot->tsc_hz / AHEAD_HZ + number++ % SPIN_INSTRUCTIONS;
        if (!is(self, "timer_set", timer_set(cap_at(timer), deadline), 0))
            return false;
        wait_for_it(self);
        if (!is(self, "wait", (long)shot.result, GOT_NOTIFIED))
            return false;
        *ticks = (uint32_t)(shot.end - page->time);
        if (page->time != 0)
            return true;
    }
    BENCH_ERROR("%s: the spinning thread did not run", self->id);
    return false;
}

static void finish(void)
{
    partner_stop(&spinner);
    notification_bind(suite_tcb, 0);
}

#define LATENCY(name, path, is_cross, prepare_function, how)                                                   \
    {                                                                                                          \
        .id = "irq.latency/" name, .boot = path, .cross = is_cross, .variant = how,                            \
        .prepare = prepare_function, .sample = sample, .finish = finish                                        \
    }
static const struct benchmark list[] = {
    LATENCY("same", BOOT_FAST, false, prepare, ALONE),
    LATENCY("cross", BOOT_FAST, true, prepare, ALONE),
    LATENCY("bound", BOOT_FAST, true, prepare_bound, BOUND),
    LATENCY("same/slow", BOOT_SLOW, false, prepare, ALONE),
    LATENCY("cross/slow", BOOT_SLOW, true, prepare, ALONE),
    LATENCY("bound/slow", BOOT_SLOW, true, prepare_bound, BOUND),
};
BENCHMARKS(100, irq_latency, list);
