/* The parts of check_invariants(). A statement of docs/invariants.md, by its name there. */
#ifndef BATON_CHECK_H
#define BATON_CHECK_H

#include "cap/words.h"
#include "debug/checking.h"
#include "debug/debug.h"

#define holds(name, condition, object)                                                                         \
    do {                                                                                                       \
        if (__builtin_expect(!(condition), 0))                                                                 \
            panic("invariant %s broken at %p: %s", name, (const void *)(object), #condition);                  \
    } while (0)

/* A place in a table of 2^bits (Fibonacci hashing, Knuth vol. 3, 6.4): what lies at a distance of some power of two meets nowhere. */
static inline unsigned check_hash(uint64_t key, unsigned bits)
{
    return (unsigned)(key * 0x9e3779b97f4a7c15ull >> (64 - bits));
}

/* ---- pairs.c: what follows from the words of a capability, and from them and those of the one before it on the list, which for the
   first is the list's head */
void check_slot(const struct slot *s);
void check_pair(const struct slot *before, const struct slot *s);

/* ---- places.c: what follows from the words of all capabilities: what each lies in, and what its object lies in */
void check_places(void);

/* ---- seen.c: the words of slots as they were when they were last looked at. Have they changed since, or is it not known? Then they are
   noted. */
bool seen_changed(const struct slot *s);

/* ---- objects.c: what is true of the object, of a type that has a state */
void check_object(const struct slot *s);

#endif
