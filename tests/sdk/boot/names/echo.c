/* Answers calls, adds up what messages bring, and signals back. */
#include "names.h"

static seL4_Word sum, last_count;

void init(void)
{
}

void notified(microkit_channel ch)
{
    microkit_deferred_notify(ch);
}

static microkit_msginfo answer(seL4_Word word)
{
    microkit_mr_set(0, word);
    return microkit_msginfo_new(0, 1);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    seL4_Word label = microkit_msginfo_get_label(msginfo), count = microkit_msginfo_get_count(msginfo);
    if (label == SUM)
        return answer(sum);
    if (label == COUNT)
        return answer(last_count);
    last_count = count;
    for (seL4_Word i = 0; i < count; i++) {
        sum += label == TAKE ? microkit_mr_get((seL4_Uint8)i) : 0;
        microkit_mr_set((seL4_Uint8)i, microkit_mr_get((seL4_Uint8)i) + 1);
    }
    return microkit_msginfo_new(label, (seL4_Uint16)count);
}
