/* Sends what the protocol does not have, asks for times at the edges, and takes a deadline back. */
#include "timer/protocol.h"

static struct timer timer = {.service = 0};

static void bad(seL4_Word label, seL4_Uint16 count)
{
    microkit_msginfo answer = microkit_ppcall(0, microkit_msginfo_new(label, count));
    microkit_dbg_puts(microkit_msginfo_get_label(answer) == SERVICE_BAD ? "bad, " : "taken, ");
}

static const char *text(bool good)
{
    return good ? "good, " : "wrong, ";
}

void init(void)
{
    microkit_dbg_puts("odd: ");
    bad(0, 0);
    bad(TIMER_CANCEL + 1, 0);
    bad(TIMER_SET, 0);
    bad(TIMER_NOW, 1);
    bad(TIMER_SET, 120);
    seL4_Word then = timer_now(&timer);
    microkit_dbg_puts(text(timer_set(&timer, ~0ul) && !timer_due(&timer))); /* never */
    microkit_dbg_puts(text(timer_set(&timer, then) && timer_due(&timer)));  /* at once */
    microkit_dbg_puts(text(timer_set(&timer, then + 1000000000) && timer_cancel(&timer) && !timer_due(&timer)));
    microkit_dbg_puts(text(timer_now(&timer) >= then));
    microkit_dbg_puts("done\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
