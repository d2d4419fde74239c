/* What does one message cost at a server that has more clients than it can serve: while it answers one, the others'
   calls wait in its queue? The clients are more urgent, so the one that is answered calls again before the server goes on. */
#include "ipc_pair.h"

enum { CLIENTS = 4, FIRST_BADGE = 0x100 };

static struct partner client[CLIENTS];
static uint64_t slot;                  /* of the endpoint */
static unsigned turn;                  /* whose call was received last */
static uint64_t number, sent[CLIENTS]; /* of the answers; that of the last one to each client */

static bool got(const struct benchmark *self, long result, uint64_t badge)
{
    bool good = result == GOT_MESSAGE && badge == FIRST_BADGE + turn;
    if (!good)
        BENCH_ERROR("%s: instead of client %u's call: %ld, badge %lx", self->id, turn, result, badge);
    return good;
}

/* Each runs as soon as it is started, and calls: nobody receives yet. */
static void start_clients(const struct benchmark *self)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct service_args args = {.kind = SERVICE_CLIENT,
                                    .ep = client_cap(slot, FIRST_BADGE + i) >> SLOT_BITS};
        client[i] = partner_new(self->cross, args);
        must(partner_set_priority(&client[i], BENCH_PRIORITY + 1), "cannot make a client more urgent");
        partner_start(&client[i]);
        sent[i] = 0;
    }
}

static bool prepare(const struct benchmark *self)
{
    struct msg m = {0};
    slot = object_new(TYPE_ENDPOINT, 0);
    start_clients(self);
    turn = 0;
    long result = ipc_recv(cap_at(slot), &m);
    return got(self, result, m.badge);
}

/* A client's call brings what it was answered last, or zeros if it has not been answered yet. */
static bool is_what_was_sent(const struct benchmark *self)
{
    bool good = shot.label == sent[turn];
    for (unsigned k = 0; good && k < 8; k++)
        good = shot.word[k] == (sent[turn] == 0 ? 0 : service_word(sent[turn], k));
    if (!good)
        BENCH_ERROR("%s: client %u's call has label %lx instead of %lx, or other words", self->id, turn,
                    shot.label, sent[turn]);
    return good;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    sent[turn] = ++number;
    shot.target = cap_at(slot);
    shot.label = number;
    for (unsigned k = 0; k < 8; k++)
        shot.word[k] = service_word(number, k);
    turn = (turn + 1) % CLIENTS;
    SHOT(CALL_BODY, SYS_REPLY_RECV);
    *ticks = shot_ticks();
    return got(self, (long)shot.result, shot.badge) && is_what_was_sent(self);
}

static void finish(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        partner_stop(&client[i]);
}

#define QUEUE(name, path)                                                                                      \
    {                                                                                                          \
        .id = "ipc.queue/" name, .boot = path, .cross = true, .variant = 8, .prepare = prepare,                \
        .sample = sample, .finish = finish                                                                     \
    }
static const struct benchmark list[] = {
    QUEUE("4", BOOT_FAST),
    QUEUE("slow/4", BOOT_SLOW),
};
BENCHMARKS(054, ipc_queue, list);
