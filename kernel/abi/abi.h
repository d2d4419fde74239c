/* The C view of abi.def: enumerations of system calls, errors, types, rights, faults and limits. */
#ifndef BATON_ABI_H
#define BATON_ABI_H

#include <stdint.h>

#define SYSCALL(n, name, doc) SYS_##name = (n),
#define ERROR(n, name, doc) ERR_##name = (n),
#define OUTCOME(n, name, doc) GOT_##name = (n),
#define RIGHT(n, name, doc) RIGHT_##name = (n),
#define FAULT(n, name, doc) FAULT_##name = (n),
enum {
#include "abi_each.h"
    RIGHT_ALL = 0xff
};

#define TYPE(n, name, bits, doc) TYPE_##name = (n),
enum {
#include "abi_each.h"
    TYPE_COUNT
};

/* Size of an object of a fixed size, as a power of two; 0 for types whose maker chooses. */
#define TYPE(n, name, bits, doc) TYPE_BITS_##name = (bits),
enum {
#include "abi_each.h"
};

#define CONST(name, value, doc) enum { name = (value) };
#include "abi_each.h"

#endif
