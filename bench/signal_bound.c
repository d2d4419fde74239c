/* What does a signal cost when its notification is bound to a thread, as that of any server which has clients and
   interrupts: when the thread waits in receive, is woken, and waits again; and when it has something else to do? */
#include "harness.h"
#include "partner.h"
#include "shot.h"

static uint64_t notification; /* slot */
static struct partner server;

static bool is(const struct benchmark *self, const char *what, long result, long expected)
{
    if (result != expected)
        BENCH_ERROR("%s: %s returned %ld, not %ld", self->id, what, result, expected);
    return result == expected;
}

static bool open_server(const struct benchmark *self, unsigned priority)
{
    notification = object_new(TYPE_NOTIFICATION, 0);
    struct service_args args = {.kind = SERVICE_LISTENER, .ep = object_new(TYPE_ENDPOINT, 0)};
    server = partner_new(self->cross, args);
    if (!is(self, "thread_set_priority", partner_set_priority(&server, priority), 0) ||
        !is(self, "notification_bind", notification_bind(server.tcb, cap_at(notification)), 0))
        return false;
    partner_start(&server);
    return true;
}

/* It runs at once, and waits. */
static bool prepare_waits(const struct benchmark *self)
{
    return open_server(self, BENCH_PRIORITY + 1);
}

/* It is ready all the time, and does not get the CPU. */
static bool prepare_busy(const struct benchmark *self)
{
    return open_server(self, BENCH_PRIORITY - 1);
}

/* Waits: when signal returns, the server has had it, and so nothing is pending. Busy: it is. */
static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    uint64_t bits;
    shot_arguments(cap_at(notification), 0, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_SIGNAL);
    *ticks = shot_ticks();
    return is(self, "signal", (long)shot.result, 0) &&
           is(self, "poll", notification_poll(cap_at(notification), &bits),
              self->variant ? GOT_NOTIFIED : ERR_EMPTY);
}

static void finish(void)
{
    partner_stop(&server);
}

#define BOUND(name, path, prepare_function, pending)                                                           \
    {                                                                                                          \
        .id = "signal.bound/" name, .boot = path, .cross = true, .variant = pending,                           \
        .prepare = prepare_function, .sample = sample, .finish = finish                                        \
    }
static const struct benchmark list[] = {
    BOUND("waits", BOOT_FAST, prepare_waits, 0),
    BOUND("busy", BOOT_FAST, prepare_busy, 1),
    BOUND("waits/slow", BOOT_SLOW, prepare_waits, 0),
    BOUND("busy/slow", BOOT_SLOW, prepare_busy, 1),
};
BENCHMARKS(092, signal_bound, list);
