/* What CPUID says about the caches. Pure code: tests/host/cache_test.c checks it on the host. */
#ifndef BENCH_CACHE_H
#define BENCH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads one leaf of CPUID: eax, ebx, ecx, edx. */
typedef void cpuid_reader(uint32_t leaf, uint32_t sub, uint32_t out[4]);

/* Bytes of the largest cache that holds data; 0: CPUID does not say. */
uint64_t cache_largest(cpuid_reader *read);

#endif
