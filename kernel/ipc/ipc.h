/* The C slow path of IPC: the twin of each NASM fast path, and everything that the fast paths do not do. */
#ifndef BATON_IPC_H
#define BATON_IPC_H

#include "thread/tcb.h"

/* The running thread faulted: a message goes to its fault endpoint and it waits for the reply. Without one
   it is stopped, and the console says so. address: CR2, or the number of an unknown system call. */
void fault_raise(struct tcb *t, unsigned label, uint64_t address, uint64_t error, uint64_t vector);
/* Fills in the message registers of `to` with the fault that `from` raised. */
void fault_message(struct tcb *to, const struct tcb *from);

/* transfer.c: moves words, and if the sender may pass them capabilities, from one IPC buffer to the other. What cannot be passed
   (nothing there, not copyable, no empty slot where the receiver wants it) ends the list; the receiver's buffer
   says how many came. pre: both have a buffer; from->send_long is not LONG_NONE */
void transfer_long(struct tcb *to, const struct tcb *from);

/* A message from `t` meets the endpoint: given to a receiver, or waiting in line. pre: t is running */
void ipc_send_to(struct tcb *t, struct endpoint *ep, uint64_t badge, enum send_kind kind);

#endif
