/* kernel/thread/sched.c against one sorted array of ready threads. */
#include "thread/sched.h"

#include "invariants.h"
#include "world.h"

enum { THREADS = 40, STEPS = 100000, SLICE = 5 };

static struct tcb *thread[THREADS];
static int ready[THREADS], slice[THREADS]; /* the model: in the order in which they will run */
static int ready_count, running, slice_left;

static void start(unsigned (*priority)(unsigned i))
{
    world_reset();
    for (unsigned i = 0; i < THREADS; i++)
        thread[i] = world_thread(8 + i, priority(i));
    ready_count = 0;
    running = -1;
}

static unsigned edge_priority(unsigned i)
{
    static const unsigned edges[] = {0, 1, 62, 63, 64, 65, 127, 128, 191, 192, 254, 255};
    return i % 3 ? edges[random_below(12)] : random_below(256);
}

static unsigned same_priority(unsigned i)
{
    return i ? 100 : 200;
}

static unsigned rising_priority(unsigned i)
{
    return i;
}

static void insert(int t, bool before_equals, int left)
{
    int at = 0, p = thread[t]->priority;
    while (at < ready_count &&
           (thread[ready[at]]->priority > p || (!before_equals && thread[ready[at]]->priority == p)))
        at++;
    for (int i = ready_count++; i > at; i--)
        ready[i] = ready[i - 1];
    ready[at] = t;
    slice[t] = left;
}

static void take_out(int at)
{
    ready_count--;
    for (int i = at; i < ready_count; i++)
        ready[i] = ready[i + 1];
}

static void run_first(void)
{
    running = ready_count ? ready[0] : -1;
    if (running < 0)
        return;
    slice_left = slice[running];
    take_out(0);
}

static bool is_ready(int t)
{
    for (int i = 0; i < ready_count; i++) {
        if (ready[i] == t)
            return true;
    }
    return false;
}

static void wake(int t)
{
    if (t == running || is_ready(t))
        return;
    sched_wake(thread[t]);
    insert(t, false, SLICE);
    if (running < 0) {
        run_first();
    } else if (thread[t]->priority > thread[running]->priority) {
        insert(running, true, slice_left);
        run_first();
    }
}

static void block(void)
{
    if (running < 0)
        return;
    sched_block();
    run_first();
}

static void yield_model(void)
{
    if (running < 0 || !ready_count || thread[ready[0]]->priority < thread[running]->priority)
        return;
    insert(running, false, SLICE);
    run_first();
}

static void tick(void)
{
    sched_tick();
    if (running < 0 || --slice_left > 0)
        return;
    slice_left = 0;
    yield_model();
}

static void dequeue_some(void)
{
    if (!ready_count)
        return;
    int at = (int)random_below((unsigned)ready_count);
    sched_dequeue(thread[ready[at]]);
    take_out(at);
}

/* A message for a stopped thread. */
static void deliver(int t, bool sender_goes_on)
{
    if (running < 0 || t == running || is_ready(t))
        return;
    int p = thread[t]->priority, sender = running, best = ready_count ? thread[ready[0]]->priority : -1;
    sched_deliver(thread[t], sender_goes_on);
    if (p < best || (sender_goes_on && p < thread[sender]->priority)) {
        insert(t, false, SLICE);
        if (!sender_goes_on)
            run_first();
        return;
    }
    if (sender_goes_on && p > thread[sender]->priority)
        insert(sender, true, slice_left);
    else if (sender_goes_on)
        insert(sender, false, SLICE);
    running = t;
}

static void set_priority(int t)
{
    if (t == running)
        return;
    unsigned p = edge_priority((unsigned)t);
    if (is_ready(t) && running >= 0 && p > thread[running]->priority)
        return; /* no code does that: a ready thread's priority never rises above the running one's */
    if (is_ready(t)) {
        int at = 0;
        while (ready[at] != t)
            at++;
        take_out(at);
        tcb_set_priority(thread[t], p);
        insert(t, false, SLICE);
    } else {
        tcb_set_priority(thread[t], p);
    }
}

static void check(void)
{
    CHECK(cpu.current == (running < 0 ? &idle_tcb : thread[running]));
    if (running >= 0)
        CHECK_NUMBER("slice", cpu.slice_left, slice_left);
    for (int i = 0; i < ready_count; i++) {
        const struct tcb *t = thread[ready[i]];
        CHECK(sched_ready(t));
        CHECK_NUMBER("slice of a ready thread", t->slice_left, slice[ready[i]]);
        if (i + 1 < ready_count && thread[ready[i + 1]]->priority == t->priority)
            CHECK(t->next == thread[ready[i + 1]] && t->next->prev == t);
    }
    check_world(thread, THREADS, NULL, 0);
}

static void random_steps(void)
{
    start(edge_priority);
    for (unsigned i = 0; i < STEPS && !test_state.failing; i++) {
        int t = (int)random_below(THREADS);
        unsigned what = random_below(16);
        if (what < 5) {
            wake(t);
        } else if (what < 7) {
            block();
        } else if (what < 9) {
            if (running >= 0)
                sched_yield();
            yield_model();
        } else if (what < 10) {
            dequeue_some();
        } else if (what < 13) {
            deliver(t, random_below(2));
        } else if (what < 15) {
            tick();
        } else {
            set_priority(t);
        }
        check();
    }
}

/* A slow reason of the running thread closes the fast paths at once; its end opens them again. */
static void slow_reason(void)
{
    start(same_priority);
    wake(1);
    wake(2);
    tcb_set_slow(thread[1], SLOW_FAULTED);
    CHECK(cpu.threshold == THRESHOLD_NEVER && cpu.highest->key == 101 && thread[1]->key == 0);
    tcb_set_slow(thread[1], SLOW_FOLLOWED);
    tcb_clear_slow(thread[1], SLOW_FAULTED);
    CHECK(cpu.threshold == THRESHOLD_NEVER && thread[1]->key == 0);
    tcb_clear_slow(thread[1], SLOW_FOLLOWED);
    CHECK(cpu.threshold == 101 && thread[1]->key == 101);
}

/* Each priority by itself, then all of them: out in falling order. */
static void every_priority(void)
{
    world_reset();
    struct tcb *t = world_thread(8, 0), *low = world_thread(9, 0);
    for (unsigned p = 0; p < 256; p++) {
        tcb_set_priority(t, p);
        CHECK_NUMBER("key", t->key, p + 1);
        sched_wake(low);
        sched_enqueue(t);
        CHECK(cpu.ready_bits[(p + 1) / 64] == 1ull << (p + 1) % 64);
        CHECK_NUMBER("threshold", cpu.threshold, p + 1);
        sched_block();
        CHECK(cpu.current == t && cpu.highest->key == 1 && cpu.threshold == 1);
        sched_block();
        CHECK(cpu.current == &idle_tcb && cpu.threshold == THRESHOLD_NEVER);
    }
}

static void in_order(void)
{
    start(rising_priority);
    for (int i = 0; i < THREADS; i++)
        wake((i * 7 + 3) % THREADS);
    for (int i = THREADS - 1; i >= 0; i--) {
        CHECK(cpu.current == thread[i]);
        block();
        check();
    }
}

/* Equals take turns of SLICE_TICKS ticks each. */
static void turns(void)
{
    start(same_priority);
    for (int i = 1; i <= 3; i++)
        wake(i);
    for (unsigned i = 0; i < 60; i++) {
        CHECK(cpu.current == thread[1 + i / SLICE % 3]);
        tick();
    }
}

/* However often the running thread is preempted, its equals get their turn. */
static void preempted_ends_its_turn(void)
{
    unsigned ran[4] = {0};
    start(same_priority);
    for (int i = 1; i <= 3; i++)
        wake(i);
    for (unsigned i = 0; i < 300; i++) {
        for (unsigned k = 1; k <= 3; k++)
            ran[k] += cpu.current == thread[k];
        tick();
        wake(0);
        CHECK(cpu.current == thread[0]);
        block();
        check();
    }
    CHECK(ran[1] == 100 && ran[2] == 100 && ran[3] == 100);
}

/* A server owes a turn to the equals of each of those that wait for its answer, directly or not; itself it is the first of the 64
   that are looked at. */
static void debt_of_a_chain(void)
{
    enum { LOOKED_AT = 64 };
    for (unsigned place = 1; place <= LOOKED_AT; place++) {
        world_reset();
        struct tcb *server = world_thread(8, 200), *equal = world_thread(9, 10), *last = server;
        sched_wake(server);
        for (unsigned i = 1; i <= place; i++) {
            struct tcb *t = world_thread(10 + i, i == place ? 10 : 100);
            last->reply_to = t;
            last = t;
        }
        sched_wake(equal);
        cpu.slice_left = 1;
        sched_tick();
        CHECK(cpu.current == server);
        CHECK_NUMBER("it owes a turn", !!(server->slow_reasons & SLOW_OWES), place < LOOKED_AT);
    }
}

/* The idle thread is never put in line, and a thread is never in line twice. */
static void idle(void)
{
    start(same_priority);
    sched_tick();
    CHECK(cpu.current == &idle_tcb && cpu.highest->key == 1);
    wake(1);
    wake(2);
    CHECK_ENDS(sched_enqueue(thread[2]), 127, "PANIC");
    CHECK_ENDS(sched_dequeue(thread[3]), 127, "PANIC");
}

int main(void)
{
    random_seed();
    test_run("sched: random steps", random_steps);
    test_run("sched: every priority", every_priority);
    test_run("sched: slow reasons of the running thread", slow_reason);
    test_run("sched: the most urgent first", in_order);
    test_run("sched: equals take turns", turns);
    test_run("sched: a preempted thread's turn ends all the same", preempted_ends_its_turn);
    test_run("sched: the debt of a chain", debt_of_a_chain);
    test_run("sched: idle", idle);
    return test_end();
}
