/* The operations that take a capability. */
#ifndef CONFORM_CAPS_ASK_H
#define CONFORM_CAPS_ASK_H

#include "frame/conform.h"

#define TYPE_BIT(type) (1u << (type))

struct operation {
    const char *name;
    long (*ask)(cap_t cap);
    uint32_t takes; /* TYPE_BITs of the types that it works on; of TYPE_NULL: address 0 stands for none */
};

extern const struct operation operations[];
extern const unsigned operation_count;

/* Can it be asked on this machine? If not, the case is skipped. */
bool operation_there(const struct operation *o);

#endif
