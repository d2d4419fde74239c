#include "ipc_pair.h"

static struct partner server;
static cap_t client_ep;
static uint64_t expected_badge; /* of what arrives: 0 for replies */
static uint64_t round_number;   /* of the last call: its label and words come from it */

enum { HOT_LABEL = 0x1000 };

/* One call in plain C: the server checks every word of it, and this side those of the answer. */
static bool check_round(const struct benchmark *b, uint64_t round)
{
    struct msg m = {.label = service_check_label(round)};
    for (unsigned k = 0; k < 8; k++)
        m.word[k] = service_word(round, k);
    long result = ipc_call(client_ep, &m);
    bool good = result == GOT_MESSAGE && m.badge == 0 && m.label == ~service_check_label(round);
    for (unsigned k = 0; k < 8; k++)
        good = good && m.word[k] == ~service_word(round, k);
    if (!good)
        BENCH_ERROR("%s: check round %lu: the call returned %ld, label %lx, badge %lx, word 0 %lx", b->id,
                    round, result, m.label, m.badge, m.word[0]);
    return good;
}

void pair_make(const struct benchmark *b, struct service_args args)
{
    args.ep = object_new(TYPE_ENDPOINT, 0);
    client_ep = client_cap(args.ep, CLIENT_BADGE);
    expected_badge = 0;
    server = partner_new(b->cross, args);
}

const struct partner *pair_server(void)
{
    return &server;
}

bool pair_start(const struct benchmark *b)
{
    partner_start(&server);
    for (uint64_t round = 0; round < CHECK_ROUNDS; round++) {
        if (!check_round(b, round))
            return false;
    }
    return true;
}

bool pair_open(const struct benchmark *b, enum service_kind kind)
{
    pair_make(b, (struct service_args){.kind = kind, .clear = b->variant == 0});
    return pair_start(b);
}

bool pair_open_caller(const struct benchmark *b)
{
    struct service_args args = {.kind = SERVICE_CALLER};
    uint64_t ep = object_new(TYPE_ENDPOINT, 0);
    args.ep = client_cap(ep, CLIENT_BADGE) >> SLOT_BITS;
    client_ep = cap_at(ep);
    expected_badge = CLIENT_BADGE;
    server = partner_new(b->cross, args);
    partner_start(&server);
    struct msg m = {0};
    long result = ipc_recv(client_ep, &m);
    if (result != GOT_MESSAGE || m.badge != CLIENT_BADGE)
        BENCH_ERROR("%s: the first call: %ld, badge %lx", b->id, result, m.badge);
    return result == GOT_MESSAGE && m.badge == CLIENT_BADGE;
}

void pair_close(void)
{
    partner_stop(&server);
}

cap_t pair_ep(void)
{
    return client_ep;
}

void pair_load(void)
{
    round_number++;
    shot.target = client_ep;
    shot.label = HOT_LABEL + round_number;
    for (unsigned k = 0; k < 8; k++)
        shot.word[k] = service_word(round_number, k);
}

uint64_t pair_label_and_badge(void)
{
    return HOT_LABEL + round_number + CLIENT_BADGE;
}

bool pair_check(const struct benchmark *b, uint64_t add)
{
    bool good = shot.result == GOT_MESSAGE && shot.badge == expected_badge;
    unsigned k = 0;
    for (; good && k < 8; k++) {
        uint64_t sent = b->variant == 0 ? 0 : service_word(round_number, k);
        good = shot.word[k] == sent + (k == 0 ? add : 0);
    }
    if (!good)
        BENCH_ERROR("%s: the call returned %ld, label %lx, badge %lx, %u words right", b->id, (long)shot.result,
                    shot.label, shot.badge, k == 0 ? 0u : k - 1);
    return good;
}
