/* The C view of abi.def: enumerations of system calls, errors, types, rights, faults and limits. */
#ifndef BATON_ABI_H
#define BATON_ABI_H

#include <stdint.h>

#define NOTE(text)
#define SYSCALL(n, name, doc)
#define ERROR(n, name, doc)
#define OUTCOME(n, name, doc)
#define TYPE(n, name, bits, doc)
#define RIGHT(n, name, doc)
#define FAULT(n, name, doc)
#define CONST(name, value, doc)

#undef SYSCALL
#define SYSCALL(n, name, doc) SYS_##name = (n),
enum {
#include "abi.def"
};
#undef SYSCALL
#define SYSCALL(n, name, doc)

#undef ERROR
#define ERROR(n, name, doc) ERR_##name = (n),
enum {
#include "abi.def"
};
#undef ERROR
#define ERROR(n, name, doc)

#undef OUTCOME
#define OUTCOME(n, name, doc) GOT_##name = (n),
enum {
#include "abi.def"
};
#undef OUTCOME
#define OUTCOME(n, name, doc)

#undef TYPE
#define TYPE(n, name, bits, doc) TYPE_##name = (n),
enum {
#include "abi.def"
    TYPE_COUNT
};
#undef TYPE
#define TYPE(n, name, bits, doc)

/* Size of an object of a fixed size, as a power of two; 0 for types whose maker chooses. */
#undef TYPE
#define TYPE(n, name, bits, doc) TYPE_BITS_##name = (bits),
enum {
#include "abi.def"
};
#undef TYPE
#define TYPE(n, name, bits, doc)

#undef RIGHT
#define RIGHT(n, name, doc) RIGHT_##name = (n),
enum {
#include "abi.def"
    RIGHT_ALL = 0xff
};
#undef RIGHT
#define RIGHT(n, name, doc)

#undef FAULT
#define FAULT(n, name, doc) FAULT_##name = (n),
enum {
#include "abi.def"
};
#undef FAULT
#define FAULT(n, name, doc)

#undef CONST
#define CONST(name, value, doc) enum { name = (value) };
#include "abi.def"
#undef CONST

#undef NOTE
#undef SYSCALL
#undef ERROR
#undef OUTCOME
#undef TYPE
#undef RIGHT
#undef FAULT

#endif
