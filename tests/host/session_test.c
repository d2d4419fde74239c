/* user/services/ring/client.c, a client's session, with a server that dies at any moment, and with one that lies. */
#include <stdlib.h>
#include "random.h"
#include "ring/session.h"
#include "test.h"

enum { STEPS = 400000, SHARED = 2 * SESSION_PAGE };

seL4_Word microkit_notifications;
static bool signalled;       /* the server */
static void (*babble)(void); /* what a more urgent one does as soon as it is signalled; or NULL */

void microkit_notify(microkit_channel ch)
{
    CHECK_NUMBER("the channel", ch, 5);
    signalled = true;
    if (babble)
        babble();
}

static struct {
    void *shared;
    struct ring_end ask, answer;
    struct session session;
    unsigned
        done[STEPS + 1]; /* how often the request of this number was done; of those that may be repeated, 0 */
    uint8_t state[STEPS + 1];              /* 1: asked, 2: answered */
    uint64_t asked, answered, again, last; /* last: the id that the server has seen last in this life */
    bool client_signalled, asleep;
} w;

static void server_starts(void)
{
    ring_start(&w.ask, session_requests(w.shared), SESSION_SIZE, false);
    ring_start(&w.answer, session_answers(w.shared), SESSION_SIZE, true);
    w.client_signalled = signalled = true;
    w.last = 0;
}

static void begin(void)
{
    void *shared = w.shared;
    free(shared);
    memset(&w, 0, sizeof w);
    w.shared = calloc(1, SHARED);
    server_starts();
    session_start(&w.session, w.shared, 5);
}

/* Does a few requests, and perhaps dies before it has shown that it took them, or answered. Odd numbers may be repeated. */
static void server_step(void)
{
    struct ring_entry e;
    if (!signalled)
        return;
    signalled = false;
    if (ring_restarted(&w.ask) || ring_restarted(&w.answer)) {
        ring_accept(&w.ask);
        ring_accept(&w.answer);
    }
    for (unsigned n = 1 + random_below(SESSION_SIZE);
         n > 0 && ring_ready(&w.answer) > 0 && ring_get(&w.ask, &e); n--) {
        CHECK(e.a <= w.asked && w.state[e.a] == 1 && e.id > w.last);
        w.last = e.id;
        w.done[e.a] += e.a % 2 == 0;
        e.b = e.a * 3;
        ring_put(&w.answer, &e);
    }
    unsigned fate = random_below(40);
    if (fate != 0)
        w.client_signalled |= ring_publish(&w.ask);
    if (fate > 1)
        w.client_signalled |= ring_publish(&w.answer);
    if (fate < 3)
        server_starts();
    else if (ring_ready(&w.answer) > 0 ? !ring_sleep(&w.ask, 1) : !ring_sleep(&w.answer, 1))
        signalled = true;
}

static void take(const struct ring_entry *e)
{
    CHECK(e->a <= w.asked && w.state[e->a] == 1);
    if (e->a > STEPS)
        return;
    w.state[e->a] = 2;
    w.answered++;
    if (e->status == EAGAIN_RESTARTED) {
        CHECK(e->a % 2 == 0 && w.done[e->a] <= 1);
        w.again++;
        return;
    }
    CHECK_NUMBER("the answer", e->b, e->a * 3);
    CHECK_NUMBER("how often it was done", w.done[e->a], e->a % 2 == 0);
}

static void client_step(bool asks)
{
    struct ring_entry e;
    if (w.asleep && !w.client_signalled)
        return;
    w.client_signalled = w.asleep = false;
    for (unsigned n = random_below(SESSION_SIZE); asks && n > 0; n--) {
        e = (struct ring_entry){.a = w.asked + 1};
        if (!session_ask(&w.session, &e, (w.asked + 1) % 2))
            break;
        w.state[++w.asked] = 1;
    }
    session_send(&w.session);
    for (unsigned n = random_below(2 * SESSION_SIZE); n > 0; n--) {
        if (!session_take(&w.session, &e)) {
            w.asleep = w.answered != w.asked;
            return;
        }
        take(&e);
    }
}

/* All is answered in the end, what must not be done twice is not, each life sees requests in their order, and nobody sleeps for ever. */
static void server_dies(void)
{
    begin();
    for (unsigned step = 0; step < STEPS && w.asked + SESSION_SIZE < STEPS && !test_state.failing; step++)
        random_below(2) ? server_step() : client_step(true);
    for (unsigned step = 0; step < 10000; step++)
        random_below(2) ? server_step() : client_step(false);
    CHECK_NUMBER("answered", w.answered, w.asked);
    CHECK(w.asked > 10000 && w.again > 100);
}

/* What the client takes of one moment. It never has more answers than it asked. */
static void take_some(uint64_t open, uint64_t *taken)
{
    struct ring_entry e;
    for (unsigned n = 0; n < SESSION_SIZE && session_take(&w.session, &e); n++)
        ++*taken;
    CHECK(*taken <= open && open - *taken <= SESSION_SIZE);
}

/* For a while it is honest, so that there is something to lie about: what it has overwritten of the client's, it puts right. */
static void be_honest(uint64_t open, uint64_t *taken)
{
    struct ring_entry e;
    struct ring_side *asks = &session_requests(w.shared)->producer;
    struct ring_side *takes = &session_answers(w.shared)->consumer;
    *asks = (struct ring_side){.index = w.session.ask.published, .life = w.session.ask.life};
    *takes = (struct ring_side){.index = w.session.answer.published, .life = w.session.answer.life};
    server_starts();
    take_some(open, taken);
    ring_accept(&w.ask);
    ring_accept(&w.answer);
    for (unsigned n = random_below(SESSION_SIZE); n > 0 && ring_get(&w.ask, &e); n--)
        ring_put(&w.answer, &e);
    ring_publish(&w.ask);
    ring_publish(&w.answer);
}

/* A server that writes anything anywhere in what is shared: no request is answered twice, none that was not asked. */
static void server_lies(void)
{
    uint64_t open = 0, taken = 0;
    begin();
    for (unsigned step = 0; step < STEPS && !test_state.failing; step++) {
        struct ring_entry e = {.a = step};
        uint32_t *words = (uint32_t *)w.shared;
        unsigned page = random_below(2) * (SESSION_PAGE / 4);
        unsigned at = random_below(2) ? random_below(34) : random_below(SESSION_PAGE / 4);
        words[page + at] = random_below(2) ? (uint32_t)random_next() : random_below(2 * SESSION_SIZE);
        open += session_ask(&w.session, &e, random_below(2));
        session_send(&w.session);
        take_some(open, &taken);
        if (random_below(16) == 0)
            be_honest(open, &taken);
    }
    CHECK(taken > STEPS / 100);
}

/* A request that waits for long stops none of the others. */
static void one_waits(void)
{
    struct ring_entry e, waits = {0};
    begin();
    ring_accept(&w.ask);
    ring_accept(&w.answer);
    for (unsigned i = 0; i < 5 * SESSION_SIZE; i++) {
        e = (struct ring_entry){.a = i};
        CHECK(session_ask(&w.session, &e, i % 2));
        session_send(&w.session);
        CHECK(ring_get(&w.ask, i == 0 ? &waits : &e));
        if (i == 0)
            continue;
        CHECK(ring_put(&w.answer, &e));
        ring_publish(&w.answer);
        ring_publish(&w.ask);
        CHECK(session_take(&w.session, &e) && e.a == i && !session_take(&w.session, &e));
    }
    CHECK(ring_put(&w.answer, &waits));
    ring_publish(&w.answer);
    CHECK(session_take(&w.session, &e) && e.a == 0);
}

enum { BABBLES = 100000 };
static unsigned babbled;

/* An answer to nothing, and a signal, please, as soon as it has been taken. */
static void answer_nothing(void)
{
    struct ring_entry e = {.id = ~0ull};
    if (++babbled >= BABBLES || !ring_put(&w.answer, &e))
        return;
    ring_publish(&w.answer);
    w.answer.own->wanted = w.answer.mine - 1;
}

/* Another life each time. */
static void live_anew(void)
{
    if (++babbled >= BABBLES)
        return;
    server_starts();
    answer_nothing();
}

/* A server that is more urgent and always has something to say does not keep its client from its other work. */
static void server_babbles(void)
{
    static void (*const kinds[])(void) = {answer_nothing, live_anew};
    for (unsigned i = 0; i < 2; i++) {
        struct ring_entry e = {.a = 1};
        begin();
        CHECK(session_ask(&w.session, &e, true));
        babbled = 0;
        babble = kinds[i];
        babble();
        CHECK(!session_take(&w.session, &e));
        babble = NULL;
        CHECK(babbled > 1 && babbled < BABBLES);
    }
}

/* The request of a life that ended before it said so has crossed what the service asked for: none of the next life's
   does, so that life begins with a signal. */
static void follows_a_silent_death(void)
{
    struct ring_entry e = {.a = 1};
    begin();
    ring_accept(&w.ask);
    ring_accept(&w.answer);
    CHECK(ring_sleep(&w.ask, 1));
    CHECK(session_ask(&w.session, &e, true) && ring_publish(&w.session.ask));
    signalled = false; /* it died instead */
    session_start(&w.session, w.shared, 5);
    CHECK(session_ask(&w.session, &e, true));
    session_send(&w.session);
    CHECK(signalled);
}

int main(void)
{
    random_seed();
    test_run("session/follows_a_silent_death", follows_a_silent_death);
    test_run("session/server_dies", server_dies);
    test_run("session/server_lies", server_lies);
    test_run("session/one_waits", one_waits);
    test_run("session/server_babbles", server_babbles);
    free(w.shared);
    return test_end();
}
