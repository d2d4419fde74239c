/* What the files of libmicrokit share. */
#ifndef BATON_SDK_OWN_H
#define BATON_SDK_OWN_H

#include <stdbool.h>
#include <baton/pool.h>
#include <baton/timer.h>
#include <microkit.h>
#include "ipc_buffer.h"
#include "syscall.h"

_Static_assert(offsetof(seL4_IPCBuffer, msg) + sizeof(uint64_t) * MSG_WORDS ==
                   offsetof(struct ipc_buffer, word),
               "the words of registers and buffer are one array");

/* The guard page is above the stack, and the buffer above that. */
#define STACK_END 0x7fffffffd000ull

/* A child's second thread, which answers its callers while it does not run itself (stand_in.asm); only children that others call
   have one. */
enum { BASE_STAND_IN_CAP = BASE_VM_TCB_CAP };

/* The thread in this slot is made to run: it may be a child that now answers for itself again. */
void baton_revived(seL4_Word slot);

/* With log="denied": tells the root task what was refused. `call` 0: `what` is an id that the description does not give; else a slot. */
void baton_denied(seL4_Word call, seL4_Word what, long error);

/* A gate opens when the component that others wait for has been initialised: its own to open, and another's to pass. */
enum { INPUT_CAP = 1, PASS_CAP = 8, OPEN_CAP = 9 };

_Noreturn void baton_serve(void);
_Noreturn void baton_listen(void);
int baton_fault(microkit_child child, seL4_Word label);
microkit_msginfo baton_message(seL4_Word address, seL4_Word info, seL4_Word number, seL4_Word number_if_long);

/* What a system call returned, as seL4 says it. */
seL4_Error baton_error(long result);

/* Says what went wrong with which id, and ends the component by a fault at the address `error`. */
_Noreturn void baton_crash(const char *what, unsigned int id, long error);

#endif
