/* Sleeps some times, each time until a deadline that does not move, the slow one longer: what it says comes in the order of the deadlines. */
#include "timer/protocol.h"

enum { TIMES = 3 };
seL4_Word service; /* the channel */
static struct timer timer;
static unsigned times;
static seL4_Word began;

static seL4_Word deadline(void)
{
    seL4_Word milliseconds = microkit_name[0] == 's' ? 7 : 2;
    return began + (times + 1) * milliseconds * 1000000;
}

void init(void)
{
    timer.service = (microkit_channel)service;
    began = 40000000; /* long after all have started */
    timer_set(&timer, deadline());
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (!timer_due(&timer))
        return;
    seL4_Word late = timer_now(&timer) - deadline();
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(late < 1000000 ? ": at " : ": too late, at ");
    microkit_dbg_put32((seL4_Uint32)(deadline() / 1000000));
    microkit_dbg_puts(" ms\n");
    if (++times < TIMES)
        timer_set(&timer, deadline());
}
