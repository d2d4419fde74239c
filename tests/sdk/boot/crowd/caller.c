/* Calls all of its half, lets the first and the last one die, and calls all again. */
#include <microkit.h>

enum { FIRST = 62, LAST = FIRST + 489 };

static seL4_Word call(microkit_channel ch, seL4_Word label)
{
    return microkit_msginfo_get_label(microkit_ppcall(ch, microkit_msginfo_new(label, 0)));
}

static void count(void)
{
    seL4_Word alive = 0, dead = 0;
    for (microkit_channel ch = FIRST; ch <= LAST; ch++) {
        seL4_Word answer = call(ch, 0);
        alive += answer == 1;
        dead += answer == BATON_LABEL_NO_ANSWER;
    }
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(alive == 490                ? ": 490 live\n"
                      : alive == 488 && dead == 2 ? ": 488 live\n"
                                                  : ": others\n");
}

void init(void)
{
    count();
    call(FIRST, 2);
    call(LAST, 2);
    count();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
