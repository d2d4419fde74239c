/* What canon.c reads of a state's numbers, and what of that is the same in many of them: the capabilities. */
#ifndef BATON_LOCKSTEP_CANON_CAPS_H
#define BATON_LOCKSTEP_CANON_CAPS_H

#include <stdbool.h>
#include <stdint.h>
#include "canon.h"
#include "kernel.h"

enum { CANON_CAPS = 512, NAMES_MOST = 512 };

/* In the order of view.c. */
struct cap {
    uint64_t holder, index, type, object, rights, original, device, parent, parent_index;
};
struct thread {
    uint64_t name, state, at, at_index, grants, priority, ceiling, ticks, left, caller, kind, badge, length;
    uint64_t fault[4], bound, owes, bases[2];
    uint64_t breakpoints[3 * BREAKPOINTS], registers[REGISTERS];
};

struct object {
    uint64_t name, type;
    const uint64_t *at, *end;
};

/* What the capabilities mix to, and the names that they gave. */
struct mixed {
    bool there;
    uint64_t key;
    unsigned name_count;
    uint64_t names[NAMES_MOST];
    struct object *objects[NAMES_MOST]; /* of each name, or NULL */
};

struct caps {
    unsigned words, count, object_count;
    uint64_t numbers[CANON_CAPS * 14];
    const struct cap *cap[CANON_CAPS];
    struct object objects[CANON_CAPS];
    struct mixed mixed;
};

/* numbers: from the capabilities on. Where their objects are is that of these numbers. */
struct caps *caps_read(const uint64_t *numbers);
struct object *caps_object(struct caps *caps, uint64_t name);
const uint64_t *cap_data(const struct cap *cap);
unsigned cap_data_words(const struct cap *cap);

#endif
