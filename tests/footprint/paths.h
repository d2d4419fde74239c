/* The paths through the kernel that are measured. */
#ifndef FOOTPRINT_PATHS_H
#define FOOTPRINT_PATHS_H

#include "world.h"

enum entry {
    ENTRY_SYSCALL,    /* LSTAR, with the fast paths */
    ENTRY_SLOW,       /* LSTAR with fastpath=off: the C path alone */
    ENTRY_PAGE_FAULT, /* the IDT's gate of page faults */
    ENTRY_PAGE_FAULT_SLOW,
    ENTRY_DEVICE, /* that of a device's vector */
    ENTRY_DEVICE_SLOW,
    ENTRY_CLOCK,
    ENTRY_CLOCK_SLOW,
};

enum space { SAME, CROSS };

/* The threads of a path. The watcher is ready all the time, as the bench program's is. */
enum { SELF, PARTNER, WATCHER };

struct path {
    const char *name;
    void (*build)(const struct path *p); /* what differs from two threads, one running and one stopped */
    enum space space;                    /* of the partner */
    enum entry entry;
    uint64_t operation;
    enum exit_kind exit; /* how it must end, */
    unsigned next;       /* and who must run then */
};

extern const struct path paths[];
extern const unsigned path_count;

/* Builds the state; what the path must not depend on is random. */
void path_state(const struct path *p, struct registers *user, struct fault *fault);
/* Does the CPU come by a gate? */
bool path_is_fault(const struct path *p);
unsigned path_vector(const struct path *p);
bool path_is_slow(const struct path *p);
uint64_t path_entry(const struct path *p);

#endif
