/* Natural numbers of many limbs, the lowest first, in whatever base the caller keeps to. */
#ifndef LIBC_BIGNUM_H
#define LIBC_BIGNUM_H

#include <stdint.h>

enum { BIG_LIMBS = 132 };

struct big {
    unsigned count; /* limbs in use; the highest is not 0 */
    uint32_t limb[BIG_LIMBS];
};

struct big __libc_big(uint64_t value, uint64_t base);
/* b = b * factor + addend. pre: base <= 2^32, and there is room for one more limb. */
void __libc_big_multiply(struct big *b, uint32_t factor, uint32_t addend, uint64_t base);
/* b = b * factor^power. pre: factor <= 10 */
void __libc_big_power(struct big *b, uint32_t factor, unsigned power, uint64_t base);

#endif
