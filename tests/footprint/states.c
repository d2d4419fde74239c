/* How each path's state differs from that of two threads, one running and one stopped. */
#include "states.h"

enum { VECTOR_PAGE_FAULT = 14 };

static struct endpoint *ep(void)
{
    return &arena->endpoint[0];
}

static struct notification *notification(void)
{
    return &arena->notification[0];
}

static void urgent(unsigned i)
{
    thread(i)->priority = thread(i)->ceiling = BENCH_PRIORITY + 1;
}

void state_gave_way(unsigned i)
{
    thread(i)->resume = RESUME_SYSRET;
    thread(i)->rax = 0;
    state_make_ready(thread(i));
}

/* The same, as the path that is measured leaves it. */
static void make_ready_for(const struct path *p)
{
    state_gave_way(PARTNER);
    if (p->entry == ENTRY_SYSCALL)
        thread(PARTNER)->wait = READY_RETURNED;
}

/* Other threads of the same priority stand behind the first that is ready. */
static void others_are_ready(unsigned from, const struct path *p)
{
    for (unsigned i = from; i < THREADS; i++) {
        state_gave_way(i);
        if (p->entry == ENTRY_SYSCALL)
            thread(i)->wait = IN_LINE_RETURNED;
    }
}

void several_are_ready(const struct path *p)
{
    make_ready_for(p);
    others_are_ready(WATCHER + 1, p);
    if (p->entry == ENTRY_SYSCALL)
        thread(PARTNER)->wait = IN_LINE_RETURNED;
}

/* The capability that a path's system call names. */
static void endpoint_capability(unsigned rights)
{
    slot_fill(&arena->root[0][INDEX], TYPE_ENDPOINT, rights, ref_endpoint(ep()), random_next());
}

static void notification_capability(void)
{
    slot_fill(&arena->root[0][INDEX], TYPE_NOTIFICATION, RIGHT_SIGNAL | RIGHT_WAIT, (uintptr_t)notification(),
              UNBADGED_BITS);
}

static void partner_waits_for_signal(void)
{
    struct tcb *t = thread(PARTNER);
    t->wait = (uintptr_t)notification() | REF_NOTIFICATION;
    t->resume = RESUME_SYSRET;
    notification()->head = notification()->tail = t;
}

void nothing(const struct path *p)
{
    (void)p;
}

void identify(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_SEND);
}

void partner_receives(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_SEND);
    state_queue_receiver(ep(), thread(PARTNER));
}

static void calls(unsigned i)
{
    struct tcb *t = thread(i);
    state_queue_sender(ep(), t);
    t->slow_reasons = 0;
    t->send_kind = SEND_CALL;
    t->send_long = LONG_NONE;
    t->resume = RESUME_SYSRET;
}

void partner_sends(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_RECV);
    calls(PARTNER);
}

void partner_is_ready(const struct path *p)
{
    make_ready_for(p);
}

void nobody_sends(const struct path *p)
{
    endpoint_capability(RIGHT_RECV);
    urgent(SELF);
    make_ready_for(p);
}

void partner_called(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_RECV);
    thread(PARTNER)->wait = (uintptr_t)thread(SELF);
    thread(PARTNER)->resume = RESUME_SYSRET;
    thread(SELF)->reply_to = thread(PARTNER);
}

/* The server, which the client has preempted. */
void server_is_busy(const struct path *p)
{
    endpoint_capability(RIGHT_SEND);
    urgent(SELF);
    make_ready_for(p);
}

void others_send(const struct path *p)
{
    server_is_busy(p);
    calls(WATCHER + 1);
    calls(WATCHER + 2);
}

void one_sends(const struct path *p)
{
    partner_called(p);
    urgent(PARTNER);
    calls(WATCHER + 1);
}

void more_urgent_called(const struct path *p)
{
    one_sends(p);
    calls(WATCHER + 2);
}

void partner_faulted(const struct path *p)
{
    struct tcb *t = thread(PARTNER);
    partner_called(p);
    t->resume = RESUME_IRET;
    t->slow_reasons = SLOW_FAULTED;
    t->fault_label = FAULT_PAGE, t->fault_vector = VECTOR_PAGE_FAULT;
}

void nobody_waits(const struct path *p)
{
    (void)p;
    notification_capability();
}

void equal_waits(const struct path *p)
{
    (void)p;
    notification_capability();
    partner_waits_for_signal();
}

void waits_among_others(const struct path *p)
{
    others_are_ready(WATCHER + 1, p);
    equal_waits(p);
}

/* One other is ready, and alone in its queue until then. */
void waits_for_its_turn(const struct path *p)
{
    state_gave_way(WATCHER + 1);
    thread(WATCHER + 1)->wait = READY_RETURNED;
    equal_waits(p);
}

void urgent_waits(const struct path *p)
{
    (void)p;
    notification_capability();
    urgent(PARTNER);
    partner_waits_for_signal();
}

/* It is ready, since it was interrupted. */
void bound_is_busy(const struct path *p)
{
    (void)p;
    notification_capability();
    state_gave_way(PARTNER);
    state_bind(notification(), thread(PARTNER));
}

void bound_is_marked(const struct path *p)
{
    thread(PARTNER)->slow_reasons |= SLOW_SIGNALLED;
    bound_is_busy(p);
}

/* It receives messages and signals. */
void equal_receives(const struct path *p)
{
    (void)p;
    notification_capability();
    state_queue_receiver(ep(), thread(PARTNER));
    state_bind(notification(), thread(PARTNER));
}

void urgent_receives(const struct path *p)
{
    urgent(PARTNER);
    equal_receives(p);
}

/* The thread that the signal woke waits again, and the one that signalled goes on. */
void nothing_pending(const struct path *p)
{
    notification_capability();
    urgent(SELF);
    make_ready_for(p);
}

/* Each signals and waits in turn. */
void partner_was_notified(const struct path *p)
{
    nothing_pending(p);
    thread(PARTNER)->wait = READY_NOTIFIED;
}

void something_pending(const struct path *p)
{
    (void)p;
    notification_capability();
    notification()->pending = random_next() | 1;
}

void pager_receives(const struct path *p)
{
    (void)p;
    slot_fill(&thread(SELF)->slots[TCB_FAULT], TYPE_ENDPOINT, RIGHT_SEND, ref_endpoint(ep()), random_next());
    state_queue_receiver(ep(), thread(PARTNER));
}
