/* Writes beyond an array on its stack: compiled with -fstack-protector. The word by which this is seen must not be known to others: it is
   not 0, and not that of the guarded component before this one. */
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
static volatile seL4_Word *const before = (seL4_Word *)0x4000000;

static seL4_Word word(void)
{
    seL4_Word here;
    __asm__("mov %%fs:0x28, %0" : "=r"(here));
    return here;
}

void init(void)
{
    if (word() == 0 || word() == *before)
        microkit_dbg_puts("guard: its word can be guessed\n");
    *before = word();
    overflow(right);
    microkit_dbg_puts("guard: nothing is wrong yet\n");
    overflow(wrong);
    microkit_dbg_puts("guard: it was not seen\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
