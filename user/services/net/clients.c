/* A client's two rings. Nothing in them is believed; a client that lies loses its own sockets. */
#include "stack.h"

void client_start(struct client *c, void *rings, void *data)
{
    *c = (struct client){.used = true, .data = data};
    ring_start(&c->requests, session_requests(rings), SESSION_SIZE, false);
    ring_start(&c->answers, session_answers(rings), SESSION_SIZE, true);
}

void client_answer(struct client *c, const struct ring_entry *request, struct ring_entry *answer,
                   enum net_status status)
{
    answer->id = request->id;
    answer->op = request->op;
    answer->buffer = request->buffer;
    answer->status = (uint16_t)status;
    if (answer->a == 0)
        answer->a = request->a;
    ring_put(&c->answers, answer); /* without room it is lost: more were asked than may wait */
}

bool client_serve(struct client *c)
{
    struct ring_entry e = {0};
    uint32_t taken = 0;
    if (ring_ready(&c->requests) < 0 || ring_ready(&c->answers) < 0) {
        socket_close_all(c);
        ring_accept(&c->requests);
        ring_accept(&c->answers);
    }
    for (; taken < SESSION_SIZE && ring_get(&c->requests, &e); taken++)
        socket_request(c, &e);
    return taken != 0;
}

bool client_publish(struct client *c)
{
    bool wanted = ring_publish(&c->answers);
    return ring_publish(&c->requests) || wanted;
}

bool client_sleep(struct client *c)
{
    return ring_sleep(&c->requests, 1);
}
