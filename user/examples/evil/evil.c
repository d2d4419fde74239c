/* Tries every slot, every call that returns on every slot, and every page of low and high memory, and says what succeeds: it should be
   what the report says, and nothing else. Each attempt that faults goes on at the address in rbx (warden.c). */
#include <microkit.h>

enum { SLOTS = 1200, CONSOLE = 7, RECEIVE = 1, IDENTIFY = 0x35, LAST_CALL = 0x70 };

static void say(const char *what, seL4_Word a, const char *then, seL4_Word b)
{
    microkit_dbg_puts(what);
    microkit_dbg_put32((seL4_Uint32)a);
    microkit_dbg_puts(then);
    microkit_dbg_put32((seL4_Uint32)b);
    microkit_dbg_puts("\n");
}

/* A system call with all registers that it may take; -1000 when it faults. */
static long attempt(seL4_Word number, const seL4_Word *argument)
{
    register seL4_Word r8 __asm__("r8") = argument[3];
    register seL4_Word r9 __asm__("r9") = argument[4];
    register seL4_Word r10 __asm__("r10") = argument[5];
    long rax = (long)number;
    seL4_Word rdi = argument[0], rsi = argument[1], rdx = argument[2];
    __asm__ volatile("lea 1f(%%rip), %%rbx\n\tsyscall\n\tjmp 2f\n1:\tmov $-1000, %%rax\n2:"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10)
                     :
                     : "rbx", "rcx", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    return rax;
}

/* Those that would wait, perhaps for ever: messages, wait, reply; yielding, suspending itself by mistake is not among them. */
static int waits(seL4_Word call)
{
    return call <= 0x05 || call == 0x08 || call == 0x0c || call == 0x0d || call == 0x10 || call >= 0x60;
}

static void try_slots(void)
{
    for (seL4_Word slot = 0; slot < SLOTS; slot++) {
        const seL4_Word argument[6] = {slot << 5};
        long type = attempt(IDENTIFY, argument);
        if (type >= 0)
            say("evil: slot ", slot, " has type ", (seL4_Word)type);
    }
}

/* Numbers that a call might accept: as an address, an index, a size, a capability of its own. */
static const seL4_Word arguments[][5] = {
    {0, 0, 0, 0, 0},        {1, 1, 1, 1, 1},           {0x2f8, 1, 0, 0, 0},
    {7, 12, 1 << 5, 40, 1}, {1 << 5, 0x1000, 8, 0, 0}, {50, 1 << 5, 1, 0xff, 5},
};

/* Except for results of calls that only look. On the console this prints things in the middle of a line. */
static void try_calls(void)
{
    for (seL4_Word call = 0; call < LAST_CALL; call++)
        for (seL4_Word slot = 0; !waits(call) && call != IDENTIFY && slot < SLOTS; slot++) {
            int success = 0;
            for (unsigned i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
                const seL4_Word *a = arguments[i], argument[6] = {slot << 5, a[0], a[1], a[2], a[3], a[4]};
                success |= attempt(call, argument) >= 0;
            }
            if (success && slot == CONSOLE)
                microkit_dbg_puts("\n");
            if (success)
                say("evil: call ", call, " succeeds on slot ", slot);
        }
}

/* 0: nothing, 1: it can be read, 2: written, too. */
static int page(seL4_Word address)
{
    seL4_Word can = 0;
    __asm__ volatile("lea 1f(%%rip), %%rbx\n\tmov (%1), %%cl\n\tmov $1, %0\n\tmov %%cl, (%1)\n\tmov $2, %0\n1:"
                     : "+r"(can)
                     : "r"(address)
                     : "rbx", "rcx", "memory");
    return (int)can;
}

static void say_stretch(seL4_Word from, seL4_Word to, int can)
{
    static const char *const what[] = {"", " read\n", " read write\n"};
    static const char digits[] = "0123456789abcdef";
    if (can == 0)
        return;
    microkit_dbg_puts("evil: memory ");
    for (int shift = 44; shift >= 0; shift -= 4)
        microkit_dbg_putc(digits[from >> shift & 15]);
    microkit_dbg_puts(" to ");
    for (int shift = 44; shift >= 0; shift -= 4)
        microkit_dbg_putc(digits[to >> shift & 15]);
    microkit_dbg_puts(what[can]);
}

static void try_pages(seL4_Word from, seL4_Word to)
{
    seL4_Word start = from;
    int can = 0;
    for (seL4_Word at = from; at < to; at += 0x1000) {
        int now = page(at);
        if (now != can) {
            say_stretch(start, at, can);
            start = at;
        }
        can = now;
    }
    say_stretch(start, to, can);
}

void init(void)
{
    try_slots();
    try_calls();
    try_pages(0, 0x4000000);
    try_pages(0x7fffff000000, 0x800000000000);
    try_pages(0xffffffff80000000, 0xffffffff80400000);
    microkit_dbg_puts("evil: that is all\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
