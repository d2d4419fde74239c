#include "bignum.h"

struct big __libc_big(uint64_t value, uint64_t base)
{
    struct big b;
    for (b.count = 0; value != 0; value /= base)
        b.limb[b.count++] = (uint32_t)(value % base);
    return b;
}

void __libc_big_multiply(struct big *b, uint32_t factor, uint32_t addend, uint64_t base)
{
    uint64_t carry = addend;
    for (unsigned i = 0; i < b->count; i++) {
        carry += (uint64_t)b->limb[i] * factor;
        b->limb[i] = (uint32_t)(carry % base);
        carry /= base;
    }
    if (carry != 0)
        b->limb[b->count++] = (uint32_t)carry;
}

void __libc_big_power(struct big *b, uint32_t factor, unsigned power, uint64_t base)
{
    uint32_t ninth = 1;
    for (unsigned i = 0; i < 9; i++)
        ninth *= factor;
    for (; power >= 9; power -= 9)
        __libc_big_multiply(b, ninth, 0, base);
    while (power-- > 0)
        __libc_big_multiply(b, factor, 0, base);
}
