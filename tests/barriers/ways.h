/* The ways through the kernel: those that tests/footprint counts, and interrupts, exceptions, NMIs, bail-outs
   and the idle thread as well. */
#ifndef BARRIERS_WAYS_H
#define BARRIERS_WAYS_H

#include "paths.h"

enum through {
    NOTHING, /* of the kernel but the entry's own instructions */
    FAST,    /* NASM only */
    BY_C,
    IN_PLACE,  /* C, and back to where the trap came, whatever ran there */
    FROM_BOOT, /* no entry: the boot's end, which leaves for the first thread */
};

struct way {
    const char *name;
    enum through through;
    enum exit_kind exit;
};

enum { VECTOR_NONE = 256 };

/* How to begin: built by way_state. */
struct start {
    uint64_t entry;
    unsigned vector; /* by which the CPU comes to the entry; VECTOR_NONE: SYSCALL */
    struct registers registers;
    const struct fault *fault;
    uint64_t error;           /* the code that the CPU pushes; 0: it pushes none */
    uint64_t spec_ctrl;       /* IA32_SPEC_CTRL there */
    bool again, faults;       /* the call is to be made again, or is a fault */
    uint64_t stack, user_rsp; /* below which the CPU has pushed a frame, and the rsp in it; 0: there is none */
};

unsigned way_count(void);
/* Builds the state of that way and how it begins. All registers of all threads are numbers that stand nowhere
 * else. */
struct way way_state(unsigned i, struct start *start);

#endif
