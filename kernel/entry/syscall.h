/* Dispatch of a system call where C sees each one first: with the trace on, and in the checking build; and of a number that is in
   no table. The entry calls the handlers of the others by itself. */
#ifndef BATON_SYSCALL_DISPATCH_H
#define BATON_SYSCALL_DISPATCH_H

struct tcb;

/* pre: caller is running; its registers are saved in its TCB. post: cpu.current is the thread that runs next. */
void syscall_dispatch(struct tcb *caller);

#endif
