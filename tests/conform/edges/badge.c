/* Badges that differ only above bit 31, wherever one is compared or handed on; the first, the middle and the
 * last bits of a signal. */
#include "frame/fault.h"
#include "frame/long.h"
#include "frame/irq.h"
#include "frame/timer.h"
#include "frame/guest.h"

#define LOW 0x11ull
/* The low halves of the first three are the same, those of the next two are no badge at all; and all ones. */
static const uint64_t alike[] = {LOW, LOW | 1ull << 32, LOW | 1ull << 63, 1ull << 32, 1ull << 63, ~0ull};
enum { ALIKE = COUNT(alike) };
static const uint64_t signals[] = {1, 1ull << 31, 1ull << 32, 1ull << 63, 1ull << 63 | 1};

static cap_t sender(uint64_t ep, uint64_t badge)
{
    return cap_at(temp_mint(ep, RIGHT_SEND, badge));
}

/* Each way to send meets each way to receive, in either order. */
static void handed_on(uint64_t send, uint64_t recv, bool receiver_first)
{
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < ALIKE; i++) {
        cap_t cap = sender(ep, alike[i]);
        struct step *got = receiver_first ? act(B, recv, cap_at(ep), 1) : NULL;
        act(A, send, cap, 2);
        if (!got)
            got = act(B, recv, cap_at(ep), 1);
        EXPECT_MESSAGE(got, alike[i], 2);
        actors_reset(true);
    }
    temp_clear();
}

static void messages(void)
{
    static const uint64_t sends[] = {SYS_SEND, SYS_CALL}, receives[] = {SYS_RECV, SYS_REPLY_RECV};
    for (unsigned s = 0; s < COUNT(sends); s++) {
        for (unsigned r = 0; r < COUNT(receives); r++) {
            handed_on(sends[s], receives[r], true);
            handed_on(sends[s], receives[r], false);
        }
        handed_on(sends[s], SYS_RECV_NB, false);
    }
    handed_on(SYS_SEND_NB, SYS_RECV, true);
    handed_on(SYS_SEND_NB, SYS_REPLY_RECV, true);
}

static void long_messages(void)
{
    static const uint64_t sends[] = {SYS_LONG_SEND, SYS_LONG_CALL};
    for (unsigned i = 0; i < 2 * ALIKE; i++) {
        uint64_t ep = temp_endpoint();
        struct ipc_buffer *from = buffer_new(A);
        buffer_new(B);
        buffer_fill(from, IPC_BUFFER_WORDS, 3);
        act(A, sends[i % 2], sender(ep, alike[i / 2]), 2);
        EXPECT_LONG(act(B, i % 2 ? SYS_RECV : SYS_REPLY_RECV, cap_at(ep), 1), alike[i / 2], 2);
        actors_reset(false);
        temp_clear();
    }
}

/* By the handler that waits, and by one that comes later. */
static void faults(void)
{
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < 2 * ALIKE; i++) {
        uint64_t badge = alike[i / 2];
        actor_configure(A, ACTOR_PRIORITY, sender(ep, badge));
        struct step *got = i % 2 ? act(B, SYS_RECV, cap_at(ep), 1) : NULL;
        fault_start(A, code_ud2, 0);
        if (!got)
            got = act(B, SYS_RECV, cap_at(ep), 1);
        EXPECT_RESULT(got, GOT_MESSAGE);
        EXPECT_IS(got->m.badge, badge);
        EXPECT_IS(got->m.label, FAULT_INSTRUCTION);
        actors_reset(true);
    }
}

/* All of them wait; one goes, and it is the right one. */
static void canceled(void)
{
    for (unsigned gone = 0; gone < ALIKE; gone++) {
        uint64_t ep = temp_endpoint(), by = temp_mint(ep, RIGHT_ALL, alike[gone]);
        struct step *s[ALIKE];
        struct msg m = {0};
        for (unsigned i = 0; i < ALIKE; i++)
            s[i] = act(A + i, i % 2 ? SYS_SEND : SYS_CALL, sender(ep, alike[i]), i);
        EXPECT_IS(cap_cancel_badged(own_cnode(), by), 0);
        for (unsigned i = 0; i < ALIKE; i++) {
            if (i == gone)
                EXPECT_CANCELED(s[i]);
            else
                EXPECT(ipc_recv_nb(cap_at(ep), &m) == GOT_MESSAGE && is_pattern(&m, alike[i], i));
        }
        actors_reset(false);
        temp_clear();
    }
}

/* Lines of a badge each, and a copy in each: one is revoked or its head deleted, and the others stay. */
static void revoked(unsigned type, bool head_goes)
{
    for (unsigned gone = 0; gone < ALIKE; gone++) {
        uint64_t original = temp_object(type, 0), head[ALIKE], copy[ALIKE];
        for (unsigned i = 0; i < ALIKE; i++)
            head[i] = temp_mint(original, RIGHT_ALL, alike[i]);
        for (unsigned i = 0; i < ALIKE; i++)
            copy[i] = temp_copy(head[i], RIGHT_ALL);
        if (head_goes)
            EXPECT_IS(cap_delete(own_cnode(), head[gone]), 0);
        for (unsigned i = 0; i < ALIKE; i++) {
            if (head_goes ? i != gone : i == gone)
                EXPECT_IS(revoke(head[i]), 0);
        }
        for (unsigned i = 0; i < ALIKE; i++)
            EXPECT_IS(is_gone(copy[i]), head_goes ? i != gone : i == gone);
        temp_clear();
    }
}

static void lines_of_endpoints(void)
{
    revoked(TYPE_ENDPOINT, false);
    revoked(TYPE_ENDPOINT, true);
}

static void lines_of_notifications(void)
{
    revoked(TYPE_NOTIFICATION, false);
    revoked(TYPE_NOTIFICATION, true);
}

/* A badge is a badge, whatever its low half is: no other can be given, and it can be cancelled. */
static void is_a_badge(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT, TYPE_NOTIFICATION};
    for (unsigned i = 0; i < 2 * ALIKE; i++) {
        uint64_t badged = temp_mint(temp_object(types[i % 2], 0), RIGHT_ALL, alike[i / 2]), to = temp_slot();
        EXPECT_IS(cap_mint(own_cnode(), to, own_cnode(), badged, RIGHT_ALL, LOW), ERR_IN_USE);
        EXPECT_IS(cap_mint(own_cnode(), to, own_cnode(), badged, RIGHT_ALL, 1ull << 32), ERR_IN_USE);
        EXPECT_IS(cap_cancel_badged(own_cnode(), badged), i % 2 ? ERR_WRONG_TYPE : 0);
    }
}

/* Pending, taken by a thread that waits, and by one that waits for a message. */
static void signaled(void)
{
    for (unsigned i = 0; i < COUNT(signals); i++) {
        uint64_t n = notification(), ep = temp_endpoint();
        cap_t cap = signaller(n, signals[i]);
        EXPECT_RESULT(act(A, SYS_SIGNAL, cap, 1), 0);
        EXPECT_PENDING(n, signals[i]);
        EXPECT_RESULT(act(A, SYS_SIGNAL, cap, 1), 0);
        EXPECT_SIGNAL(act(B, SYS_WAIT, cap_at(n), 2), signals[i]);
        struct step *wait = act(B, SYS_WAIT, cap_at(n), 2);
        EXPECT_RESULT(act(A, SYS_SIGNAL, cap, 1), 0);
        EXPECT_SIGNAL(wait, signals[i]);
        EXPECT_IS(syscall2(SYS_NOTIFICATION_BIND, actor_tcb(B), cap_at(n)), 0);
        wait = act(B, SYS_RECV, cap_at(ep), 2);
        EXPECT_RESULT(act(A, SYS_SIGNAL, cap, 1), 0);
        EXPECT_SIGNAL(wait, signals[i]);
        EXPECT_RESULT(act(A, SYS_SIGNAL, cap, 1), 0);
        EXPECT_SIGNAL(act(B, SYS_RECV, cap_at(ep), 2), signals[i]);
        EXPECT_IS(syscall2(SYS_NOTIFICATION_BIND, actor_tcb(B), 0), 0);
    }
}

static void timers(void)
{
    for (unsigned i = 0; i < COUNT(signals); i++) {
        uint64_t n = notification(), t = timer(signaller(n, signals[i]));
        EXPECT_IS(timer_set(cap_at(t), 0), 0);
        EXPECT_PENDING(n, signals[i]);
        spin_past(set_ahead(t, 50));
        EXPECT_PENDING(n, signals[i]);
    }
}

static void interrupts(void)
{
    if (!irq_lines())
        return case_skip(NO_LINES);
    for (unsigned i = 0; i < COUNT(signals); i++) {
        uint64_t n = notification(), h = irq_pit(signaller(n, signals[i]));
        pit_start();
        EXPECT_COMES(n, signals[i]);
        EXPECT_IS(cap_delete(own_cnode(), h), 0);
    }
}

static const struct test list[] = {
    {"messages", messages},
    {"long_messages", long_messages},
    {"faults", faults},
    {"canceled", canceled},
    {"lines_of_endpoints", lines_of_endpoints},
    {"lines_of_notifications", lines_of_notifications},
    {"is_a_badge", is_a_badge},
    {"signaled", signaled},
    {"timers", timers},
    {"interrupts", interrupts},
};

CASE_SET(915, edges_badge_cases)
{
    CASES("edges/badges", list);
}
