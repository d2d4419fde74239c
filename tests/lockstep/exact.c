/* All that each key was made from, kept as bytes: for small worlds. */
#include "exact.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { KEYS = 1 << 20, BYTES_MOST = 1 << 16, WORD_MOST = 10 };
#define EXACT_ROOM (1ull << 33)

/* Not among the library's variables, which come back with each state. */
static struct exact {
    struct kept {
        uint64_t key, at;
    } kept[KEYS];
    uint64_t keys, used;
    unsigned char bytes[]; /* of each, its length in four of them and these */
} *e;

__attribute__((constructor)) static void begin(void)
{
    e = mmap(NULL, sizeof *e + EXACT_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
             -1, 0);
    if (e == MAP_FAILED)
        abort();
}

void exact_forget(void)
{
    if (madvise(e, sizeof *e + EXACT_ROOM, MADV_DONTNEED))
        abort();
}

/* Seven bits a byte, the last of a word with the eighth bit. */
static uint32_t packed(unsigned char *to, const uint64_t *words, unsigned count)
{
    unsigned char *at = to;
    if (count > BYTES_MOST / WORD_MOST)
        abort();
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = words[i];
        for (; word >> 7; word >>= 7)
            *at++ = word & 0x7f;
        *at++ = (unsigned char)(word | 0x80);
    }
    return (uint32_t)(at - to);
}

bool exact_same(uint64_t key, const uint64_t *words, unsigned count)
{
    unsigned char bytes[BYTES_MOST];
    uint32_t length = packed(bytes, words, count), before;
    uint64_t n = key % KEYS;
    while (e->kept[n].key && e->kept[n].key != key)
        n = (n + 1) % KEYS;
    if (e->kept[n].key) {
        const unsigned char *there = e->bytes + e->kept[n].at;
        memcpy(&before, there, sizeof before);
        return before == length && memcmp(there + sizeof before, bytes, length) == 0;
    }
    if (++e->keys == KEYS || e->used + sizeof length + length > EXACT_ROOM)
        abort();
    e->kept[n] = (struct kept){key, e->used};
    memcpy(e->bytes + e->used, &length, sizeof length);
    memcpy(e->bytes + e->used + sizeof length, bytes, length);
    e->used += sizeof length + length;
    return true;
}
