/* What does a signal cost: when nobody waits; when it wakes a more urgent thread that waits again; when it wakes one of
   the same priority, of which others are ready, too; and from one thread to another of the same priority and back? */
#include "crowd.h"
#include "harness.h"
#include "partner.h"
#include "shot.h"

static uint64_t there, back; /* slots of notifications; 0: not made yet */
static struct partner other;

static void make_notifications(void)
{
    if (there == 0) {
        there = object_new(TYPE_NOTIFICATION, 0);
        back = object_new(TYPE_NOTIFICATION, 0);
    }
}

static bool is(const struct benchmark *self, const char *what, long result, long expected)
{
    if (result != expected)
        BENCH_ERROR("%s: %s returned %ld, not %ld", self->id, what, result, expected);
    return result == expected;
}

static bool prepare_none(const struct benchmark *self)
{
    (void)self;
    make_notifications();
    return true;
}

static bool no_waiter(const struct benchmark *self, uint64_t *ticks)
{
    uint64_t bits;
    shot_arguments(cap_at(there), 0, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_SIGNAL);
    *ticks = shot_ticks();
    return is(self, "signal", (long)shot.result, 0) &&
           is(self, "poll", notification_poll(cap_at(there), &bits), GOT_NOTIFIED);
}

static bool open_partner(const struct benchmark *self, enum service_kind kind, unsigned priority)
{
    make_notifications();
    other = partner_new(self->cross, (struct service_args){.kind = kind, .ep = there, .frame = back});
    long error = partner_set_priority(&other, priority);
    partner_start(&other);
    thread_yield(); /* until it waits */
    return is(self, "thread_set_priority", error, 0);
}

static bool prepare_wake(const struct benchmark *self)
{
    return open_partner(self, SERVICE_WAITER, BENCH_PRIORITY + 1);
}

/* When signal returns, the other has run and waits again: so nothing is pending. */
static bool wake(const struct benchmark *self, uint64_t *ticks)
{
    uint64_t bits;
    shot_arguments(cap_at(there), 0, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_SIGNAL);
    *ticks = shot_ticks();
    return is(self, "signal", (long)shot.result, 0) &&
           is(self, "poll", notification_poll(cap_at(there), &bits), ERR_EMPTY);
}

static bool prepare_crowded(const struct benchmark *self)
{
    if (!open_partner(self, SERVICE_WAITER, BENCH_PRIORITY))
        return false;
    crowd_start(1);
    return true;
}

/* The waiter becomes ready behind the crowd; the yield lets both have their turn, and then it waits again. */
static bool wake_crowded(const struct benchmark *self, uint64_t *ticks)
{
    bool good = wake(self, ticks);
    thread_yield();
    return good;
}

static void finish_crowded(void)
{
    crowd_stop();
    partner_stop(&other);
}

static bool prepare_ping_pong(const struct benchmark *self)
{
    return open_partner(self, SERVICE_PONG, BENCH_PRIORITY);
}

#define SIGNAL_AND_WAIT_BODY                                                                                   \
    PLAIN_BODY                                                                                                 \
    "mov %%rsi, %%rdi\n\t"                                                                                     \
    "mov $0x10, %%eax\n\t"                                                                                     \
    "syscall\n\t"
_Static_assert(SYS_WAIT == 0x10, "SIGNAL_AND_WAIT_BODY");

static bool ping_pong(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(cap_at(there), cap_at(back), 0, 0, 0, 0);
    SHOT(SIGNAL_AND_WAIT_BODY, SYS_SIGNAL);
    *ticks = shot_ticks();
    return is(self, "wait", (long)shot.result, GOT_NOTIFIED);
}

static void finish(void)
{
    partner_stop(&other);
}

#define SIGNAL(name, path, is_cross, prepare_function, sample_function)                                        \
    {                                                                                                          \
        .id = "signal." name, .boot = path, .cross = is_cross, .prepare = prepare_function,                    \
        .sample = sample_function, .finish = finish                                                            \
    }
#define CROWDED(name, path)                                                                                    \
    {                                                                                                          \
        .id = "signal.wake/crowded" name, .boot = path, .cross = true, .prepare = prepare_crowded,             \
        .sample = wake_crowded, .finish = finish_crowded                                                       \
    }
#define NO_WAITER(name, path)                                                                                  \
    {                                                                                                          \
        .id = "signal.no_waiter" name, .boot = path, .prepare = prepare_none, .sample = no_waiter              \
    }
static const struct benchmark list[] = {
    NO_WAITER("", BOOT_FAST),
    SIGNAL("wake/same", BOOT_FAST, false, prepare_wake, wake),
    SIGNAL("wake/cross", BOOT_FAST, true, prepare_wake, wake),
    CROWDED("", BOOT_FAST),
    SIGNAL("ping_pong/same", BOOT_FAST, false, prepare_ping_pong, ping_pong),
    SIGNAL("ping_pong/cross", BOOT_FAST, true, prepare_ping_pong, ping_pong),
    NO_WAITER("/slow", BOOT_SLOW),
    SIGNAL("wake/same/slow", BOOT_SLOW, false, prepare_wake, wake),
    SIGNAL("wake/cross/slow", BOOT_SLOW, true, prepare_wake, wake),
    CROWDED("/slow", BOOT_SLOW),
    SIGNAL("ping_pong/same/slow", BOOT_SLOW, false, prepare_ping_pong, ping_pong),
    SIGNAL("ping_pong/cross/slow", BOOT_SLOW, true, prepare_ping_pong, ping_pong),
};
BENCHMARKS(090, signal, list);
