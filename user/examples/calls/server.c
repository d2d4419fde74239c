/* Adds numbers for all that have a channel to it, and notifies its callers when a long count is over. */
#include <microkit.h>
#include "calls.h"

static unsigned long left;

void init(void)
{
}

void notified(microkit_channel ch)
{
    microkit_dbg_puts("server: a signal on channel ");
    microkit_dbg_put32(ch);
    microkit_dbg_puts("\n");
}

static microkit_msginfo answer(seL4_Word value)
{
    microkit_mr_set(0, value);
    return microkit_msginfo_new(0, 1);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word sum = 0;
    switch (microkit_msginfo_get_label(msginfo)) {
    case ADD: return answer(microkit_mr_get(0) + microkit_mr_get(1));
    case SUM:
        for (seL4_Word i = 0; i < microkit_msginfo_get_count(msginfo); i++)
            sum += microkit_mr_get((seL4_Uint8)i);
        return answer(sum);
    case COUNT_DOWN:
        left = microkit_mr_get(0);
        while (left != 0)
            left--;
        microkit_deferred_notify(ch); /* sent when this call is answered */
        return microkit_msginfo_new(0, 0);
    default: return microkit_msginfo_new(1, 0);
    }
}
