#include "client.h"

void blk_connect(struct blk_client *c, void *rings, void *data, void (*signal)(void), void (*wait)(void))
{
    *c = (struct blk_client){.data = data, .signal = signal, .wait = wait};
    ring_start(&c->requests, rings, BLK_RING, true);
    ring_start(&c->answers, (struct ring *)(void *)((char *)rings + BLK_ANSWERS), BLK_RING, false);
    signal(); /* an earlier life may have died after it put a request and before it said so */
}

static bool restarted(struct blk_client *c)
{
    return ring_pair_restarted(&c->requests, &c->answers);
}

/* False: there is no room, since a server that died again and again has not taken what was put for its earlier lives. */
static bool put(struct blk_client *c, const struct ring_entry *request)
{
    bool done = ring_put(&c->requests, request);
    if (ring_publish(&c->requests))
        c->signal();
    return done;
}

enum blk_status blk_ask(struct blk_client *c, enum blk_op op, uint64_t sector, uint32_t count, uint64_t *size)
{
    struct ring_entry request = {.id = ++c->id, .op = (uint16_t)op, .a = sector, .b = count}, answer = {0};
    restarted(c);
    for (bool asked = put(c, &request);; asked = asked || put(c, &request)) {
        while (ring_get(&c->answers, &answer))
            if (answer.id == request.id) {
                ring_publish(&c->answers);
                if (size)
                    *size = answer.a;
                return answer.status <= BLK_SILENT ? (enum blk_status)answer.status : BLK_FAILED;
            }
        ring_publish(&c->answers);
        if (restarted(c))
            asked = false;
        else if (ring_sleep(&c->answers, 1) && (asked || ring_sleep(&c->requests, 1)))
            c->wait();
    }
}
