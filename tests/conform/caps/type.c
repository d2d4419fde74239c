/* Capabilities of a type that the operation does not take. */
#include "caps/ask.h"

static const char *const type_words[] = {"null",
                                         "untyped",
                                         "cnode",
                                         "tcb",
                                         "endpoint",
                                         "space",
                                         "table",
                                         "frame",
                                         "debug",
                                         "notification",
                                         "reply",
                                         "extended",
                                         "ports",
                                         [TYPE_IRQ_CONTROL] = "irqs",
                                         [TYPE_IRQ_HANDLER] = "irq",
                                         [TYPE_TIMER] = "timer"};
_Static_assert(COUNT(type_words) == TYPE_COUNT, "a word for each type (none for a number that is no type)");

CASE_SET(110, caps_type_cases)
{
    for (unsigned i = 0; i < operation_count; i++) {
        for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
            if (!zoo(type) || operations[i].takes & TYPE_BIT(type) ||
                !case_begin("caps/%s_wrong_type_%s", operations[i].name, type_words[type]))
                continue;
            actors_reset(false);
            if (operation_there(&operations[i]))
                EXPECT_IS(operations[i].ask(cap_at(zoo(type))), ERR_WRONG_TYPE);
            case_end();
        }
    }
}
