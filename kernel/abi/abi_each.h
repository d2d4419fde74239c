/* Reads abi.def once: a file that includes this has defined the kinds of line that it wants. All others expand to
   nothing, and none is defined afterwards. */
#ifndef NOTE
#define NOTE(text)
#endif
#ifndef KIND
#define KIND(name, class, types, rights, doc)
#endif
#ifndef SYSCALL
#define SYSCALL(n, name, doc)
#endif
#ifndef ARG
#define ARG(call, register, kind, name, doc)
#endif
#ifndef RESULT
#define RESULT(call, register, name, doc)
#endif
#ifndef GIVES
#define GIVES(call, outcome, doc)
#endif
#ifndef BLOCKS
#define BLOCKS(call, doc)
#endif
#ifndef FAILS
#define FAILS(call, error, doc)
#endif
#ifndef ERROR
#define ERROR(n, name, doc)
#endif
#ifndef OUTCOME
#define OUTCOME(n, name, doc)
#endif
#ifndef TYPE
#define TYPE(n, name, bits, doc)
#endif
#ifndef RIGHT
#define RIGHT(n, name, doc)
#endif
#ifndef FAULT
#define FAULT(n, name, doc)
#endif
#ifndef CONST
#define CONST(name, value, doc)
#endif
#include "abi.def"
#undef NOTE
#undef KIND
#undef SYSCALL
#undef ARG
#undef RESULT
#undef GIVES
#undef BLOCKS
#undef FAILS
#undef ERROR
#undef OUTCOME
#undef TYPE
#undef RIGHT
#undef FAULT
#undef CONST
