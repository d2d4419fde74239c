/* Sleeping: a timer, and the notification that it signals. */
#include "baton.h"
#include "ticks.h"

static uint64_t tsc_hz(void)
{
    return ((const struct bootinfo *)BOOTINFO_VADDR)->tsc_hz; /* NOLINT: mapped in every program */
}

uint64_t clock_ticks(uint64_t ns)
{
    return ticks_of(ns, tsc_hz());
}

struct sleeper sleeper_new(void)
{
    struct sleeper s = {object_new(TYPE_TIMER, 0), object_new(TYPE_NOTIFICATION, 0)};
    must(timer_bind(cap_at(s.timer), cap_at(s.notification)), "cannot bind a timer");
    return s;
}

/* Waits again if it was an older signal that woke it. */
void sleep_until(const struct sleeper *s, uint64_t deadline)
{
    uint64_t bits;
    must(timer_set(cap_at(s->timer), deadline), "cannot set a timer");
    do
        must(notification_wait(cap_at(s->notification), &bits), "cannot wait for a timer");
    while (clock_read() < deadline);
}

void sleep_ns(const struct sleeper *s, uint64_t ns)
{
    uint64_t now = clock_read(), ticks = clock_ticks(ns);
    sleep_until(s, ticks < UINT64_MAX - now ? now + ticks : UINT64_MAX);
}
