/* Why a system call must leave the fast path, from the state alone: what the fast paths check, stated again.
 */
#ifndef EQUIV_REASON_H
#define EQUIV_REASON_H

#include "world.h"

enum reason {
    REASON_NONE, /* the fast path must be taken */
    REASON_OPERATION,
    REASON_ADDRESS,
    REASON_EMPTY,
    REASON_TYPE,
    REASON_DYING,
    REASON_RIGHT,
    REASON_NO_RECEIVER,
    REASON_SENDERS,
    REASON_RECEIVERS,
    REASON_LESS_URGENT,
    REASON_BOUND,
    REASON_BOUND_SELF,
    REASON_BOUND_READY,
    REASON_BOUND_BEHIND,
    REASON_CALLER,
    REASON_NOT_MORE_URGENT,
    REASON_SCAN,
    REASON_KIND,
    REASON_IDLE,
    REASON_NEXT,
    REASON_SYSRET,
    REASON_KERNEL,
    REASON_HELD,
    REASON_NO_CALLER,
    REASON_BUFFER,
    REASON_PARTNER_BUFFER,
    REASON_CAPS,
    REASON_UNUSED,
    REASON_PENDING,
    REASON_LEVEL,
    REASON_NO_TIMER,
    REASON_TIMERS,
    REASON_EARLY,
    REASON_TICK,
    REASON_NOT_URGENT,
    REASON_BOUND_ELSEWHERE,
    REASON_SELF_SLOW, /* and which of enum slow_reason: + bit number */
    REASON_PARTNER_SLOW = REASON_SELF_SLOW + 20,
    REASONS = REASON_PARTNER_SLOW + 20,
};

enum reason reason_of(const struct registers *user, const struct fault *fault);
/* The reason as a person reads it, or NULL when there is none of that number. */
const char *reason_name(unsigned reason);
/* The operations that have fast paths. */
enum operation {
    CALL,
    REPLY_RECV,
    SIGNAL,
    YIELD,
    WAIT,
    IDENTIFY,
    RECV,
    LONG_CALL,
    LONG_REPLY_RECV,
    PAGE_FAULT,
    DEVICE,
    CLOCK,
    OPERATIONS
};
extern const struct operation_name {
    uint64_t number;
    const char *name;
} operation_names[OPERATIONS];
/* OPERATIONS: it has none */
unsigned operation_of(uint64_t number, const struct fault *fault);
/* Can it happen to this operation at all? */
bool reason_possible(unsigned reason, unsigned operation);

#endif
