/* The part of a message that does not fit into registers. */
#ifndef BATON_TRANSFER_H
#define BATON_TRANSFER_H

#include "thread/tcb.h"

/* Moves words, and if the sender may pass them capabilities, from one IPC buffer to the other. What cannot be passed
   (nothing there, not copyable, no empty slot where the receiver wants it) ends the list; the receiver's buffer
   says how many came. pre: both have a buffer; from->send_long is not LONG_NONE */
void transfer_long(struct tcb *to, const struct tcb *from);

#endif
