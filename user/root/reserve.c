/* Divides untyped memory. The root task keeps one piece of its own for what its child is made of. It never gives
   away an untyped from which it took something: revoking that would destroy the giver's objects. So the untyped
   that yields the reserve is cut up completely, and its other parts are given away. */
#include "root.h"

enum { RESERVE_BITS = 22 };

/* The smallest RAM that holds the reserve; in a machine with less, the largest that there is. */
static unsigned choose(const struct bootinfo *bi)
{
    unsigned best = 0;
    for (unsigned i = 1; i < bi->untyped_count && !bi->untyped[i].device; i++) {
        unsigned bits = bi->untyped[i].size_bits, best_bits = bi->untyped[best].size_bits;
        if (best_bits < RESERVE_BITS ? bits > best_bits : bits >= RESERVE_BITS && bits < best_bits)
            best = i;
    }
    return best;
}

/* RAM before device memory. */
static unsigned rank(struct bootinfo_untyped u)
{
    return u.device ? u.size_bits : 64u + u.size_bits;
}

static void add_rest(struct reserve *r, struct bootinfo_untyped piece)
{
    unsigned i = r->rest_count++;
    for (; i > 0 && rank(r->rest[i - 1]) < rank(piece); i--)
        r->rest[i] = r->rest[i - 1];
    r->rest[i] = piece;
}

/* A piece of an untyped that begins `offset` bytes into it. */
static struct bootinfo_untyped cut(struct reserve *r, const struct bootinfo_untyped *whole, unsigned bits,
                                   uint64_t offset)
{
    struct bootinfo_untyped piece = {r->own.first_free_slot++, (uint16_t)bits, 0, whole->paddr + offset};
    must(retype(cap_at(whole->slot), TYPE_UNTYPED, bits, cap_at(CAP_SELF_CNODE), piece.slot, 1),
         "cannot divide the memory");
    return piece;
}

void reserve_take(struct reserve *r, const struct bootinfo *bi)
{
    if (bi->untyped_count == 0 || bi->untyped[0].device)
        fail("the kernel left no untyped memory");
    r->own = *bi;
    unsigned chosen = choose(bi);
    struct bootinfo_untyped kept = bi->untyped[chosen];
    if (kept.size_bits > RESERVE_BITS) {
        kept = cut(r, &bi->untyped[chosen], RESERVE_BITS, 0);
        for (unsigned bits = RESERVE_BITS; bits < bi->untyped[chosen].size_bits; bits++)
            add_rest(r, cut(r, &bi->untyped[chosen], bits, 1ul << bits)); /* 2^b bytes at offset 2^b */
    }
    for (unsigned i = 0; i < bi->untyped_count; i++)
        if (i != chosen)
            add_rest(r, bi->untyped[i]);
    r->own.untyped[0] = kept;
    r->own.untyped_count = 1;
}

void reserve_give_rest(struct reserve *r, struct program *to)
{
    for (unsigned i = 0; i < r->rest_count; i++)
        if (!program_give_untyped(to, r->rest[i]))
            return;
}
