/* bench/cache.c: what CPUID of several CPUs says, and what follows from it. */
#include "cache.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct leaf {
    uint32_t number, sub, out[4];
};
struct known {
    const char *cpu;
    uint64_t bytes;
    struct leaf leaf[12];
};

/* A cache of this many ways, sets and bytes per line, one partition. */
#define CACHE(type, level, ways, line, sets)                                                                   \
    {                                                                                                          \
        type | level << 5, (ways - 1u) << 22 | (line - 1u), sets - 1u, 0                                       \
    }
enum { DATA = 1, CODE = 2, BOTH = 3 };

static const struct known known[] = {
    {"Skylake i7-6700",
     8 << 20,
     {{0, 0, {0x16}},
      {4, 0, CACHE(DATA, 1, 8, 64, 64)},
      {4, 1, CACHE(CODE, 1, 8, 64, 64)},
      {4, 2, CACHE(BOTH, 2, 4, 64, 1024)},
      {4, 3, CACHE(BOTH, 3, 16, 64, 8192)}}},
    {"Broadwell with 128 MiB of eDRAM",
     128 << 20,
     {{0, 0, {0x14}},
      {4, 0, CACHE(BOTH, 3, 12, 64, 8192)},
      {4, 1, {BOTH | 4 << 5, 15u << 22 | 15u << 12 | 63, 8191}}}},
    {"Zen 3 5950X",
     32 << 20,
     {{0, 0, {0x10}},
      {0x80000000, 0, {0x80000023}},
      {0x8000001d, 0, CACHE(DATA, 1, 8, 64, 64)},
      {0x8000001d, 1, CACHE(CODE, 1, 8, 64, 64)},
      {0x8000001d, 2, CACHE(BOTH, 2, 8, 64, 1024)},
      {0x8000001d, 3, CACHE(BOTH, 3, 16, 64, 32768)}}},
    {"K10 with an L3",
     6 << 20,
     {{0, 0, {6}}, {0x80000000, 0, {0x8000001b}}, {0x80000006, 0, {0, 0, 512u << 16, 12u << 18}}}},
    {"K8 without",
     512 << 10,
     {{0, 0, {1}}, {0x80000000, 0, {0x80000018}}, {0x80000006, 0, {0, 0, 512u << 16, 0}}}},
    {"a code cache alone", 0, {{0, 0, {4}}, {4, 0, CACHE(CODE, 1, 8, 64, 64)}}},
    {"a CPU without these leaves, which repeats its last one",
     0,
     {{0, 0, {2}}, {4, 0, CACHE(BOTH, 3, 16, 64, 8192)}, {0x80000000, 0, {0x80000004}}}},
};

static const struct known *cpu;

static void read_leaf(uint32_t number, uint32_t sub, uint32_t out[4])
{
    memset(out, 0, 4 * sizeof *out);
    const struct leaf *l = cpu->leaf, *end = l + sizeof cpu->leaf / sizeof *l;
    while (l < end && (l->number != number || l->sub != sub))
        l++;
    if (l < end)
        memcpy(out, l->out, sizeof l->out);
}

int main(void)
{
    int failures = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        cpu = &known[i];
        uint64_t bytes = cache_largest(read_leaf);
        if (bytes == cpu->bytes) {
            printf("ok cache: %s\n", cpu->cpu);
            continue;
        }
        printf("not ok cache: %s: %llu bytes, not %llu\n", cpu->cpu, (unsigned long long)bytes,
               (unsigned long long)cpu->bytes);
        failures++;
    }
    return failures != 0;
}
