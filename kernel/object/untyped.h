/* Untyped memory, and how it becomes objects. */
#ifndef BATON_UNTYPED_H
#define BATON_UNTYPED_H

#include "cap/slot.h"

struct tcb;

enum { UNTYPED_BITS_MIN = 6, UNTYPED_BITS_MAX = 46, CNODE_RADIX_MAX = 20 };

/* The most bytes that one retype may clear: what the clean chunks of an untyped can count, halved. */
#define RETYPE_BYTES_MAX (4ull << 30)

/* Size of an object as a power of two, or 0 when size_bits is out of range for the type or no such type
   can be made. `size_bits` is used for the types whose size the maker chooses. */
unsigned object_bits(unsigned type, uint64_t size_bits);
/* Makes the object in cleared memory and fills the slot with the capability to it.
   pre: object_bits() is not 0, memory of that size, aligned to it, all 0 */
void object_make(struct slot *s, unsigned type, unsigned size_bits, uint64_t memory);

#endif
