/* Writes beyond an array on its stack: compiled with -fstack-protector. */
#include <microkit.h>

__attribute__((noinline)) static void fill(volatile char *text, unsigned bytes)
{
    while (bytes-- != 0)
        text[bytes] = 'x';
}

__attribute__((noinline)) static void overflow(unsigned bytes)
{
    char text[16];
    fill(text, bytes);
}

static volatile unsigned right = 16, wrong = 32;

void init(void)
{
    overflow(right);
    microkit_dbg_puts("guard: nothing is wrong yet\n");
    overflow(wrong);
    microkit_dbg_puts("guard: it was not seen\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
