#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include "compare.h"

static void report_reason(unsigned r, bool complete)
{
    printf("  %-40s", reason_name(r));
    for (unsigned op = 0; op < OPERATIONS; op++)
        printf(reason_possible(r, op) ? " %10" PRIu64 : "          .", compared.seen[op][r]);
    printf("\n");
    for (unsigned op = 0; complete && op < OPERATIONS; op++) {
        if (compared.seen[op][r] || !reason_possible(r, op))
            continue;
        printf("not ok equiv: %s never met: %s\n", operation_names[op].name, reason_name(r));
        compared.failures++;
    }
}

void report(bool complete)
{
    printf("%" PRIu64 " states compared; the operations that have fast paths went this way:\n  %-40s",
           compared.states, "");
    for (unsigned op = 0; op < OPERATIONS; op++)
        printf(" %10s", operation_names[op].name);
    printf("\n");
    for (unsigned r = 0; r < REASONS; r++) {
        if (reason_name(r) && r != REASON_OPERATION)
            report_reason(r, complete);
    }
}
