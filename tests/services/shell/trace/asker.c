/* Asks the kernel for what it has no capability to, and never sleeps: whoever looks at what the kernel records finds it. */
#include <microkit.h>

enum { NOTHING = 300, INPUT = 1 /* the slot where it is notified */, PAUSE = 2000 };

void init(void)
{
    for (unsigned i = 0;; i++) {
        baton_call(BATON_SYS_SIGNAL, baton_address(NOTHING), 0, 0, 0);
        baton_call(BATON_SYS_THREAD_RESUME, baton_address(INPUT), 0, 0, 0);
        for (unsigned n = 0; n < PAUSE; n++)
            __asm__ volatile("");
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}
