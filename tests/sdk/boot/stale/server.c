/* Answers without words. When it answers, its registers are full of what it knows: nobody may see that. And it counts the words
   of a long message that are not 0, though the sender has not sent them. */
#include "stale.h"

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

static void fill_registers(void)
{
    __asm__ volatile("mov %0, %%rdx; mov %%rdx, %%r8; mov %%rdx, %%r9; mov %%rdx, %%r10"
                     :
                     : "i"(SECRET)
                     : "rdx", "r8", "r9", "r10");
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word foreign = 0;
    for (seL4_Word i = 0; i < microkit_msginfo_get_count(msginfo); i++)
        foreign += microkit_mr_get((seL4_Uint8)i) == SECRET;
    say(": words with the secret: ", foreign);
    seL4_Word count = microkit_msginfo_get_label(msginfo);
    for (seL4_Word i = 0; i < count; i++)
        microkit_mr_set((seL4_Uint8)i, ch);
    fill_registers();
    return microkit_msginfo_new(0, (seL4_Uint16)count);
}
