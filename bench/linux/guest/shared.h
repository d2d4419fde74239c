/* What the programs of the guest share, and what a question for it is answered with. */
#ifndef BATON_GUEST_SHARED_H
#define BATON_GUEST_SHARED_H

#include <stdint.h>

enum { ECHO_PORT = 7, MARK_PORT = 9 };
enum { PHASES_MOST = 4096 };

/* A phase ends, and the next begins, with a datagram to MARK_PORT. All in ticks of the time-stamp counter, which are instructions. */
struct phase {
    uint64_t began;  /* when the counting program first saw it */
    uint64_t opened; /* how long it had waited then */
    uint64_t others; /* how long others had the CPU since, in `gaps` pieces */
    uint64_t gaps;
    uint64_t ticks, opening_ticks; /* of Linux's clock, in these, and in that wait */
};

struct shared {
    uint64_t number; /* of the phase */
    uint64_t least;  /* between two readings of the clock, when nobody is between them */
    struct phase phase[PHASES_MOST];
};

_Noreturn void serve_echo(void);
_Noreturn void serve_marks(volatile struct shared *shared);
_Noreturn void count_gaps(volatile struct shared *shared, void (*settled)(void));

#endif
