/* A thread is configured anew, and to take away what it had takes several entries: what others do to it, and to what it is given,
   between each two of them. */
#include "frame/between.h"

enum { RADIX = 8, INSIDE = 250, MANY_BITS = 14, MIDDLE = 3, BADGE = 0x91f7 };

static uint64_t many, thread, root, faults;

/* The root CNode of the thread, of which only that holds a capability, holds the last ones to many endpoints. */
static uint64_t thread_with_much(void)
{
    uint64_t t = temp_object(TYPE_TCB, 0), much = temp_object(TYPE_CNODE, RADIX);
    EXPECT_IS(retype(cap_at(many), TYPE_ENDPOINT, 0, cap_at(much), 0, INSIDE), 0);
    EXPECT_IS(thread_configure(cap_at(t), cap_at(much), cap_at(CAP_SELF_SPACE), 0, BELOW, BELOW), 0);
    EXPECT_IS(cap_delete(own_cnode(), much), 0);
    return t;
}

static void begin(void)
{
    many = temp_object(TYPE_UNTYPED, MANY_BITS);
    thread = thread_with_much();
    root = temp_copy(CAP_SELF_CNODE, RIGHT_ALL);
    faults = temp_endpoint();
    struct guest *g = guest_new(0, temp_object(TYPE_UNTYPED, 12), BELOW, between_faults());
    between_begin(g, SYS_THREAD_CONFIGURE, cap_at(thread), cap_at(root), cap_at(CAP_SELF_SPACE),
                  cap_at(temp_mint(faults, RIGHT_SEND, BADGE)), BELOW | BELOW << 8, 0);
    for (unsigned i = 0; i < MIDDLE; i++)
        EXPECT(between_next());
}

static void expect_end(long result)
{
    while (between_next())
        ;
    between_expect(result);
    deletions_end();
    EXPECT_IS(cap_identify(cap_at(make(many, TYPE_UNTYPED, MANY_BITS))), TYPE_UNTYPED);
}

/* It starts where nothing is mapped: what it was given is its fault handler. */
static void expect_given(uint64_t t)
{
    struct msg m = {0};
    EXPECT_IS(thread_set_entry(cap_at(t), 0, 0, 0), 0);
    EXPECT_IS(thread_resume(cap_at(t)), 0);
    quiesce();
    EXPECT_IS(ipc(SYS_RECV_NB, cap_at(faults), &m), GOT_MESSAGE);
    EXPECT(m.badge == BADGE && m.label == FAULT_PAGE);
}

static void expect_nothing_left(uint64_t t)
{
    EXPECT_IS(thread_resume(cap_at(t)), ERR_BAD_ARGUMENT);
}

/* Nothing that may be done to a stopped thread disturbs it; the thread cannot run meanwhile. */
static void everything_else(void)
{
    uint64_t state = temp_object(TYPE_EXTENDED_STATE, 0), n = temp_object(TYPE_NOTIFICATION, 0);
    begin();
    do {
        expect_nothing_left(thread);
        EXPECT_IS(thread_suspend(cap_at(thread)), 0);
        EXPECT_IS(thread_set_entry(cap_at(thread), 0x1000, 0x1000, 0), 0);
        EXPECT_IS(thread_set_priority(cap_at(thread), BELOW - 1, BELOW), 0);
        EXPECT_IS(thread_set_fpu(cap_at(thread), cap_at(state)), 0);
        EXPECT_IS(notification_bind(cap_at(thread), cap_at(n)), 0);
        EXPECT_IS(notification_bind(cap_at(thread), 0), 0);
    } while (between_next());
    expect_end(0);
    expect_given(thread);
}

/* Somebody else configures it, with another handler: the first call takes that away again. */
static void by_another(void)
{
    begin();
    EXPECT_IS(
        thread_configure(cap_at(thread), own_cnode(), cap_at(CAP_SELF_SPACE), watch_fault_ep, BELOW, BELOW), 0);
    expect_end(0);
    expect_given(thread);
}

static void thread_goes(void)
{
    begin();
    EXPECT_IS(cap_delete(own_cnode(), thread), 0);
    expect_end(ERR_BAD_CAP);
}

static void root_goes(void)
{
    begin();
    EXPECT_IS(cap_delete(own_cnode(), root), 0);
    expect_end(ERR_BAD_CAP);
    expect_nothing_left(thread);
}

/* Another thread takes its place. */
static void threads_change_places(void)
{
    begin();
    uint64_t other = temp_object(TYPE_TCB, 0);
    EXPECT_IS(cap_swap(own_cnode(), thread, own_cnode(), other), 0);
    expect_end(0);
    expect_given(thread);
    expect_nothing_left(other);
}

/* The caller goes: whoever deletes next goes on, and the thread is left with nothing. */
static void caller_goes(void)
{
    begin();
    EXPECT_IS(cap_delete(own_cnode(), guests[0].tcb), 0);
    EXPECT(!between_next() && !between.ended);
    deletions_end();
    expect_nothing_left(thread);
    EXPECT_IS(cap_identify(cap_at(make(many, TYPE_UNTYPED, MANY_BITS))), TYPE_UNTYPED);
}

static const struct test list[] = {
    {"everything_else", everything_else},
    {"by_another", by_another},
    {"thread_goes", thread_goes},
    {"root_goes", root_goes},
    {"threads_change_places", threads_change_places},
    {"caller_goes", caller_goes},
};

CASE_SET(408, delete_given_cases)
{
    CASES("delete/given", list);
}
