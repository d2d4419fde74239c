/* What abi.def says about the arguments of each system call, as tables: for programs that make up calls. */
#ifndef BATON_GRAMMAR_H
#define BATON_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"

enum grammar_class {
    CLASS_CAP,
    CLASS_CAP_OR_0,
    CLASS_LIMITED,
    CLASS_SLOT_ANY,
    CLASS_SLOT_FREE,
    CLASS_SLOT_FULL,
    CLASS_ANY
};

/* The first six are the registers of syscall6; the others are not one register. */
enum grammar_place {
    PLACE_rdi,
    PLACE_rsi,
    PLACE_rdx,
    PLACE_r8,
    PLACE_r9,
    PLACE_r10,
    PLACE_message,
    PLACE_buffer,
    PLACES
};

#define KIND(name, class, types, rights, doc) KIND_##name,
enum grammar_kind {
    KIND_NONE,
#include "abi_each.h"
    KINDS
};

struct grammar_kind_info {
    uint8_t group;  /* enum grammar_class */
    uint8_t rights; /* RIGHT_... that a capability needs */
    uint32_t types; /* bits 1 << TYPE_...; 0: any */
};

struct grammar_call {
    const char *name; /* NULL: there is no call of that number */
    bool blocks;
    uint8_t kind[PLACES]; /* enum grammar_kind: what it takes there */
};

enum { GRAMMAR_CALLS = 128 };

extern const struct grammar_kind_info grammar_kinds[KINDS];
/* By system-call number. pre: grammar_init has been called */
extern struct grammar_call grammar_calls[GRAMMAR_CALLS];

void grammar_init(void);

#endif
