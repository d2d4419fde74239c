/* Long runs of operations in a pseudo-random order, each compared with a model of the contract. */
#include "frame/conform.h"

enum { MODEL_EPS = 2, LENGTH = 600, SLOTS = 4, NONE = -1 };

enum state { IDLE, RECEIVING, SENDING, CALLING, CALLED };

static struct {
    enum state state;
    int at;        /* endpoint, or with CALLED the server */
    int caller;    /* waits for its reply, or NONE */
    uint64_t seed; /* of the message that it sends */
    struct step *step;
} actor[ACTORS];
static int queue[MODEL_EPS][ACTORS], length[MODEL_EPS]; /* what waits at it: all receive or all send */
static cap_t ep_cap[MODEL_EPS];
static uint64_t random_state;

static unsigned random_below(unsigned n)
{
    random_state = random_state * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(random_state >> 33) % n;
}

static uint64_t badge_of(int ep)
{
    return 0x100 + (uint64_t)ep;
}

static void finished(int who, uint64_t badge, uint64_t seed)
{
    actor[who].state = IDLE;
    EXPECT_MESSAGE(actor[who].step, badge, seed);
}

static void queue_add(int ep, int who, enum state state)
{
    queue[ep][length[ep]++] = who;
    actor[who].state = state;
    actor[who].at = ep;
}

static void queue_remove(int ep, int who)
{
    int i = 0;
    while (queue[ep][i] != who)
        i++;
    for (length[ep]--; i < length[ep]; i++)
        queue[ep][i] = queue[ep][i + 1];
}

/* The first that waits at the endpoint, if it waits to receive (or, with `receivers` false, to send). */
static int queue_take(int ep, bool receivers)
{
    int who = length[ep] == 0 ? NONE : queue[ep][0];
    if (who == NONE || (actor[who].state == RECEIVING) != receivers)
        return NONE;
    queue_remove(ep, who);
    return who;
}

static void message(int from, bool is_call, int to, int ep)
{
    actor[to].caller = is_call ? from : NONE;
    finished(to, badge_of(ep), actor[from].seed);
    if (!is_call) {
        actor[from].state = IDLE;
        EXPECT_RESULT(actor[from].step, 0);
        return;
    }
    actor[from].state = CALLED;
    actor[from].at = to;
    EXPECT_WAITS(actor[from].step);
}

static void model_send(int who, bool is_call, int ep)
{
    int to = queue_take(ep, true);
    if (to != NONE) {
        message(who, is_call, to, ep);
        return;
    }
    queue_add(ep, who, is_call ? CALLING : SENDING);
    EXPECT_WAITS(actor[who].step);
}

static void canceled(int who)
{
    actor[who].state = IDLE;
    EXPECT_CANCELED(actor[who].step);
}

static void model_recv(int who, int ep)
{
    int dropped = actor[who].caller, from = queue_take(ep, false);
    actor[who].caller = NONE;
    if (from != NONE)
        message(from, actor[from].state == CALLING, who, ep);
    else
        queue_add(ep, who, RECEIVING);
    if (dropped != NONE)
        canceled(dropped);
}

static void answer(int who, uint64_t seed)
{
    int to = actor[who].caller;
    actor[who].caller = NONE;
    if (to != NONE)
        finished(to, 0, seed);
}

static void model_stop(int who)
{
    if (actor[who].state == CALLED)
        actor[actor[who].at].caller = NONE;
    else
        queue_remove(actor[who].at, who);
    EXPECT_IS(thread_suspend(actor_tcb((unsigned)who)), 0);
    go((unsigned)who);
    canceled(who);
}

static void one_step(uint64_t seed)
{
    static const uint64_t ops[] = {SYS_CALL,       SYS_CALL,       SYS_SEND, SYS_RECV,
                                   SYS_REPLY_RECV, SYS_REPLY_RECV, SYS_REPLY};
    int who = (int)random_below(ACTORS), ep = (int)random_below(MODEL_EPS);
    uint64_t op = ops[random_below(COUNT(ops))];
    if (actor[who].state != IDLE) {
        if (random_below(4) == 0)
            model_stop(who);
        return;
    }
    bool had_caller = actor[who].caller != NONE;
    actor[who].seed = seed;
    actor[who].step = act((unsigned)who, op, op == SYS_REPLY ? 0 : ep_cap[ep], seed);
    if (op == SYS_REPLY || op == SYS_REPLY_RECV)
        answer(who, seed);
    if (op == SYS_REPLY)
        EXPECT_RESULT(actor[who].step, had_caller ? 0 : ERR_NO_CALLER);
    else if (op == SYS_RECV || op == SYS_REPLY_RECV)
        model_recv(who, ep);
    else
        model_send(who, op == SYS_CALL, ep);
}

static void run(uint64_t seed)
{
    random_state = seed;
    for (unsigned i = 0; i < ACTORS; i++) {
        actor[i].state = IDLE;
        actor[i].caller = NONE;
    }
    for (int ep = 0; ep < MODEL_EPS; ep++) {
        length[ep] = 0;
        ep_cap[ep] = cap_at(temp_mint(temp_endpoint(), RIGHT_SEND | RIGHT_RECV, badge_of(ep)));
    }
    for (uint64_t i = 0; i < LENGTH; i++)
        one_step(1000 * seed + i);
}

static void seed_1(void)
{
    run(1);
}

static void seed_2(void)
{
    run(2);
}

static void seed_3(void)
{
    run(3);
}

static const struct test list[] = {{"seed_1", seed_1}, {"seed_2", seed_2}, {"seed_3", seed_3}};

CASE_SET(050, ipc_model_cases)
{
    CASES_SPACES("ipc/model", list);
}
