/* What calls and signals cost, from the caller's first instruction to its next: in ticks of the time-stamp counter, which are instructions
   in an emulator that counts them. */
#include <microkit.h>

enum { ROUNDS = 1000, SERVER = 0, BOTH = 1, LISTENER = 2 };

static inline seL4_Word now(void)
{
    seL4_Uint32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (seL4_Word)high << 32 | low;
}

static void say(const char *what, seL4_Word words, seL4_Word cost)
{
    microkit_dbg_puts("cost ");
    microkit_dbg_puts(what);
    microkit_dbg_put32((seL4_Uint32)words);
    microkit_dbg_puts(" ");
    microkit_dbg_put32((seL4_Uint32)cost);
    microkit_dbg_puts("\n");
}

/* The least of many, less what two readings of the clock take. */
#define MEASURE(what, words, operation)                                                                                                  \
    do {                                                                                                                                 \
        seL4_Word least = ~0ull, clock = ~0ull;                                                                                          \
        for (int i = 0; i < ROUNDS; i++) {                                                                                               \
            seL4_Word start = now();                                                                                                     \
            operation;                                                                                                                   \
            seL4_Word took = now() - start, empty = now();                                                                               \
            empty = now() - empty;                                                                                                       \
            least = took < least ? took : least;                                                                                         \
            clock = empty < clock ? empty : clock;                                                                                       \
        }                                                                                                                                \
        say(what, words, least - clock);                                                                                                 \
    } while (0)

void init(void)
{
    MEASURE("ppcall/", 0, microkit_ppcall(SERVER, microkit_msginfo_new(0, 0)));
    MEASURE("ppcall/", 1, microkit_ppcall(SERVER, microkit_msginfo_new(0, 1)));
    MEASURE("ppcall/", 4, microkit_ppcall(SERVER, microkit_msginfo_new(0, 4)));
    MEASURE("ppcall/", 8, microkit_ppcall(SERVER, microkit_msginfo_new(0, 8)));
    MEASURE("ppcall/", 64, microkit_ppcall(SERVER, microkit_msginfo_new(0, 64)));
    MEASURE("ppcall to one that is notified, too/", 0, microkit_ppcall(BOTH, microkit_msginfo_new(0, 0)));
    MEASURE("notify/", 0, microkit_notify(LISTENER));
    MEASURE("notify one that is called, too/", 0, microkit_notify(BOTH));
    microkit_dbg_puts("cost that is all\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
