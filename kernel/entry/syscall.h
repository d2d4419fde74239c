/* Dispatch of a system call that the fast paths did not take. */
#ifndef BATON_SYSCALL_DISPATCH_H
#define BATON_SYSCALL_DISPATCH_H

struct tcb;

/* pre: caller is running; its registers are saved in its TCB. post: cpu.current is the thread that runs next. */
void syscall_dispatch(struct tcb *caller);

#endif
