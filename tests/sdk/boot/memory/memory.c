/* Looks at its variables and its memory. */
#include <microkit.h>

unsigned long shared_size, filled_size, odd_paddr, large_paddr; /* of .bss, all but these */
volatile unsigned long *shared = (void *)1, *large = (void *)1;
const char *filled = (void *)1;

static void say(const char *what, int right)
{
    microkit_dbg_puts("memory: ");
    microkit_dbg_puts(what);
    microkit_dbg_puts(right ? ": yes\n" : ": no\n");
}

void init(void)
{
    say("vaddr", (unsigned long)shared == 0x4000000 && (unsigned long)large == 0x40000000);
    say("size", shared_size == 0x3000 && filled_size == 11);
    say("prefill", filled[0] == 't' && filled[10] == 'l' && filled[11] == 0);
    say("zeros", shared[0] == 0 && large[0x3fffff / 8] == 0);
    say("paddr", odd_paddr != 0 && odd_paddr % 0x1000 == 0 && large_paddr % 0x200000 == 0 && large_paddr != 0);
    shared[0x2fff / 8] = odd_paddr;
    large[0x3fffff / 8] = 7;
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)msginfo;
    say("wide channel", ch == 500);
    return microkit_msginfo_new(0, 0);
}
