/* Ends each of its lives with another fault. */
#include <microkit.h>

volatile unsigned long watched;

/* Tells its parent in rbx where a breakpoint is wanted. */
static void unknown_call(void)
{
    unsigned long rax = 0xff;
    __asm__ volatile("syscall" : "+a"(rax) : "b"(&watched) : "rcx", "r11", "memory");
}

/* A life for each start: the parent does not reset the data. */
void init(void)
{
    static unsigned life;
    switch (life++) {
    case 0: *(volatile unsigned long *)0x1234000 = 1; break; /* NOLINT */
    case 1: __asm__ volatile("ud2"); break;
    case 2: unknown_call(); break;
    case 3: watched = 7; break; /* the parent has set a breakpoint there */
    default: microkit_internal_crash(seL4_RangeError);
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}
