/* One measured region in inline assembly. The global `shot` holds what goes into the registers before the
   clock starts and what they hold when it has stopped. It is a global because an IPC message takes every
   register: assembly can name a global with none. Register contract: docs/design.md section 4. */
#ifndef BENCH_SHOT_H
#define BENCH_SHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "baton.h"

struct shot {
    uint64_t word[8];    /* in rdx r8 r9 r10 r12 r13 r14 r15 before the body; then what they hold after it */
    uint64_t target;     /* a capability address or a memory address, for the body to load */
    uint64_t label;      /* rsi before the body, which may load it again; after the body, rsi */
    uint64_t badge;      /* rdi after the body */
    uint64_t result;     /* rax after the body */
    uint64_t start, end; /* the clock */
};
extern struct shot shot;
/* Called before and after each shot, outside of what the clock measures, when it is not NULL. */
extern void (*shot_hook)(bool before);

/* Operands for bodies. The assembler adds the offsets; the assertions hold them to the structure. */
#define SHOT_TARGET "64+%[shot]"
#define SHOT_LABEL "72+%[shot]"
_Static_assert(offsetof(struct shot, target) == 64 && offsetof(struct shot, label) == 72, "SHOT_...");
_Static_assert(offsetof(struct shot, badge) == 80 && offsetof(struct shot, result) == 88, "SHOT_STORE");
_Static_assert(offsetof(struct shot, start) == 96 && offsetof(struct shot, end) == 104, "SHOT_STORE");

/* The clock pair. lfence waits for all before it, so that nothing older runs inside the region; rdtscp waits
   for the region, and the lfence after it keeps what follows out. (cpuid would leave the guest: never here.)
   rdtsc takes rdx, which is message word 0: that word waits in rbx. At the end rax and word 0 go to rbx and
   r11, which every system call leaves free. `lo` and `hi` are 32-bit memory operands. */
#define CLOCK_START(lo, hi)                                                                                    \
    "lfence\n\t"                                                                                               \
    "rdtsc\n\t"                                                                                                \
    "mov %%eax, " lo "\n\t"                                                                                    \
    "mov %%edx, " hi "\n\t"                                                                                    \
    "mov %%rbx, %%rdx\n\t"
#define CLOCK_END                                                                                              \
    "mov %%rax, %%rbx\n\t"                                                                                     \
    "mov %%rdx, %%r11\n\t"                                                                                     \
    "rdtscp\n\t"                                                                                               \
    "lfence\n\t"

#define SHOT_LOAD                                                                                              \
    "mov %[shot], %%rbx\n\t"                                                                                   \
    "mov 8+%[shot], %%r8\n\t"                                                                                  \
    "mov 16+%[shot], %%r9\n\t"                                                                                 \
    "mov 24+%[shot], %%r10\n\t"                                                                                \
    "mov 32+%[shot], %%r12\n\t"                                                                                \
    "mov 40+%[shot], %%r13\n\t"                                                                                \
    "mov 48+%[shot], %%r14\n\t"                                                                                \
    "mov 56+%[shot], %%r15\n\t"                                                                                \
    "mov 72+%[shot], %%rsi\n\t"
#define SHOT_STORE                                                                                             \
    "mov %%eax, 104+%[shot]\n\t"                                                                               \
    "mov %%edx, 108+%[shot]\n\t"                                                                               \
    "mov %%r11, %[shot]\n\t"                                                                                   \
    "mov %%r8, 8+%[shot]\n\t"                                                                                  \
    "mov %%r9, 16+%[shot]\n\t"                                                                                 \
    "mov %%r10, 24+%[shot]\n\t"                                                                                \
    "mov %%r12, 32+%[shot]\n\t"                                                                                \
    "mov %%r13, 40+%[shot]\n\t"                                                                                \
    "mov %%r14, 48+%[shot]\n\t"                                                                                \
    "mov %%r15, 56+%[shot]\n\t"                                                                                \
    "mov %%rsi, 72+%[shot]\n\t"                                                                                \
    "mov %%rdi, 80+%[shot]\n\t"                                                                                \
    "mov %%rbx, 88+%[shot]\n\t"

/* A message of no words: the program clears all eight registers, because all eight travel. */
#define CLEAR_WORDS                                                                                            \
    "xor %%edx, %%edx\n\t"                                                                                     \
    "xor %%r8d, %%r8d\n\t"                                                                                     \
    "xor %%r9d, %%r9d\n\t"                                                                                     \
    "xor %%r10d, %%r10d\n\t"                                                                                   \
    "xor %%r12d, %%r12d\n\t"                                                                                   \
    "xor %%r13d, %%r13d\n\t"                                                                                   \
    "xor %%r14d, %%r14d\n\t"                                                                                   \
    "xor %%r15d, %%r15d\n\t"

/* Any system call but IPC, with arguments from shot_arguments(). */
#define PLAIN_BODY                                                                                             \
    "mov " SHOT_TARGET ", %%rdi\n\t"                                                                           \
    "mov %[op], %%eax\n\t"                                                                                     \
    "syscall\n\t"

/* Takes one shot: everything between the two readings of the clock but the clock's own cost is `body`.
   `op` becomes the body's operand %[op]. */
#define SHOT(body, op_number)                                                                                  \
    do {                                                                                                       \
        if (shot_hook)                                                                                         \
            shot_hook(true);                                                                                   \
        SHOT_REGION(body, op_number);                                                                          \
        if (shot_hook)                                                                                         \
            shot_hook(false);                                                                                  \
    } while (0)
#define SHOT_REGION(body, op_number)                                                                           \
    __asm__ volatile(SHOT_LOAD CLOCK_START("96+%[shot]", "100+%[shot]") body CLOCK_END SHOT_STORE              \
                     : [shot] "+m"(shot)                                                                       \
                     : [op] "i"(op_number)                                                                     \
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",       \
                       "r14", "r15", "memory", "cc")

/* The body `BATCH` times over. */
enum { BATCH = 64 };
#define TIMES_64(body) ".rept 64\n\t" body ".endr\n\t"
_Static_assert(BATCH == 64, "TIMES_64");

/* What PLAIN_BODY's call gets, in the order of the argument registers. */
static inline void shot_arguments(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r8, uint64_t r9,
                                  uint64_t r10)
{
    shot.target = rdi, shot.label = rsi;
    shot.word[0] = rdx, shot.word[1] = r8, shot.word[2] = r9, shot.word[3] = r10;
}

/* Ticks of the last shot, the clock's own cost not yet subtracted. */
static inline uint64_t shot_ticks(void)
{
    return shot.end - shot.start;
}

#endif
