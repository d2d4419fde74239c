/* Says three times that ten milliseconds have passed. */
#include <baton/timer.h>

enum { TIMER = 3, TIMES = 3, MICROSECONDS = 10000 };

/* Millions of ticks of the time-stamp counter in a second. */
struct clock {
    seL4_BootInfoHeader header;
    seL4_Uint32 mhz;
};
const struct clock *clock;
static unsigned times;
static seL4_Word deadline;

static void again(void)
{
    deadline = (deadline != 0 ? deadline : baton_timer_now()) + (seL4_Word)clock->mhz * MICROSECONDS;
    baton_timer_set(TIMER, deadline);
}

void init(void)
{
    again();
}

void notified(microkit_channel ch)
{
    microkit_dbg_puts(baton_timer_now() >= deadline ? "timer: ten milliseconds, says channel "
                                                    : "timer: too early, says channel ");
    microkit_dbg_put32(ch);
    microkit_dbg_puts("\n");
    if (++times < TIMES)
        again();
}
