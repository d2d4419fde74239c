/* Every combination of the conditions that the fast paths of call and reply_recv look at: each is one digit of
   a number, and the numbers are counted through. Registers, and what no condition says, are random. */
#include <string.h>
#include "cap/words.h"
#include "conditions.h"
#include "digits.h"

enum address { ROOT_INDEX, LOW_BITS, BEYOND, NESTED, HIGH_HALF, ADDRESSES };
enum waits { NOBODY_WAITS, ONE_RECEIVER, TWO_RECEIVERS, SENDERS_WAIT, WAITS };
enum buffers { BOTH, BOTH_THE_SAME, NOT_SELF, NOT_PARTNER, WITH_CAPS, TOO_LONG, BUFFER_CASES };
enum urgency { NONE_READY, READY_LESS, READY_EQUAL, READY_MORE, URGENCIES };

/* What the slot holds: nothing, each type, an endpoint with each combination of rights, or one half taken
 * apart. */
enum {
    SLOT_EMPTY,
    SLOT_TYPES,
    SLOT_ENDPOINTS = SLOT_TYPES + TYPE_COUNT - 1,
    SLOT_DYING_ENDPOINT = SLOT_ENDPOINTS + 8,
    SLOTS
};

static const uint32_t self_slow[] = {
    0, SLOW_EXTENDED | SLOW_STATE, SLOW_SIGNALLED, SLOW_DEBUG, SLOW_OWES, SLOW_STATE, SLOW_BASES, SLOW_SECOND};
static const uint32_t partner_slow[] = {
    0,          SLOW_EXTENDED | SLOW_BASES, SLOW_FAULTED, SLOW_SIGNALLED, SLOW_DEBUG, SLOW_STATE, SLOW_BASES,
    SLOW_SECOND};

enum digit {
    OPERATION,
    LONGER,
    BUFFER,
    ADDRESS,
    SLOT,
    WAITING,
    SELF,
    PARTNER,
    CALLER,
    URGENCY,
    RAISED,
    CROSS,
    HELD,
    DIGITS
};
static const unsigned limit[DIGITS] = {
    [LONGER] = 2,   [BUFFER] = BUFFER_CASES, [OPERATION] = 2, [ADDRESS] = ADDRESSES,
    [SLOT] = SLOTS, [WAITING] = WAITS,       [SELF] = 8,      [PARTNER] = 8,
    [CALLER] = 2,   [URGENCY] = URGENCIES,   [RAISED] = 3,    [CROSS] = 2,
    [HELD] = 2,
};

enum { PARTNER_THREAD = 1, SECOND = 2, THIRD = 3, READY_THREAD = 4, LOW = 10, HIGH = 20, MIDDLE = 15 };

static unsigned digit[DIGITS];

uint64_t conditions_count(void)
{
    return digits_count(limit, DIGITS);
}

static bool call(void)
{
    return digit[OPERATION] == 0;
}

/* Of long messages: combinations where a check looks at what the check before it has not refused. */
static bool possible_long(void)
{
    bool looked_up = digit[ADDRESS] == ROOT_INDEX && digit[SLOT] >= SLOT_ENDPOINTS;
    bool slow = digit[SELF] || digit[PARTNER], rest = slow || digit[URGENCY] || digit[CROSS];
    if (digit[HELD] || digit[RAISED] != 1)
        return false;
    return looked_up ? !slow || digit[BUFFER] == BOTH : !rest && digit[BUFFER] == BOTH;
}

/* Impossible combinations: a receiver that has a fault, a call or a signal outstanding; a partner's slow
   reason without a partner. */
static bool possible(void)
{
    uint32_t slow = partner_slow[digit[PARTNER]];
    bool state_or_bases = (self_slow[digit[SELF]] | slow) & SLOW_SECOND;
    if (state_or_bases && (digit[ADDRESS] != ROOT_INDEX || digit[SLOT] < SLOT_ENDPOINTS))
        return false; /* refused before anything looks at them */
    if (digit[HELD] && !(slow & SLOW_STATE))
        return false;
    if (digit[LONGER] ? !possible_long() : digit[BUFFER] != BOTH)
        return false;
    if (call())
        return digit[CALLER] == 0 && !(slow & (SLOW_FAULTED | SLOW_SIGNALLED));
    return digit[CALLER] || slow == 0;
}

static void fill(struct slot *s, struct endpoint *ep)
{
    unsigned what = digit[SLOT];
    *s = (struct slot){0};
    if (what == SLOT_EMPTY)
        return;
    if (what >= SLOT_ENDPOINTS && what < SLOT_DYING_ENDPOINT)
        slot_fill(s, TYPE_ENDPOINT, what - SLOT_ENDPOINTS, ref_endpoint(ep), random_next());
    else if (what == SLOT_DYING_ENDPOINT)
        slot_fill(s, TYPE_ENDPOINT | TYPE_DYING, 0, ref_endpoint(ep), 0);
    else if (what - SLOT_TYPES + 1 == TYPE_FRAME)
        slot_fill(s, TYPE_FRAME, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, (uintptr_t)arena, 0);
    else if (what - SLOT_TYPES + 1 == TYPE_NOTIFICATION)
        slot_fill(s, TYPE_NOTIFICATION, RIGHT_SIGNAL | RIGHT_WAIT, (uintptr_t)&arena->notification[0],
                  UNBADGED_BITS);
    else if (what - SLOT_TYPES + 1 == TYPE_CNODE)
        slot_fill(s, TYPE_CNODE, 0, (uintptr_t)arena->inner, cnode_data(INNER_RADIX, 1, 1));
    else
        slot_fill(s, what - SLOT_TYPES + 1, 0, (uintptr_t)thread(THIRD), 0);
}

static uint64_t address(unsigned index)
{
    uint64_t a = (uint64_t)index << SLOT_BITS;
    switch (digit[ADDRESS]) {
    case LOW_BITS: return a | 1u << below(SLOT_BITS);
    case BEYOND: return a | 1u << (SLOT_BITS + ROOT_RADIX);
    case NESTED: return (uint64_t)below(1 << ROOT_RADIX) << SLOT_BITS | 3u << (SLOT_BITS + ROOT_RADIX);
    case HIGH_HALF: return a | 1ull << (32 + below(32));
    default: return a;
    }
}

static void place_waiters(struct endpoint *ep)
{
    struct tcb *partner = thread(PARTNER_THREAD), *second = thread(SECOND), *third = thread(THIRD);
    if (digit[WAITING] == SENDERS_WAIT) {
        state_queue_sender(ep, second);
        state_queue_sender(ep, third);
    } else if (digit[WAITING] != NOBODY_WAITS) {
        state_queue_receiver(ep, call() ? partner : second);
        if (digit[WAITING] == TWO_RECEIVERS)
            state_queue_receiver(ep, third);
    }
    if (digit[CALLER]) {
        partner->wait = (uintptr_t)thread(0);
        thread(0)->reply_to = partner;
    }
}

static void choose_priorities(void)
{
    static const uint8_t raised[] = {LOW, MIDDLE, HIGH};
    struct tcb *self = thread(0), *partner = thread(PARTNER_THREAD), *ready = thread(READY_THREAD);
    partner->priority = partner->ceiling = MIDDLE;
    self->priority = self->ceiling = raised[digit[RAISED]];
    if (digit[URGENCY] == NONE_READY)
        return;
    ready->priority = (uint8_t)(MIDDLE - 2 + (int)digit[URGENCY]);
    if (ready->priority > self->priority)
        self->priority = self->ceiling = ready->priority; /* no ready thread is more urgent than it */
    ready->ceiling = ready->priority;
    state_make_ready(ready);
}

static void give_buffers(void)
{
    struct tcb *self = thread(0), *partner = thread(PARTNER_THREAD);
    self->buffer = digit[BUFFER] == NOT_SELF ? NULL : &buffers[0].ipc;
    partner->buffer = digit[BUFFER] == NOT_PARTNER ? NULL : &buffers[digit[BUFFER] != BOTH_THE_SAME].ipc;
    buffers[0].ipc.caps = digit[BUFFER] == WITH_CAPS ? 1ull << below(64) : 0;
    buffers[0].ipc.words = below(IPC_BUFFER_WORDS + 1);
    if (digit[BUFFER] == TOO_LONG)
        buffers[0].ipc.words += below(2) ? IPC_BUFFER_WORDS + 1 : 1ull << (32 + below(32));
}

static void give_extended(unsigned i)
{
    struct tcb *t = thread(i);
    if (t->slow_reasons & SLOW_STATE)
        t->extended = &arena->state[i];
    if (t->slow_reasons & SLOW_BASES)
        t->fs_base = random_next() % USER_TOP, t->gs_base = random_next() % USER_TOP;
}

bool conditions_state(uint64_t number, struct registers *user)
{
    digits_of(number, limit, DIGITS, digit);
    if (!possible())
        return false;
    unsigned index = 1 + below((1 << ROOT_RADIX) - 1);
    struct endpoint *ep = &arena->endpoint[0];
    state_threads();
    for (unsigned i = 0; i < THREADS; i++)
        thread(i)->slow_reasons = 0, thread(i)->fs_base = thread(i)->gs_base = 0, thread(i)->extended = NULL;
    choose_priorities();
    place_waiters(ep);
    thread(0)->slow_reasons |= self_slow[digit[SELF]];
    thread(PARTNER_THREAD)->slow_reasons |= partner_slow[digit[PARTNER]];
    for (unsigned i = 0; i <= PARTNER_THREAD; i++)
        give_extended(i);
    give_buffers();
    if (!digit[CROSS])
        thread(PARTNER_THREAD)->cr3 = thread(0)->cr3;
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        if (t->slow_reasons & SLOW_SIGNALLED) {
            state_bind(&arena->notification[i % NOTIFICATIONS], t);
            t->bound->pending = below(2);
        }
    }
    state_capabilities();
    fill(&arena->root[0][index], ep);
    fill(&arena->inner[1], ep);
    state_finish();
    if (!thread(0)->extended && !extended_clears)
        kernel.cpu->extended = digit[HELD] ? thread(PARTNER_THREAD)->extended
                               : below(2)  ? NULL
                                           : &arena->state[SECOND];
    state_call(user);
    static const uint64_t operations[] = {SYS_CALL, SYS_REPLY_RECV, SYS_LONG_CALL, SYS_LONG_REPLY_RECV};
    user->general[RAX] = operations[2 * digit[LONGER] + digit[OPERATION]];
    user->general[RDI] = address(index);
    return true;
}
