/* Sockets of processes: the server is one client of the network, and has each process use what that one has opened. What is sent is copied out of
   the process's own memory, and what came into it, so the network and a process share nothing. Nobody waits here: a process asks again.
   A socket is asked for one thing of each kind at a time, so all that can be asked at once has room in the session. */
#include <string.h>
#include "sockets.h"

void *network_rings, *network_data; /* where the description maps them; NULL: this system has no network */
struct socket sockets[PROC_ALL_SOCKETS];
static struct net net;
static uint32_t life; /* of the network */
_Static_assert(PROC_ALL_SOCKETS * 3 <= SESSION_SIZE,
               "to send, for what came or to meet, and to close: that has room");
_Static_assert(PROC_ALL_SOCKETS * 2 <= NET_BUFFERS && (int)PROC_PART <= (int)NET_BUFFER,
               "each has two buffers of its own");

static uint32_t buffer_of(const struct socket *s, enum kind kind)
{
    return (uint32_t)(s - sockets) * 2 + (kind == RECEIVE);
}

char *socket_text(const struct socket *s, enum kind kind)
{
    return (char *)network_data + (size_t)buffer_of(s, kind) * NET_BUFFER;
}

static bool is_asked(const struct socket *s)
{
    return s->asked[MEET] || s->asked[SEND] || s->asked[RECEIVE] || s->asked[SHUT];
}

bool socket_request(struct socket *s, enum kind kind, enum net_op op, uint32_t length)
{
    struct ring_entry e = {.op = (uint16_t)op, .buffer = buffer_of(s, kind), .length = length, .a = s->name};
    if (op == NET_LISTEN)
        e.b = s->port;
    if (op == NET_CONNECT)
        e.c = s->address, e.d = s->port;
    bool room = session_ask(&net.session, &e, false);
    s->asked[kind] = room;
    s->came[kind] = false;
    s->id[kind] = e.id;
    if (!room)
        s->status = NET_BROKEN;
    return room;
}

/* One that belongs to nobody goes when the network has closed it; one that it does not know, when it has answered all. */
static void settle(struct socket *s)
{
    bool known = s->name != 0 && s->status != NET_RESTARTED;
    if (!s->used || s->owner != 0 || s->awaited)
        return;
    if (known && !s->asked[SHUT] && !s->came[SHUT])
        socket_request(s, SHUT, NET_CLOSE, 0);
    s->used = (known && !s->came[SHUT]) || is_asked(s);
}

void socket_release(struct socket *s)
{
    held -= s->owner != 0;
    s->owner = 0;
    if (s->caller && s->came[MEET]) { /* nobody will ask who it was */
        socket_release(s->caller);
        s->caller = NULL;
    }
    settle(s);
}

void socket_met(struct socket *s, const struct ring_entry *answer, enum net_status status)
{
    struct socket *caller = s->caller;
    if (caller) { /* of NET_ACCEPT */
        caller->awaited = false;
        if (status == NET_OK)
            caller->name = answer->b, caller->address = answer->c, caller->port = answer->d;
        if (status != NET_OK || s->owner == 0) {
            s->caller = NULL;
            socket_release(caller);
        }
        return;
    }
    s->came[MEET] = false;
    if (status == NET_OK && s->name == 0 && answer->a == 0)
        status =
            NET_BROKEN; /* none is called so: asked what to do with it, the network could go on answering for ever */
    s->status = status;
    if (status == NET_OK && s->name == 0) { /* of NET_TCP */
        s->name = answer->a;
        if (s->owner != 0)
            socket_request(s, MEET, s->listens ? NET_LISTEN : NET_CONNECT, 0);
    }
}

/* All sockets that it knew are gone with the network's last life. */
static void look_for_new_life(void)
{
    uint32_t now = net.session.ask.peer_life + net.session.answer.peer_life;
    if (now == life)
        return;
    life = now;
    for (struct socket *s = sockets; s < sockets + PROC_ALL_SOCKETS; s++)
        if (s->used && s->name != 0)
            s->status = NET_RESTARTED;
}

static void answered(struct socket *s, enum kind kind, const struct ring_entry *answer)
{
    /* It knows each of ours that it has not closed, unless it has begun anew. */
    enum net_status status = answer->status == NET_NO_SOCKET ? NET_RESTARTED : (enum net_status)answer->status;
    const struct process *p = process_of(s->owner);
    s->asked[kind] = false;
    s->came[kind] = true;
    s->answer[kind] = *answer;
    s->answer[kind].status = (uint16_t)status;
    s->taken = kind == RECEIVE ? 0 : s->taken;
    if (kind == RECEIVE && answer->length > PROC_PART)
        s->answer[kind].status = NET_BROKEN; /* it was not asked for so much */
    if (kind == MEET)
        socket_met(s, answer, status);
    settle(s);
    if (p)
        memory_signal(p);
}

void sockets_look(void)
{
    struct ring_entry answer;
    if (!network_rings)
        return;
    while (net_take(&net, &answer)) {
        look_for_new_life();
        for (unsigned i = 0; i < PROC_ALL_SOCKETS * KINDS; i++) {
            struct socket *s = &sockets[i / KINDS];
            if (s->asked[i % KINDS] && s->id[i % KINDS] == answer.id)
                answered(s, i % KINDS, &answer);
        }
    }
    look_for_new_life();
    for (struct socket *s = sockets; s < sockets + PROC_ALL_SOCKETS; s++)
        settle(s);
    session_send(&net.session);
}

/* What the last life had, the network closes when it sees that there is a new one. */
void sockets_start(void)
{
    if (!network_rings)
        return;
    memset(sockets, 0, sizeof sockets);
    net_start(&net, network_rings, network_data, NETWORK);
    sockets_look();
}

void sockets_end(const struct process *p)
{
    for (struct socket *s = sockets; s < sockets + PROC_ALL_SOCKETS; s++)
        if (s->used && s->owner == p->pid)
            socket_release(s);
    sockets_look();
}

void sockets_count(struct proc_room *room)
{
    room->most_sockets = network_rings ? PROC_ALL_SOCKETS : 0;
    for (const struct socket *s = sockets; s < sockets + PROC_ALL_SOCKETS; s++)
        room->sockets += s->used;
}

struct socket *socket_new(const struct process *p)
{
    struct socket *found = NULL;
    unsigned own = 0;
    for (struct socket *s = sockets; s < sockets + PROC_ALL_SOCKETS; s++) {
        own += s->used && s->owner == p->pid;
        found = found || s->used ? found : s;
    }
    if (!found || own >= PROC_SOCKETS)
        return NULL;
    *found = (struct socket){.used = true, .owner = p->pid};
    held++;
    return found;
}
