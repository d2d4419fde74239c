/* Crashes ten milliseconds after each start. */
#include <baton/timer.h>
#include "service.h"

const struct service_clock *clock;

void init(void)
{
    baton_timer_set(0, baton_timer_now() + clock->mhz * 10000ul);
}

void notified(microkit_channel ch)
{
    (void)ch;
    __builtin_trap();
}
