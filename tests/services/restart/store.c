/* Serves one session. */
#include "store.h"

void *session; /* where the description maps them */
struct kept *kept;
static struct ring_end ask, answer;

void init(void)
{
    ring_start(&ask, session_requests(session), SESSION_SIZE, false);
    ring_start(&answer, session_answers(session), SESSION_SIZE, true);
    service_signal_all();
    notified(0);
}

/* Makes work, so that it is often killed at it. */
static uint64_t mixed(uint64_t value)
{
    for (volatile unsigned i = 0; i < 200; i++)
        value = value * 6364136223846793005ul + 1442695040888963407ul;
    return value;
}

static void serve(struct ring_entry *e)
{
    volatile struct kept *k = kept;
    e->status = SERVICE_OK;
    e->c = mixed(e->a);
    if (e->op == STORE_WRITE && e->a < STORE_PLACES) {
        k->place[e->a] = e->b;
    } else if (e->op == STORE_READ && e->a < STORE_PLACES) {
        e->b = k->place[e->a];
    } else if (e->op == STORE_APPEND && k->count < STORE_LIST) {
        k->list[k->count] = e->a;
        k->count++;
    } else if (e->op == STORE_COUNT) {
        e->b = k->count;
    } else {
        e->status = SERVICE_BAD;
    }
}

/* What it takes, it can answer. */
void notified(microkit_channel ch)
{
    struct ring_entry e;
    (void)ch;
    do {
        if (ring_restarted(&ask) || ring_restarted(&answer)) {
            ring_accept(&ask);
            ring_accept(&answer);
        }
        while (ring_ready(&answer) > 0 && ring_get(&ask, &e)) {
            serve(&e);
            ring_put(&answer, &e);
        }
        bool wanted = ring_publish(&ask);
        if (ring_publish(&answer) || wanted)
            microkit_notify(0);
    } while (ring_restarted(&ask) ||
             (ring_ready(&answer) > 0 ? !ring_sleep(&ask, 1) : !ring_sleep(&answer, 1)));
}
