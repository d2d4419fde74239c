/* The functions behind the system calls, on the C path: sys_ and the name in abi.def, in small letters. The build
   makes a list of them, one line HANDLER(number, function) for each number; a call without its function does not link, and a
   number without a call is a fault.

   Each decides and commits for `caller`, which runs and whose registers are saved in its TCB, and returns what goes into its rax
   if it does not wait: the result, an error, or RESTART (object/delete.h).

   The calls from QUICK_FIRST on are quick ones: their caller does not wait. They are entered and left in fewer instructions
   (entry.asm), and rbx and r12 to r15 of their caller are not in its TCB, but still in the CPU's registers. */
#ifndef BATON_HANDLERS_H
#define BATON_HANDLERS_H

struct tcb;

enum { HANDLERS = 128, QUICK_FIRST = 0x20, QUICK_CALLS = 32, SYSCALL_BYTES = 2 };

typedef long call_handler(struct tcb *caller);
extern call_handler *const handlers[HANDLERS];

#define HANDLER(number, function) long function(struct tcb *caller);
#include "abi/handlers.def"
#undef HANDLER

#endif
