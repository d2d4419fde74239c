/* kernel/object/endpoint.c: its queues against an array, with what the fast paths leave behind. */
#include "invariants.h"
#include "object/endpoint.h"
#include "thread/sched.h"
#include "user_cpu.h"
#include "world.h"

enum { THREADS = 7, STEPS = 200000 };

static struct tcb *thread[THREADS];
static struct endpoint *ep;

/* The model: the threads that wait, the first one first. */
static int queue[THREADS];
static int length;
static bool of_receivers;

static void start(void)
{
    world_reset();
    ep = world_object(8, TYPE_ENDPOINT, 0);
    for (unsigned i = 0; i < THREADS; i++)
        thread[i] = world_thread(20 + i, i);
    length = 0;
}

static int position(int t)
{
    for (int i = 0; i < length; i++) {
        if (queue[i] == t)
            return i;
    }
    return -1;
}

static int somebody_outside(void)
{
    int t;
    do {
        t = (int)random_below(THREADS);
    } while (position(t) >= 0);
    return t;
}

static void model_remove(int at)
{
    length--;
    for (int i = at; i < length; i++)
        queue[i] = queue[i + 1];
}

/* As fast reply_recv waits: the tail is not set. */
static void fast_wait(struct tcb *t)
{
    ep->recv = t;
    t->wait = ref_endpoint(ep);
}

static void add(void)
{
    int t = somebody_outside();
    if (length == 0)
        of_receivers = random_below(2);
    bool fast = of_receivers && length == 0 && random_below(2);
    queue[length++] = t;
    if (fast)
        fast_wait(thread[t]);
    else if (of_receivers)
        endpoint_add_receiver(ep, thread[t]);
    else
        endpoint_add_sender(ep, thread[t]);
    CHECK(thread[t]->wait == ref_endpoint(ep));
}

/* What IPC does with a thread that it takes off a queue. */
static void leave(struct tcb *t)
{
    t->wait = 0;
    t->reply_to = NOBODY;
}

static void take(void)
{
    struct tcb *first = length ? thread[queue[0]] : NULL;
    bool senders = length && !of_receivers;
    if (first && of_receivers && first->key > 0 && random_below(2)) {
        CHECK_NUMBER("those behind a head that the fast path may take", length, 1);
        ep->recv = NOBODY; /* fast call */
    } else {
        CHECK(endpoint_take_sender(ep) == (senders ? first : NULL));
        CHECK(endpoint_take_receiver(ep) == (senders ? NULL : first));
    }
    if (!first)
        return;
    CHECK(first->slow_reasons == 0);
    leave(first);
    model_remove(0);
}

static void remove_one(void)
{
    int at = (int)random_below((unsigned)length);
    struct tcb *t = thread[queue[at]];
    endpoint_remove(ep, t);
    leave(t);
    CHECK(t->slow_reasons == 0);
    model_remove(at);
}

static void check_links(void)
{
    const struct tcb *t = of_receivers ? ep->recv : ep->send;
    CHECK((ep->recv == NOBODY) == (length == 0));
    CHECK((ep->recv == SLOW_HEAD) == (length > 0 && !of_receivers));
    for (int i = 0; i < length && !test_state.failing; i++, t = t->next) {
        CHECK(t == thread[queue[i]]);
        CHECK_NUMBER("followed", t->slow_reasons, of_receivers && i == 0 && length > 1 ? SLOW_FOLLOWED : 0);
        CHECK_NUMBER("key", t->key, t->slow_reasons ? 0 : t->priority + 1u);
    }
}

static void random_queue(void)
{
    start();
    for (unsigned i = 0; i < STEPS && !test_state.failing; i++) {
        unsigned what = random_below(10);
        if (what < 5 && length < THREADS)
            add();
        else if (what < 8)
            take();
        else if (length)
            remove_one();
        check_links();
        check_world(thread, THREADS, &ep, 1);
        if (!test_state.failing)
            for (unsigned who = 0; who < THREADS; who++)
                user_scramble_thread(thread[who]);
        user_scramble_endpoint(ep);
    }
}

/* Every length, both kinds: all of them wake with the error, in order, and the endpoint is empty. */
static void cancel_all(void)
{
    for (int n = 0; n <= THREADS; n++) {
        for (unsigned receivers = 0; receivers < 2; receivers++) {
            start();
            for (int i = 0; i < n; i++)
                (receivers ? endpoint_add_receiver : endpoint_add_sender)(ep, thread[i]);
            while (endpoint_cancel_one(ep))
                ;
            CHECK(ep->recv == NOBODY);
            for (int i = 0; i < n; i++) {
                CHECK((long)thread[i]->rax == ERR_CANCELED && thread[i]->resume == RESUME_SYSRET);
                CHECK(sched_ready(thread[i]) || thread[i] == cpu.current);
                CHECK(thread[i]->slow_reasons == 0 && thread[i]->reply_to == NOBODY);
            }
            for (int i = n; i < THREADS; i++)
                CHECK(!sched_ready(thread[i]) && thread[i]->rax == 0);
            check_world(thread, THREADS, &ep, 1);
        }
    }
}

/* How many entries it takes until the whole queue has been looked at, by so many senders each. */
static int entries_to_cancel(uint64_t badge, unsigned steps)
{
    int entries = 1;
    while (!endpoint_cancel_badge(ep, badge, steps) && entries <= THREADS)
        entries++;
    return entries;
}

/* A sender that leaves just when it would be looked at makes nobody be looked at twice, but for the one before it if it was the last. */
static void cancel_looks_once(void)
{
    for (int at = 0; at < THREADS; at++) {
        start();
        for (int i = 0; i < THREADS; i++)
            endpoint_add_sender(ep, thread[i]);
        for (int i = 0; i < at; i++)
            CHECK(!endpoint_cancel_badge(ep, 1, 1));
        CHECK(at == 0 || ep->scan == thread[at]);
        endpoint_remove(ep, thread[at]);
        leave(thread[at]);
        CHECK_NUMBER("further entries", entries_to_cancel(1, 1), at == THREADS - 1 ? 1 : THREADS - 1 - at);
    }
}

/* Those with all 64 bits of the badge wake, and no others; each entry gets as far as it may. */
static void cancel_badged(void)
{
    const uint64_t badge = 7ull << 32 | 1;
    for (unsigned mine = 0; mine < 1u << THREADS; mine++) {
        for (unsigned steps = 1; steps <= THREADS; steps++) {
            start();
            for (int i = 0; i < THREADS; i++) {
                thread[i]->send_badge = mine >> i & 1 ? badge : i % 2 ? 1 : 7ull << 32;
                endpoint_add_sender(ep, thread[i]);
            }
            CHECK_NUMBER("entries", entries_to_cancel(badge, steps), (THREADS + (int)steps - 1) / (int)steps);
            for (int i = 0; i < THREADS; i++)
                CHECK_NUMBER("it waits", thread[i]->wait == ref_endpoint(ep), !(mine >> i & 1));
            check_world(thread, THREADS, &ep, 1);
        }
    }
}

/* What was looked at for one badge says nothing about another. */
static void cancel_another_badge(void)
{
    start();
    for (int i = 0; i < THREADS; i++) {
        thread[i]->send_badge = i == 0 ? 2 : 3;
        endpoint_add_sender(ep, thread[i]);
    }
    CHECK(!endpoint_cancel_badge(ep, 1, 3));
    CHECK_NUMBER("entries", entries_to_cancel(2, THREADS), 1);
    CHECK(thread[0]->wait != ref_endpoint(ep) && ep->send == thread[1]);
}

/* A receiver among senders, or the other way round, is a bug of the kernel's own. */
static void never_both(void)
{
    start();
    endpoint_add_sender(ep, thread[0]);
    CHECK_ENDS(endpoint_add_receiver(ep, thread[1]), 127, "PANIC");
    start();
    endpoint_add_receiver(ep, thread[0]);
    CHECK_ENDS(endpoint_add_sender(ep, thread[1]), 127, "PANIC");
}

int main(void)
{
    random_seed();
    test_run("endpoint: random queues", random_queue);
    test_run("endpoint: all waits are cut off", cancel_all);
    test_run("endpoint: cancelling looks at each sender once", cancel_looks_once);
    test_run("endpoint: cancelling finds each of a badge", cancel_badged);
    test_run("endpoint: cancelling another badge", cancel_another_badge);
    test_run("endpoint: never receivers and senders at once", never_both);
    return test_end();
}
