/* The text block: all results of a boot in a few lines to be typed, or read from a photograph, where there is
   no serial port. block.c says what is in it; scripts/records/block.py reads it. */
#ifndef BENCH_BLOCK_H
#define BENCH_BLOCK_H

#include <stddef.h>

struct bootinfo;
struct build;
struct cpu_id;
struct options;
struct result;

/* Keeps what the block will need; each benchmark adds its part when it is measured or refused. */
void block_result(const struct result *r);
void block_refused(const char *id);

/* Everything that the block says before its numbers. */
struct block_head {
    const struct bootinfo *bi;
    const struct cpu_id *cpu;
    const struct build *build;
    const struct options *options;
};

/* In this order: every benchmark that this boot knows, the head, the same benchmarks again. */
void block_list(const char *id);
void block_open(const struct block_head *head);
void block_put(const char *id);
/* Prints it on the console and the screen. */
void block_close(void);

#endif
