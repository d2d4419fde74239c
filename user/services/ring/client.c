/* Requests are kept until they are answered. */
#include "ring/session.h"

void session_start(struct session *s, void *shared, microkit_channel service)
{
    *s = (struct session){.service = service, .count = 1};
    ring_start(&s->ask, session_requests(shared), SESSION_SIZE, true);
    ring_start(&s->answer, session_answers(shared), SESSION_SIZE, false);
    microkit_notify(service);
}

static struct session_request *slot_of(struct session *s, uint64_t id)
{
    return &s->request[id % SESSION_SIZE];
}

/* Both rings belong to the server's new life from now on; what stays in them of the old one's is dropped by its epoch. */
static void accept_new_life(struct session *s)
{
    if (!ring_restarted(&s->ask) && !ring_restarted(&s->answer))
        return;
    ring_accept(&s->ask);
    ring_accept(&s->answer);
    s->again = 0;
    for (unsigned i = 0; i < SESSION_SIZE; i++) {
        struct session_request *r = &s->request[i];
        if (r->state == SESSION_ASKED_ONCE)
            r->state = SESSION_LOST, s->lost++;
        if (r->state == SESSION_ASKED)
            r->state = SESSION_AGAIN;
        s->again += r->state == SESSION_AGAIN;
    }
}

static struct session_request *first_of_again(struct session *s)
{
    struct session_request *first = 0;
    for (unsigned i = 0; i < SESSION_SIZE; i++) {
        struct session_request *r = &s->request[i];
        if (r->state == SESSION_AGAIN && (!first || r->entry.id < first->entry.id))
            first = r;
    }
    return first;
}

/* In the order in which they were asked. */
static void put_again(struct session *s)
{
    while (s->again > 0) {
        struct session_request *r = first_of_again(s);
        if (!ring_put(&s->ask, &r->entry))
            return;
        r->state = SESSION_ASKED;
        s->again--;
    }
}

/* A request may wait for long, so its place is any that is free. NULL: none is. */
static struct session_request *free_slot(struct session *s)
{
    for (unsigned i = 0; i < SESSION_SIZE; i++)
        if (s->request[(s->count + i) % SESSION_SIZE].state == SESSION_FREE)
            return &s->request[(s->count + i) % SESSION_SIZE];
    return 0;
}

bool session_ask(struct session *s, struct ring_entry *entry, bool repeats)
{
    struct session_request *r = free_slot(s);
    if (r)
        entry->id = s->count * SESSION_SIZE + (uint64_t)(r - s->request);
    do {
        accept_new_life(s);
        put_again(s);
        if (s->again == 0 && r && ring_put(&s->ask, entry)) {
            *r = (struct session_request){*entry, repeats ? SESSION_ASKED : SESSION_ASKED_ONCE};
            s->count++;
            return true;
        }
    } while (ring_restarted(&s->ask));
    return false;
}

void session_send(struct session *s)
{
    if (ring_publish(&s->ask))
        microkit_notify(s->service);
}

static bool take_lost(struct session *s, struct ring_entry *answer)
{
    for (unsigned i = 0; s->lost > 0 && i < SESSION_SIZE; i++)
        if (s->request[i].state == SESSION_LOST) {
            s->request[i].state = SESSION_FREE;
            s->lost--;
            *answer = s->request[i].entry;
            answer->status = EAGAIN_RESTARTED;
            return true;
        }
    return false;
}

/* An answer to what was not asked, or was answered already, does not count. */
static bool take_answer(struct session *s, struct ring_entry *answer)
{
    for (unsigned left = SESSION_SIZE; left > 0 && ring_get(&s->answer, answer); left--) {
        struct session_request *r = slot_of(s, answer->id);
        if (r->entry.id == answer->id && (r->state == SESSION_ASKED || r->state == SESSION_ASKED_ONCE)) {
            r->state = SESSION_FREE;
            return true;
        }
    }
    return false;
}

/* One that has more to say each time, and never what was asked, is no honest server: it does not keep its client awake, and need not send
   a signal. */
bool session_take(struct session *s, struct ring_entry *answer)
{
    unsigned left = SESSION_SIZE;
    do {
        accept_new_life(s);
        put_again(s);
        session_send(s);
        bool taken = take_lost(s, answer) || take_answer(s, answer);
        if (ring_publish(&s->answer))
            microkit_notify(s->service);
        if (taken)
            return true;
    } while (--left > 0 && (!ring_sleep(&s->answer, 1) ||
                            (ring_ready(&s->ask) == 0 && !ring_sleep(&s->ask, 1)) || ring_restarted(&s->ask)));
    return false;
}
