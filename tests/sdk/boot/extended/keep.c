/* Copies as a compiler does it, 16 bytes at a time, and sees whether a register of 16 bytes is still the same when another component has run. */
#include <microkit.h>

typedef seL4_Word pair __attribute__((vector_size(16)));

static struct large {
    seL4_Word word[64];
} from, to;

static seL4_Bool copies(void)
{
    for (seL4_Word i = 0; i < 64; i++)
        from.word[i] = i;
    __asm__ volatile("" : : : "memory");
    to = from;
    __asm__ volatile("" : : : "memory");
    return to.word[63] == 63;
}

/* The other has its own name in the register meanwhile. */
static seL4_Bool keeps(void)
{
    pair mine = {(seL4_Word)microkit_name[0], 7}, seen = mine;
    for (int i = 0; i < 100; i++) {
        __asm__ volatile("movdqa %0, %%xmm9" : : "x"(mine) : "xmm9");
        seL4_Yield();
        __asm__ volatile("movdqa %%xmm9, %0" : "=x"(seen));
        if (seen[0] != mine[0] || seen[1] != mine[1])
            return seL4_False;
    }
    return seL4_True;
}

/* "partner" runs at the same time, and says something only if it has lost something: two lines at once would be mixed. */
void init(void)
{
    seL4_Bool good = copies() && keeps();
    if (good && microkit_name[0] == 'p')
        return;
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(good ? ": copied and kept\n" : ": lost something\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
