/* Several threads wait at one endpoint: first in, first out, and taken out anywhere by a suspension. */
#include "frame/conform.h"

enum { MOST = ACTORS - 1, PARTNER = F };

static struct step *waiting[MOST];
static unsigned order[MOST], count; /* the waiters, first to last */

/* Actors A, B, ... wait one after the other in `op`; the message of actor `who` is that of seed 10 + who. */
static void wait_all(uint64_t op, cap_t ep, unsigned n)
{
    count = 0;
    for (unsigned who = 0; who < n; who++) {
        waiting[who] = act(who, op, ep, 10 + who);
        EXPECT_WAITS(waiting[who]);
        order[count++] = who;
    }
}

static void serve_receivers(cap_t ep)
{
    for (unsigned i = 0; i < count; i++) {
        EXPECT_RESULT(act(PARTNER, SYS_SEND, ep, 50 + i), 0);
        EXPECT_MESSAGE(waiting[order[i]], 0, 50 + i);
        for (unsigned k = i + 1; k < count; k++)
            EXPECT_WAITS(waiting[order[k]]);
    }
    EXPECT_WAITS(act(PARTNER, SYS_SEND, ep, 1));
}

/* A thread that called gets an answer, one that sent is done when its message has gone. */
static void serve_senders(cap_t ep, uint64_t op)
{
    for (unsigned i = 0; i < count; i++) {
        struct step *sent = waiting[order[i]];
        EXPECT_MESSAGE(act(PARTNER, SYS_RECV, ep, 1), 0, 10 + order[i]);
        for (unsigned k = i + 1; k < count; k++)
            EXPECT_WAITS(waiting[order[k]]);
        if (op == SYS_SEND) {
            EXPECT_RESULT(sent, 0);
            continue;
        }
        EXPECT_WAITS(sent);
        EXPECT_RESULT(act(PARTNER, SYS_REPLY, 0, 60 + i), 0);
        EXPECT_MESSAGE(sent, 0, 60 + i);
    }
    EXPECT_WAITS(act(PARTNER, SYS_RECV, ep, 1));
}

/* Calls, so that the fast path meets a queue of receivers: one caller for each receiver. */
static void serve_receivers_by_call(cap_t ep)
{
    for (unsigned i = 0; i < count; i++) {
        struct step *call = act(PARTNER, SYS_CALL, ep, 50 + i);
        EXPECT_MESSAGE(waiting[order[i]], 0, 50 + i);
        for (unsigned k = i + 1; k < count; k++)
            EXPECT_WAITS(waiting[order[k]]);
        EXPECT_RESULT(act(order[i], SYS_REPLY, 0, 70 + i), 0);
        EXPECT_MESSAGE(call, 0, 70 + i);
    }
    EXPECT_WAITS(act(PARTNER, SYS_CALL, ep, 1));
}

static void serve(uint64_t op, cap_t ep, bool by_call)
{
    if (op != SYS_RECV)
        serve_senders(ep, op);
    else if (by_call)
        serve_receivers_by_call(ep);
    else
        serve_receivers(ep);
}

static void take_out(unsigned place)
{
    unsigned who = order[place];
    EXPECT_IS(thread_suspend(actor_tcb(who)), 0);
    go(who);
    EXPECT_CANCELED(waiting[who]);
    for (count--; place < count; place++)
        order[place] = order[place + 1];
}

/* Takes the one at `place` out of n that wait; if `again`, it then waits once more, behind all others. */
static void queue_case(const char *kind, uint64_t op, unsigned n, int place, bool again, bool by_call)
{
    static const char *const names[] = {"none", "1st", "2nd", "3rd", "4th", "5th"};
    if (!case_begin("ipc/queue/%s_of_%u_remove_%s%s%s", kind, n, names[place + 1], again ? "_again" : "",
                    by_call ? "_by_call" : ""))
        return;
    actors_reset(false);
    cap_t ep = new_endpoint();
    wait_all(op, ep, n);
    if (place >= 0) {
        unsigned who = order[place];
        take_out((unsigned)place);
        if (again) {
            waiting[who] = act(who, op, ep, 10 + who);
            order[count++] = who;
        }
    }
    serve(op, ep, by_call);
    case_end();
}

CASE_SET(020, ipc_queue_cases)
{
    static const unsigned sizes[] = {1, 2, 3, 5};
    for (unsigned i = 0; i < COUNT(sizes); i++) {
        for (int place = -1; place < (int)sizes[i]; place++) {
            for (int again = 0; again <= (place >= 0); again++) {
                queue_case("receivers", SYS_RECV, sizes[i], place, again, false);
                queue_case("receivers", SYS_RECV, sizes[i], place, again, true);
                queue_case("senders", SYS_SEND, sizes[i], place, again, false);
                queue_case("callers", SYS_CALL, sizes[i], place, again, false);
            }
        }
    }
}
