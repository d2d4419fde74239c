/* A measured region around C code: from the clock's first reading in REGION_BEGIN to its second in REGION_END. With nothing between
   them it is the same instructions as SHOT's, so the harness's calibration is right for it. */
#ifndef BENCH_REGION_H
#define BENCH_REGION_H

#include "shot.h"

/* No register but the stack's keeps anything across the first reading: whatever the code needs, it makes in the region, as it would
   in a program that has done something else before. */
#define REGION_BEGIN()                                                                                         \
    __asm__ volatile(CLOCK_START("96+%[shot]", "100+%[shot]")                                                  \
                     : [shot] "+m"(shot)                                                                       \
                     :                                                                                         \
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",       \
                       "r14", "r15", "memory", "cc")
#define REGION_END()                                                                                           \
    __asm__ volatile(CLOCK_END "mov %%eax, 104+%[shot]\n\t"                                                    \
                               "mov %%edx, 108+%[shot]\n\t"                                                    \
                     : [shot] "+m"(shot)                                                                       \
                     :                                                                                         \
                     : "rax", "rbx", "rcx", "rdx", "r11", "memory", "cc")

#endif
