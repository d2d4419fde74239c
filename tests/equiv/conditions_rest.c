/* Every combination of the conditions that the fast paths of signal, wait, yield, page faults, interrupts, and of recv and reply_recv with
   nobody to answer look at, as conditions.c does for call and reply_recv. What a path looks at first and what forbids it at once is
   combined with only one state of the rest. */
#include <string.h>
#include "conditions.h"
#include "digits.h"

enum { SELF_THREAD, PARTNER_THREAD, SECOND, READY_THREAD, BEHIND, CALLER, INDEX = 5 };
enum operation { SIGNALS, WAITS, YIELDS, FAULTS, RECVS, ANSWERS_NOBODY, DEVICES, CLOCKS, OPERATIONS_HERE };
enum waiting {
    NOBODY_WAITS,
    ONE_WAITS,
    TWO_WAIT,
    BOUND,
    BOUND_AND_ONE,
    SENDERS_WAIT,
    BOUND_RECEIVES, /* and so on: what the bound thread does */
    BOUND_RECEIVES_FIRST,
    BOUND_RECEIVES_SECOND,
    BOUND_SENDS,
    BOUND_IS_SELF,
    BOUND_IS_READY,
    WAITING_KINDS
};
/* How the most urgent ready thread stands in its queue. */
enum tag { LEFT_BY_C, RETURNED, NOTIFIED, FOLLOWED, INTERRUPTED, FOLLOWED_RETURNED, FOLLOWED_NOTIFIED, TAGS };
enum { CAN_DO, NO_INDEX, EMPTY, OTHER_TYPE, DYING, NO_RIGHT, REFUSALS };

static const uint32_t self_slow[] = {0, SLOW_EXTENDED, SLOW_SIGNALLED, SLOW_DEBUG, SLOW_OWES, SLOW_BASES};
static const uint32_t partner_slow[] = {0, SLOW_EXTENDED, SLOW_DEBUG, SLOW_BASES, SLOW_SIGNALLED};
enum { SELF_PRIORITY = 15 };
static const uint8_t partner_priority[] = {4, 8, 12, 15, 20}, ready_priority[] = {0, 8, 15}; /* 0: nobody */

enum digit { OPERATION, REFUSED, WAITING, PENDING, SELF, PARTNER, URGENCY, READY, TAG, CROSS, DIGITS };
static const unsigned limit[DIGITS] = {
    [OPERATION] = OPERATIONS_HERE,
    [REFUSED] = REFUSALS,
    [WAITING] = WAITING_KINDS,
    [PENDING] = 2,
    [SELF] = 6,
    [PARTNER] = 5,
    [URGENCY] = 5,
    [READY] = 3,
    [TAG] = TAGS,
    [CROSS] = 2,
};
static unsigned digit[DIGITS];

uint64_t conditions_rest_count(void)
{
    return digits_count(limit, DIGITS);
}

static bool interrupts(void)
{
    return digit[OPERATION] == DEVICES || digit[OPERATION] == CLOCKS;
}

static bool signals(void)
{
    return digit[OPERATION] == SIGNALS || interrupts();
}

static bool by_notification(void)
{
    return signals() || digit[OPERATION] == WAITS;
}

static bool receives(void)
{
    return digit[OPERATION] == RECVS || digit[OPERATION] == ANSWERS_NOBODY;
}

/* The partner is the one that the operation would let run, or make ready. */
static bool partner_waits(void)
{
    return digit[WAITING] == ONE_WAITS || digit[WAITING] == TWO_WAIT || digit[WAITING] == BOUND_AND_ONE ||
           digit[WAITING] == BOUND_RECEIVES || digit[WAITING] == BOUND_RECEIVES_FIRST;
}

/* The notification that it is bound to is not the one where it waits. */
static bool partner_signalled(void)
{
    return partner_slow[digit[PARTNER]] == SLOW_SIGNALLED;
}

/* Kinds that only a signal knows. */
static bool bound_to_endpoint(void)
{
    return digit[WAITING] >= BOUND_RECEIVES;
}

static bool rest_is_zero(unsigned from)
{
    for (unsigned i = from; i < DIGITS; i++) {
        if (digit[i])
            return false;
    }
    return true;
}

/* An interrupt names its target itself; what NO_INDEX is to a system call is to it a handler or timer that refuses. The running thread
   comes before all others. */
static bool interrupt_possible(void)
{
    bool refused = digit[REFUSED] == NO_RIGHT || (digit[REFUSED] == OTHER_TYPE && digit[OPERATION] == DEVICES);
    return !refused && !digit[TAG];
}

static bool possible(void)
{
    bool waits = partner_waits() && !receives();
    if (interrupts() && !interrupt_possible())
        return false;
    if (digit[REFUSED] &&
        !(rest_is_zero(REFUSED + 1) && (by_notification() || receives() || digit[REFUSED] == DYING) &&
          digit[OPERATION] != YIELDS))
        return false;
    if (!by_notification() && (digit[WAITING] == BOUND || digit[WAITING] == BOUND_AND_ONE))
        return false;
    if (bound_to_endpoint() && (!signals() || digit[PENDING]))
        return false;
    if (by_notification() ? digit[WAITING] == SENDERS_WAIT : digit[PENDING] && digit[OPERATION] != RECVS)
        return false;
    if (digit[OPERATION] == YIELDS && digit[WAITING])
        return false;
    if (!waits && (digit[PARTNER] || digit[URGENCY]))
        return false;
    if (partner_signalled() &&
        (!by_notification() || bound_to_endpoint() || self_slow[digit[SELF]] == SLOW_SIGNALLED))
        return false;
    if (digit[WAITING] == BOUND_IS_SELF && self_slow[digit[SELF]] == SLOW_SIGNALLED)
        return false;
    return (digit[READY] || !digit[TAG]) && !(waits && digit[PENDING]);
}

/* ---- the waiters */

static void wait_at_notification(struct notification *n, struct tcb *t)
{
    t->wait = (uintptr_t)n | REF_NOTIFICATION;
    t->resume = RESUME_SYSRET;
    if (n->head) {
        n->head->slow_reasons |= SLOW_FOLLOWED;
        n->head->next = t;
        t->prev = n->head;
    } else {
        n->head = t;
    }
    n->tail = t;
}

static void place_at_notification(struct notification *n)
{
    if (partner_waits())
        wait_at_notification(n, thread(PARTNER_THREAD));
    if (digit[WAITING] == TWO_WAIT)
        wait_at_notification(n, thread(SECOND));
    if (digit[PENDING])
        thread(SECOND)->slow_reasons |= digit[WAITING] == BOUND ? SLOW_SIGNALLED : 0;
    if (digit[WAITING] == BOUND || digit[WAITING] == BOUND_AND_ONE)
        state_bind(n, thread(SECOND));
    n->pending = digit[PENDING] && !(n->bound && below(4) == 0) ? random_next() | 1 : 0;
}

/* A thread is bound to the notification, and something else is to be said of it. */
static void place_bound(struct notification *n, struct endpoint *ep)
{
    struct tcb *bound = thread(digit[WAITING] == BOUND_IS_SELF    ? SELF_THREAD
                               : digit[WAITING] == BOUND_IS_READY ? READY_THREAD
                                                                  : PARTNER_THREAD);
    if (digit[WAITING] == BOUND_RECEIVES_SECOND)
        state_queue_receiver(ep, thread(SECOND));
    if (digit[WAITING] == BOUND_SENDS)
        state_queue_sender(ep, bound);
    else if (bound == thread(PARTNER_THREAD))
        state_queue_receiver(ep, bound);
    if (digit[WAITING] == BOUND_RECEIVES_FIRST)
        state_queue_receiver(ep, thread(SECOND));
    state_bind(n, bound);
}

static void place_at_endpoint(struct endpoint *ep)
{
    if (digit[WAITING] == SENDERS_WAIT) {
        state_queue_sender(ep, thread(SECOND));
    } else if (digit[WAITING] != NOBODY_WAITS) {
        state_queue_receiver(ep, thread(PARTNER_THREAD));
        if (digit[WAITING] == TWO_WAIT)
            state_queue_receiver(ep, thread(SECOND));
    }
}

/* ---- the ready threads */

static void place_ready(void)
{
    struct tcb *t = thread(READY_THREAD), *behind = thread(BEHIND);
    if (!digit[READY])
        return;
    t->priority = t->ceiling = behind->priority = behind->ceiling = ready_priority[digit[READY]];
    t->resume = digit[TAG] == INTERRUPTED ? RESUME_IRET : RESUME_SYSRET;
    state_make_ready(t);
    if (digit[TAG] == FOLLOWED || digit[TAG] == FOLLOWED_RETURNED || digit[TAG] == FOLLOWED_NOTIFIED)
        state_make_ready(behind);
    if (digit[TAG] == FOLLOWED_RETURNED || digit[TAG] == FOLLOWED_NOTIFIED)
        t->wait = digit[TAG] == FOLLOWED_RETURNED ? IN_LINE_RETURNED : IN_LINE_NOTIFIED;
    if (digit[TAG] == RETURNED || digit[TAG] == NOTIFIED)
        t->wait = digit[TAG] == RETURNED ? READY_RETURNED : READY_NOTIFIED;
}

/* ---- the capability */

static void fill_endpoint(struct slot *s)
{
    uint64_t ep = ref_endpoint(&arena->endpoint[0]);
    *s = (struct slot){0};
    if (digit[REFUSED] == OTHER_TYPE)
        slot_fill(s, TYPE_NOTIFICATION, RIGHT_SIGNAL | RIGHT_WAIT, (uintptr_t)&arena->notification[0],
                  UNBADGED_BITS);
    else if (digit[REFUSED] == DYING)
        slot_fill(s, TYPE_ENDPOINT | TYPE_DYING, 0, ep, 0);
    else if (digit[REFUSED] != EMPTY)
        slot_fill(s, TYPE_ENDPOINT, digit[REFUSED] == NO_RIGHT ? RIGHT_SEND : RIGHT_RECV, ep, 0);
}

static void fill(struct slot *s)
{
    struct notification *n = &arena->notification[0];
    *s = (struct slot){0};
    if (digit[REFUSED] == OTHER_TYPE && interrupts())
        slot_fill(s, TYPE_TCB, 0, (uintptr_t)thread(PARTNER_THREAD), 0);
    else if (digit[REFUSED] == OTHER_TYPE)
        slot_fill(s, TYPE_ENDPOINT, 7, ref_endpoint(&arena->endpoint[0]), 0);
    else if (digit[REFUSED] == DYING)
        slot_fill(s, TYPE_NOTIFICATION | TYPE_DYING, 0, (uintptr_t)n, UNBADGED_BITS);
    else if (digit[REFUSED] == NO_RIGHT)
        slot_fill(s, TYPE_NOTIFICATION, digit[OPERATION] == SIGNALS ? RIGHT_WAIT : RIGHT_SIGNAL, (uintptr_t)n,
                  UNBADGED_BITS);
    else if (digit[REFUSED] != EMPTY)
        slot_fill(s, TYPE_NOTIFICATION, RIGHT_SIGNAL | RIGHT_WAIT, (uintptr_t)n, random_next() | 1);
}

static void place_threads(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        t->slow_reasons = 0, t->fs_base = t->gs_base = 0, t->extended = NULL;
        t->cr3 = thread(SELF_THREAD)->cr3;
        slot_fill(&t->slots[TCB_FAULT], TYPE_ENDPOINT | (digit[REFUSED] == DYING ? TYPE_DYING : 0), RIGHT_SEND,
                  ref_endpoint(&arena->endpoint[0]), random_next());
    }
    thread(SELF_THREAD)->priority = thread(SELF_THREAD)->ceiling = SELF_PRIORITY;
    thread(PARTNER_THREAD)->priority = thread(PARTNER_THREAD)->ceiling = partner_priority[digit[URGENCY]];
    if (digit[CROSS])
        thread(PARTNER_THREAD)->cr3 ^= 0x3000, thread(READY_THREAD)->cr3 ^= 0x3000;
    place_ready();
    if (bound_to_endpoint())
        place_bound(&arena->notification[0], &arena->endpoint[0]);
    else if (!by_notification())
        place_at_endpoint(&arena->endpoint[0]);
    else
        place_at_notification(&arena->notification[0]);
    if (receives() && digit[PENDING])
        thread(SELF_THREAD)->reply_to = thread(CALLER), thread(CALLER)->wait = (uintptr_t)thread(SELF_THREAD);
    thread(SELF_THREAD)->slow_reasons |= self_slow[digit[SELF]];
    thread(PARTNER_THREAD)->slow_reasons |= partner_slow[digit[PARTNER]];
    if (self_slow[digit[SELF]] == SLOW_SIGNALLED || partner_signalled()) {
        state_bind(&arena->notification[1], thread(partner_signalled() ? PARTNER_THREAD : SELF_THREAD));
        arena->notification[1].pending = below(2);
    }
}

static void interrupt(struct registers *user, struct fault *fault)
{
    struct slot target;
    fill(&target);
    interrupt_plain(&target, below(3) == 0);
    if (digit[REFUSED] == NO_INDEX)
        interrupt_refuse();
    state_interrupt(user, fault,
                    digit[OPERATION] == CLOCKS ? (unsigned)VECTOR_OF_CLOCK
                                               : interrupt_vectors[below(IRQ_HANDLERS)]);
}

bool conditions_rest_state(uint64_t number, struct registers *user, struct fault *fault, bool *is_fault)
{
    static const uint64_t call[] = {[SIGNALS] = SYS_SIGNAL,
                                    [WAITS] = SYS_WAIT,
                                    [YIELDS] = SYS_YIELD,
                                    [RECVS] = SYS_RECV,
                                    [ANSWERS_NOBODY] = SYS_REPLY_RECV};
    digits_of(number, limit, DIGITS, digit);
    if (!possible())
        return false;
    state_threads();
    place_threads();
    state_capabilities();
    if (receives())
        fill_endpoint(&arena->root[0][INDEX]);
    else
        fill(&arena->root[0][INDEX]);
    state_finish();
    *is_fault = digit[OPERATION] == FAULTS;
    if (*is_fault)
        state_fault(user, fault);
    else if (interrupts())
        interrupt(user, fault);
    if (*is_fault || interrupts()) {
        *is_fault = true;
        return true;
    }
    state_call(user);
    user->general[RAX] = call[digit[OPERATION]];
    user->general[RDI] = INDEX << SLOT_BITS | (digit[REFUSED] == NO_INDEX ? 1ull << (32 + below(32)) : 0);
    return true;
}
