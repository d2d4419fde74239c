/* Every state, breadth first: what breadth.c tells wide.py. */
#ifndef BATON_LOCKSTEP_BREADTH_H
#define BATON_LOCKSTEP_BREADTH_H

#include <stdint.h>

/* How it stopped: all that was asked for is done; the specification has not said something yet; a step is due to be made by the
   specification itself; both sides differ; a property does not hold. */
enum stops { DONE, UNKNOWN, SAMPLE, DIFFERS, BROKEN };

struct breadth {
    uint64_t states, transitions, depth, most;
    uint64_t state, input;          /* the transition that is looked at */
    uint64_t question;              /* UNKNOWN: what was asked */
    const uint32_t *row;            /* ... of this */
    const uint32_t *before, *after; /* SAMPLE: what is said to follow */
    int64_t how;                    /* DIFFERS: the kernel has come to a bad end, or 0 */
    uint64_t key_bits;              /* of a key that count: all of them, but for the test of this */
    uint64_t exactly,
        lost; /* are keys to be compared by what they are made from? how often that was not the same */
    uint32_t inputs, first_input, first_rule, rules, pieces; /* questions */
    uint32_t every;                                          /* a sample is due after so many transitions */
    /* Places: of the time, and of what a key has no words for while it is as at first. */
    uint32_t now, plain, plains[16];
};

#endif
