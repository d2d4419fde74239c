/* Threads as objects: what ends their waits, and the calls on them. */
#ifndef BATON_THREAD_H
#define BATON_THREAD_H

#include "thread/tcb.h"

/* ---- thread_end.c */
/* Takes a thread out of the wait that it is in, if it is in one. post: it is stopped; its system call will
   return the error, and a fault that it raised happens again (an unknown system call does
   not: its rip is after the SYSCALL). */
void tcb_cancel_wait(struct tcb *t, long error);
/* The call in which it waits, if it waits in one, ends with ERR_TIMEOUT. A wait for the answer to a fault goes on. */
void tcb_time_out(struct tcb *t);
/* Ends with ERR_CANCELED the wait of a thread that is on no queue (it waits for a reply); it is ready. */
void tcb_wake_canceled(struct tcb *t);
/* Stops a thread, whatever it is doing. */
void tcb_stop(struct tcb *t);

/* A thread that waits for its reply gets none. pre: it does not wait to receive */
void tcb_drop_caller(struct tcb *t);
/* The TCB is being taken apart: the thread runs no more, and nobody waits for it. */
void tcb_end(struct tcb *t);

/* ---- thread.c, thread_state.c */
/* The thread that a capability address names, or NULL and the error in *error. */
struct tcb *tcb_lookup(const struct tcb *caller, uint64_t address, long *error);
#endif
