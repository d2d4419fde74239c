/* When does the shell's prompt stand? When the serial chip has been given all of it. Less urgent than everybody else but who measures, so it looks when
   the system has gone to sleep, and its looking is in nobody's way. */
#include "ring/text.h"
#include "service.h"

const struct text_ring *sending; /* what the shell has written: where the description maps it */
volatile uint64_t *prompt_stood; /* a tick of the clock, for the component that measures */

static bool stands(void)
{
    const volatile struct ring *r = &sending->ring;
    bool found = false;
    for (unsigned i = 0; i + 1 < TEXT_BYTES; i++)
        found |= sending->text[i] == '>' && sending->text[i + 1] == ' ';
    return found && r->consumer.index == r->producer.index;
}

void init(void)
{
    uint64_t now;
    do
        now = __builtin_ia32_rdtsc();
    while (!stands());
    *prompt_stood = now;
}

void notified(microkit_channel ch)
{
    (void)ch;
}
