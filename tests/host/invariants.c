#include "invariants.h"

#include "arch_host.h"
#include "debug/checking.h"
#include "object/endpoint.h"
#include "thread/sched.h"

static struct tcb *const *all;
static unsigned all_count;

static bool running(const struct tcb *t)
{
    return t == cpu.current;
}

static bool waiting(const struct tcb *t)
{
    return !running(t) && !sched_ready(t) && t->wait != 0;
}

static bool is_thread(const struct tcb *t)
{
    for (unsigned i = 0; i < all_count; i++) {
        if (all[i] == t)
            return true;
    }
    return false;
}

/* tcb.h: the key; which slow reasons a thread of ring 3 can have, and when. */
static void check_thread(const struct tcb *t)
{
    CHECK(t->key == (t->slow_reasons ? 0 : t->priority + 1u));
    CHECK((t->slow_reasons & SLOW_IDLE) == 0);
    CHECK(t->queue == (t->slow_reasons ? NULL : &queues[t->priority]));
    CHECK(t->priority <= t->ceiling);
    if (running(t) || sched_ready(t))
        CHECK((t->slow_reasons & (SLOW_FOLLOWED | SLOW_FAULTED)) == 0);
    if (waiting(t) && (t->wait & (uint64_t)7) == REF_TCB) {
        CHECK(is_thread(server_of(t->wait)));
        CHECK(server_of(t->wait)->reply_to == t); /* mutual */
        CHECK(!(t->slow_reasons & SLOW_FOLLOWED));
    } else if (waiting(t)) {
        uint64_t tag = t->wait & (uint64_t)7;
        CHECK(tag == REF_ENDPOINT || tag == REF_NOTIFICATION || tag == REF_SLOT);
    }
}

static bool receives(const struct tcb *t)
{
    return waiting(t) && (t->wait & (uint64_t)7) == REF_ENDPOINT && endpoint_of(t->wait)->recv != SLOW_HEAD;
}

/* tcb.h: reply_to means nothing only while the thread waits to receive. */
static void check_reply_link(const struct tcb *t)
{
    if (receives(t) || t->reply_to == NOBODY)
        return;
    CHECK(is_thread(t->reply_to));
    if (is_thread(t->reply_to))
        CHECK(waiting(t->reply_to) && t->reply_to->wait == (uintptr_t)t);
}

/* Follows the queue of n threads from head; the tail and every link back must fit. */
static unsigned check_queue(const struct endpoint *ep, const struct tcb *head, const struct tcb *tail)
{
    unsigned length = 1;
    for (const struct tcb *t = head;; t = t->next, length++) {
        CHECK(is_thread(t) && waiting(t) && t->wait == ref_endpoint(ep));
        if (t == tail || length > all_count || !is_thread(t))
            break;
        CHECK(t->next->prev == t);
    }
    CHECK(length <= all_count);
    return length;
}

static void check_endpoint(const struct endpoint *ep)
{
    unsigned here = 0, queued = 0;
    for (unsigned i = 0; i < all_count; i++)
        here += waiting(all[i]) && all[i]->wait == ref_endpoint(ep);
    if (ep->recv == SLOW_HEAD) {
        queued = check_queue(ep, ep->send, ep->tail);
    } else if (ep->recv != NOBODY) {
        bool followed = ep->recv->slow_reasons & SLOW_FOLLOWED;
        queued = check_queue(ep, ep->recv, followed ? ep->recv_tail : ep->recv);
        CHECK(followed == (queued > 1));
    }
    CHECK_NUMBER("threads in the endpoint's queue", queued, here);
    for (unsigned i = 0; i < all_count; i++) {
        if (all[i] != ep->recv && receives(all[i]) && all[i]->wait == ref_endpoint(ep))
            CHECK(!(all[i]->slow_reasons & SLOW_FOLLOWED));
    }
}

/* sched.h: the bits, the threshold, and that nobody more urgent than the running thread is ready. */
static void check_scheduler(void)
{
    uint64_t bits[5] = {0};
    unsigned highest = 0;
    for (unsigned i = 0; i < all_count; i++) {
        if (!sched_ready(all[i]))
            continue;
        bits[(all[i]->priority + 1) / 64] |= 1ull << (all[i]->priority + 1) % 64;
        if (all[i]->priority + 1u > highest)
            highest = all[i]->priority + 1u;
    }
    check_queues();
    for (unsigned i = 0; i < 5; i++)
        CHECK(cpu.ready_bits[i] == bits[i]);
    CHECK_NUMBER("ready_threshold", cpu.highest->key, highest ? highest : 1);
    uint32_t slow = cpu.current->slow_reasons;
    CHECK(cpu.threshold == (slow & ~(uint32_t)SLOW_SECOND ? THRESHOLD_NEVER : cpu.highest->key | slow));
    CHECK(cpu.current == &idle_tcb || is_thread(cpu.current));
    if (cpu.current == &idle_tcb)
        CHECK_NUMBER("ready while the CPU idles", highest, 0);
    else
        CHECK(highest <= cpu.current->priority + 1u);
    CHECK(idle_tcb.key == 0 && nobody_tcb.key == 0 && slow_head_tcb.key == 0);
}

void check_world(struct tcb *const *threads, unsigned thread_count, struct endpoint *const *endpoints,
                 unsigned endpoint_count)
{
    all = threads;
    all_count = thread_count;
    check_scheduler();
    for (unsigned i = 0; i < thread_count; i++) {
        check_thread(threads[i]);
        check_reply_link(threads[i]);
    }
    for (unsigned i = 0; i < endpoint_count; i++)
        check_endpoint(endpoints[i]);
}
