/* Crashes in the way that its name says: the root task must tell which one. */
#include <microkit.h>

static const unsigned long constant = 7;
static volatile unsigned long bad = 0x1000; /* nothing is there */
static unsigned long data[4] = {1};

__attribute__((noinline)) static unsigned long deeper(unsigned long n)
{
    volatile unsigned long here[16];
    here[0] = n;
    return n == bad ? n : deeper(n + 1) + here[0]; /* the stack ends long before */
}

static void unknown_call(void)
{
    unsigned long rax = 0xff;
    __asm__ volatile("syscall" : "+a"(rax) : : "rcx", "r11", "memory");
}

void init(void)
{
    switch (microkit_name[0]) {
    case 'w': *(volatile unsigned long *)bad = 1; break; /* NOLINT */
    case 'o': data[1] = deeper(0); break;
    case 's': unknown_call(); break;
    case 'u': __asm__ volatile("ud2"); break;
    case 'f': ((void (*)(void))data)(); break;                                /* NOLINT */
    case 'c': *(volatile unsigned long *)(unsigned long)&constant = 1; break; /* NOLINT */
    case 'p': __asm__ volatile("cli"); break;
    default: microkit_dbg_puts("last: all the others are dead\n");
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}
