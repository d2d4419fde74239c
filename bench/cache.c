#include "cache.h"

#include <stddef.h>

/* SDM vol. 2, CPUID, leaf 4; APM vol. 3, leaf 8000_001D, which has the same form. Each leaf lists the caches in
   its sub-leaves, and ends with type 0. */
static const uint32_t cache_leaves[] = {4, 0x8000001d};
enum { SUB_LEAVES = 16, TYPE_INSTRUCTIONS = 2 };
static const uint32_t OLD_AMD = 0x80000006;

static bool has_leaf(cpuid_reader *read, uint32_t leaf)
{
    uint32_t r[4];
    read(leaf & 0x80000000, 0, r);
    return r[0] >= leaf;
}

/* Ways, partitions, bytes of a line, sets; each minus one. */
static uint64_t bytes_of(const uint32_t r[4])
{
    return ((uint64_t)(r[1] >> 22) + 1) * ((r[1] >> 12 & 0x3ff) + 1) * ((r[1] & 0xfff) + 1) *
           ((uint64_t)r[2] + 1);
}

/* AMD without the topology extensions says it in leaf 8000_0006: the L3 in half megabytes, the L2 in kilobytes.
 */
static uint64_t largest_of_old_amd(cpuid_reader *read)
{
    uint32_t r[4];
    read(OLD_AMD, 0, r);
    return r[3] >> 18 ? (uint64_t)(r[3] >> 18) << 19 : (uint64_t)(r[2] >> 16) << 10;
}

uint64_t cache_largest(cpuid_reader *read)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < sizeof cache_leaves / sizeof cache_leaves[0]; i++) {
        if (!has_leaf(read, cache_leaves[i]))
            continue;
        uint32_t r[4];
        for (uint32_t sub = 0; sub < SUB_LEAVES; sub++) {
            read(cache_leaves[i], sub, r);
            if ((r[0] & 31) == 0)
                break;
            if ((r[0] & 31) != TYPE_INSTRUCTIONS && bytes_of(r) > largest)
                largest = bytes_of(r);
        }
    }
    return largest == 0 && has_leaf(read, OLD_AMD) ? largest_of_old_amd(read) : largest;
}
