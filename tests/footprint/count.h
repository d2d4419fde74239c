/* What one run through the kernel has touched. */
#ifndef FOOTPRINT_COUNT_H
#define FOOTPRINT_COUNT_H

#include <stdbool.h>
#include <stdint.h>

struct footprint {
    uint64_t instructions;  /* executed, from the first in the kernel to SYSRET or IRETQ, both included */
    uint64_t loads, stores; /* accesses that instructions make to memory, stack included */
    uint64_t data_lines, code_lines; /* distinct cache lines */
    uint64_t data_pages, code_pages; /* distinct pages of 4 KiB */
    uint64_t code_bytes;             /* of distinct instructions */
    bool c;                          /* compiled code took part */
};

void count_init(void); /* pre: machine_init */
void count_start(void);
struct footprint count_end(void);
bool footprints_equal(const struct footprint *a, const struct footprint *b);

/* A cache line of the last run, in the order of first use, by the address that was used first: loads and
   stores; for code instructions and 0. */
typedef void line_use(uint64_t address, uint64_t first, uint64_t second);
void count_lines(line_use *data, line_use *code);

#endif
