/* The functions behind the system calls, on the C path: sys_ and the name in abi.def, in small letters. The build
   makes a list of them, one line HANDLER(name, function) for each; a call without its function does not link.

   Each decides and commits for `caller`, which runs and whose registers are saved in its TCB, and returns what goes into its rax
   if it does not wait: the result, an error, or RESTART (object/delete.h). */
#ifndef BATON_HANDLERS_H
#define BATON_HANDLERS_H

struct tcb;

#define HANDLER(name, function) long function(struct tcb *caller);
#include "abi/handlers.def"
#undef HANDLER

#endif
