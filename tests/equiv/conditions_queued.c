/* Every combination of the conditions that call looks at where nobody waits to receive, and reply_recv where senders wait, as
   conditions.c does for the rest of them. Registers, and what no condition says, are random. */
#include "conditions.h"
#include "digits.h"

enum { SELF_THREAD, PARTNER_THREAD, FIRST_THREAD, SECOND_THREAD, READY_THREAD, BEHIND, INDEX = 5 };
enum waiting { NOBODY_WAITS, ONE_SENDS, TWO_SEND, ONE_RECEIVES, WAITS };
/* How the most urgent ready thread stands in its queue. */
enum tag { RETURNED, LEFT_BY_C, NOTIFIED, FOLLOWED, FOLLOWED_RETURNED, TAGS };
enum { SELF_PRIORITY = 15, NO_CALLER = 5 };

static const uint32_t self_slow[] = {
    0, SLOW_EXTENDED | SLOW_STATE, SLOW_SIGNALLED, SLOW_DEBUG, SLOW_OWES, SLOW_STATE, SLOW_BASES};
static const uint32_t caller_slow[] = {0, SLOW_FAULTED, SLOW_SIGNALLED, SLOW_STATE, SLOW_BASES, 0};
static const uint8_t partner_priority[] = {20, 15, 10}, ready_priority[] = {0, 8, 15}; /* 0: nobody */
static const struct {
    enum send_kind kind;
    enum send_long long_too;
} first_sends[] = {{SEND_CALL, LONG_NONE},  {SEND_ONLY, LONG_NONE},           {SEND_FAULT, LONG_NONE},
                   {SEND_CALL, LONG_WORDS}, {SEND_CALL, LONG_WORDS_AND_CAPS}, {SEND_ONLY, LONG_WORDS}};

enum digit { ANSWERS, WAITING, SELF, CALLER, URGENCY, READY, TAG, FIRST, SCAN, CROSS, DIGITS };
static const unsigned limit[DIGITS] = {
    [ANSWERS] = 2, [WAITING] = WAITS, [SELF] = 7,  [CALLER] = 6, [URGENCY] = 3,
    [READY] = 3,   [TAG] = TAGS,      [FIRST] = 6, [SCAN] = 3,   [CROSS] = 3,
};
static unsigned digit[DIGITS];

uint64_t conditions_queued_count(void)
{
    return digits_count(limit, DIGITS);
}

/* What forbids the path by itself is combined with one state of what is looked at later. */
static bool possible(void)
{
    bool sends = digit[WAITING] == ONE_SENDS || digit[WAITING] == TWO_SEND;
    if (digit[TAG] && !digit[READY])
        return false;
    if (!digit[ANSWERS])
        return !(digit[CALLER] | digit[URGENCY] | digit[FIRST] | digit[SCAN]);
    if (digit[WAITING] == NOBODY_WAITS || (!sends && digit[FIRST]) || digit[TAG] > LEFT_BY_C)
        return false;
    if (digit[CALLER] == NO_CALLER && digit[URGENCY])
        return false;
    if (digit[SELF] && (digit[FIRST] || digit[SCAN]))
        return false;
    return !digit[SCAN] || (sends && digit[SCAN] < 1 + digit[WAITING]);
}

static void send(struct endpoint *ep, unsigned i, unsigned what)
{
    struct tcb *t = thread(i);
    state_queue_sender(ep, t);
    t->send_kind = (uint8_t)first_sends[what].kind, t->send_long = (uint8_t)first_sends[what].long_too;
    t->slow_reasons = 0;
    if (t->send_kind == SEND_FAULT)
        t->slow_reasons = SLOW_FAULTED;
    if (t->send_kind == SEND_ONLY)
        t->resume = RESUME_SYSRET;
}

static void place_waiters(struct endpoint *ep)
{
    if (digit[WAITING] == ONE_RECEIVES) {
        state_queue_receiver(ep, thread(FIRST_THREAD));
        thread(FIRST_THREAD)->priority = digit[READY] ? ready_priority[digit[READY]] - 1 : SELF_PRIORITY;
    }
    if (digit[WAITING] == ONE_SENDS || digit[WAITING] == TWO_SEND)
        send(ep, FIRST_THREAD, digit[FIRST]);
    if (digit[WAITING] == TWO_SEND)
        send(ep, SECOND_THREAD, below(sizeof first_sends / sizeof first_sends[0]));
    ep->scan_badge = random_next(); /* nobody's */
    if (digit[SCAN])
        ep->scan = thread(digit[SCAN] == 1 ? FIRST_THREAD : SECOND_THREAD);
    if (digit[ANSWERS] && digit[CALLER] != NO_CALLER) {
        bool grants = digit[CALLER] == 0 && below(2);
        thread(PARTNER_THREAD)->wait = (uintptr_t)thread(SELF_THREAD) | (grants ? REF_GRANTS : 0);
        thread(SELF_THREAD)->reply_to = thread(PARTNER_THREAD);
    }
}

static void place_ready(void)
{
    static const uint64_t wait[] = {[RETURNED] = READY_RETURNED,
                                    [LEFT_BY_C] = REF_READY,
                                    [NOTIFIED] = READY_NOTIFIED,
                                    [FOLLOWED] = REF_READY,
                                    [FOLLOWED_RETURNED] = IN_LINE_RETURNED};
    struct tcb *t = thread(READY_THREAD), *behind = thread(BEHIND);
    if (!digit[READY])
        return;
    t->priority = t->ceiling = behind->priority = behind->ceiling = ready_priority[digit[READY]];
    t->resume = RESUME_SYSRET;
    state_make_ready(t);
    if (digit[TAG] == FOLLOWED || digit[TAG] == FOLLOWED_RETURNED)
        state_make_ready(behind);
    t->wait = wait[digit[TAG]];
}

/* What makes a thread slow, and what goes with that. */
static void make_slow(unsigned i, uint32_t slow)
{
    struct tcb *t = thread(i);
    t->slow_reasons |= slow;
    t->extended = slow & SLOW_STATE ? &arena->state[i] : NULL;
    t->fs_base = slow & SLOW_BASES ? random_next() % USER_TOP : 0;
    if (slow & SLOW_SIGNALLED) {
        state_bind(&arena->notification[i % NOTIFICATIONS], t);
        t->bound->pending = below(2);
    }
}

static void place_threads(void)
{
    static const uint64_t differs[] = {0, 0x3000, 1ull << 63}; /* the other's CR3 value */
    struct tcb *self = thread(SELF_THREAD), *partner = thread(PARTNER_THREAD);
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        t->slow_reasons = 0, t->fs_base = t->gs_base = 0, t->extended = NULL;
        t->cr3 = self->cr3;
    }
    partner->cr3 ^= differs[digit[CROSS]], thread(READY_THREAD)->cr3 ^= differs[digit[CROSS]];
    self->priority = self->ceiling = SELF_PRIORITY;
    partner->priority = partner->ceiling = partner_priority[digit[URGENCY]];
    place_waiters(&arena->endpoint[0]);
    place_ready();
    make_slow(SELF_THREAD, self_slow[digit[SELF]]);
    make_slow(PARTNER_THREAD, caller_slow[digit[CALLER]]);
}

bool conditions_queued_state(uint64_t number, struct registers *user)
{
    digits_of(number, limit, DIGITS, digit);
    if (!possible())
        return false;
    state_threads();
    place_threads();
    state_capabilities();
    arena->root[0][INDEX] = (struct slot){0};
    slot_fill(&arena->root[0][INDEX], TYPE_ENDPOINT, digit[ANSWERS] ? RIGHT_RECV : RIGHT_SEND,
              ref_endpoint(&arena->endpoint[0]), random_next());
    state_finish();
    state_call(user);
    user->general[RAX] = digit[ANSWERS] ? SYS_REPLY_RECV : SYS_CALL;
    user->general[RDI] = INDEX << SLOT_BITS;
    return true;
}
