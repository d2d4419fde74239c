/* One of three reads all of a region of 20 MiB; the others only its last word. */
#include <microkit.h>

unsigned long bytes;

void init(void)
{
    const volatile unsigned long *number = (void *)0x40000000; /* NOLINT */
    unsigned long words = bytes / sizeof *number, right = 0, first = microkit_name[6] == '2' ? 0 : words - 1;
    for (unsigned long i = first; i < words; i++)
        right += number[i] == i;
    if (right == words - first && words == 20ul << 17)
        microkit_dbg_puts(first == 0 ? "reader: all words are right\n" : "reader: the last word is right\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
