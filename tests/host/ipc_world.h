/* The kernel and the model side by side: each step is done to both, and both must agree on everything. */
#ifndef BATON_IPC_WORLD_H
#define BATON_IPC_WORLD_H

#include "abi/abi.h"
#include "arch_host.h"
#include "invariants.h"
#include "ipc_model.h"
#include "thread/tcb.h"

/* Kinds of capability to each endpoint; the slot is CAP_SLOT(endpoint, kind). */
enum cap_kind { CAP_FULL, CAP_BADGED, CAP_RECV_ONLY, CAP_NO_RIGHT, CAP_KINDS };
/* Addresses that are none: an empty slot, a capability of another type, an index that is too high, low bits. */
enum { NO_CAPS = 4 };

extern struct tcb *ipc_thread[MODEL_THREADS];
extern unsigned ipc_threads; /* how many take part */

/* New threads of these priorities, all stopped. Those with an odd number have a fault handler: the last
 * endpoint. */
void ipc_reset(unsigned threads, const unsigned *priority);
/* Address `kind` of an endpoint, or beyond CAP_KINDS one of those that are none; `nested`: by way of a second
   CNode, where no fast path goes. */
uint64_t ipc_address(unsigned endpoint, unsigned kind, bool nested);

/* Each of these: new random contents in every register of the running thread, then the step, then the
 * comparison. */
void ipc_operation(uint64_t op, unsigned endpoint, unsigned kind, bool nested, bool fast);
void ipc_yield(void);
void ipc_suspend(int t);
void ipc_resume(int t);
void ipc_set_entry(int t);
void ipc_fault(void);
void ipc_bad_syscall(void);
void ipc_tick(void);
/* The running thread deletes every capability to it; then there is a new one in its place. */
void ipc_destroy_endpoint(unsigned endpoint);
/* From outside, for when nobody runs: a stopped thread becomes ready; and a thread stops, whatever it is doing. */
void ipc_start(int t);
void ipc_halt(int t);

#endif
