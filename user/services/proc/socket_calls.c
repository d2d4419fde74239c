/* What processes ask of their sockets. It is answered at once: PROC_LATER, and a process asks again when it was signalled. */
#include <string.h>
#include "sockets.h"

static microkit_msginfo refused(const struct process *p, seL4_Word label, enum denied_why why)
{
    refuse(p, label, why);
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

static microkit_msginfo later(void)
{
    return microkit_msginfo_new(PROC_LATER, 0);
}

static microkit_msginfo answer(enum net_status status, const struct socket *s, uint64_t one, uint64_t two)
{
    const seL4_Word words[] = {status, s ? (seL4_Word)(s - sockets) : one, s ? one : two, s ? two : 0};
    return answer_words(SERVICE_OK, words, sizeof words);
}

static microkit_msginfo open(const struct process *p, seL4_Word label, seL4_Word address, seL4_Word port)
{
    if (address > UINT32_MAX || port < 1 || port > UINT16_MAX)
        return refused(p, label, DENIED_SENSE);
    struct socket *s = socket_new(p);
    if (!s) {
        refuse(p, label, DENIED_FULL);
        return answer(NET_FULL, NULL, 0, 0);
    }
    s->told = true;
    s->listens = label == PROC_LISTEN;
    s->address = address;
    s->port = port;
    socket_request(s, MEET, NET_TCP, 0);
    sockets_look();
    return answer(NET_OK, s, 0, 0);
}

/* Who calls next has a place before it is asked for. */
static microkit_msginfo accept(const struct process *p, struct socket *s)
{
    if (!s->came[MEET] && !s->asked[MEET]) {
        s->caller = socket_new(p);
        if (!s->caller) {
            refuse(p, PROC_ACCEPT, DENIED_FULL);
            return answer(NET_FULL, NULL, 0, 0);
        }
        s->caller->awaited = true;
        if (!socket_request(s, MEET, NET_ACCEPT, 0))
            socket_met(s, NULL, NET_BROKEN);
        sockets_look();
    }
    if (s->asked[MEET])
        return later();
    struct socket *caller = s->caller;
    s->caller = NULL;
    s->came[MEET] = false;
    if (caller)
        caller->told = true;
    return caller ? answer(NET_OK, caller, caller->address, caller->port)
                  : answer(s->status != NET_OK ? s->status : s->answer[MEET].status, NULL, 0, 0);
}

/* Between a process's memory and a buffer, page by page. */
static bool copy(const struct process *p, seL4_Word at, char *buffer, size_t bytes, bool into)
{
    bool there = at + bytes >= at;
    for (size_t part; bytes > 0 && there; at += part, buffer += part, bytes -= part) {
        part = PAGE - at % PAGE < bytes ? PAGE - at % PAGE : bytes;
        char *seen = memory_see(p, at, into);
        there = seen != NULL;
        if (there)
            memcpy(into ? seen : buffer, into ? buffer : seen, part);
    }
    memory_seen();
    return there;
}

static microkit_msginfo send(const struct process *p, struct socket *s, seL4_Word from, seL4_Word bytes)
{
    if (!s->came[SEND] && !s->asked[SEND]) {
        if (!copy(p, from, socket_text(s, SEND), bytes, false))
            return refused(p, PROC_SEND, DENIED_MEMORY);
        s->bytes = (uint32_t)bytes;
        socket_request(s, SEND, NET_SEND, s->bytes);
        sockets_look();
    }
    if (s->asked[SEND])
        return later();
    enum net_status status = s->came[SEND] ? s->answer[SEND].status : s->status;
    s->came[SEND] = false;
    return answer(status, NULL, status == NET_OK ? s->bytes : 0, 0);
}

/* What came is kept until all of it was taken. */
static microkit_msginfo receive(const struct process *p, struct socket *s, seL4_Word to, seL4_Word bytes)
{
    if (!s->came[RECEIVE] && !s->asked[RECEIVE]) {
        socket_request(s, RECEIVE, NET_RECEIVE, PROC_PART);
        sockets_look();
    }
    if (s->asked[RECEIVE])
        return later();
    const struct ring_entry *e = &s->answer[RECEIVE];
    enum net_status status = s->came[RECEIVE] ? e->status : s->status;
    seL4_Word left = status == NET_OK ? e->length - s->taken : 0, part = bytes < left ? bytes : left;
    if (!copy(p, to, socket_text(s, RECEIVE) + s->taken, part, true))
        return refused(p, PROC_RECEIVE, DENIED_MEMORY);
    s->taken += (uint32_t)part;
    s->came[RECEIVE] = part < left;
    return answer(status, NULL, part, 0);
}

/* What is asked of a socket that it has. */
static microkit_msginfo about(const struct process *p, seL4_Word label, struct socket *s, seL4_Word at,
                              seL4_Word bytes)
{
    bool transfers = label == PROC_SEND || label == PROC_RECEIVE;
    if (label == PROC_SHUT) {
        socket_release(s);
        sockets_look();
        return answer(NET_OK, NULL, 0, 0);
    }
    if ((transfers && (s->listens || bytes < 1 || bytes > PROC_PART)) || (label == PROC_ACCEPT && !s->listens))
        return refused(p, label, DENIED_SENSE);
    if (s->asked[MEET] && !s->caller)
        return later();
    bool came = s->came[label == PROC_SEND ? SEND : label == PROC_RECEIVE ? RECEIVE : MEET];
    if (label == PROC_OPENED || (s->status != NET_OK && !came))
        return answer(s->status, NULL, 0, 0);
    return label == PROC_ACCEPT ? accept(p, s)
           : label == PROC_SEND ? send(p, s, at, bytes)
                                : receive(p, s, at, bytes);
}

microkit_msginfo socket_ask(const struct process *p, seL4_Word label, seL4_Word count)
{
    seL4_Word one = microkit_mr_get(0), two = microkit_mr_get(1), three = microkit_mr_get(2);
    bool opens = label == PROC_CONNECT || label == PROC_LISTEN;
    if ((p->grants & PROC_NETWORK) == 0)
        return refused(p, label, DENIED_RIGHT);
    if (!network_rings)
        return microkit_msginfo_new(PROC_NO_NETWORK, 0);
    if (count != (label == PROC_CONNECT ? 2 : label == PROC_SEND || label == PROC_RECEIVE ? 3 : 1))
        return refused(p, label, DENIED_SENSE);
    sockets_look();
    if (opens)
        return open(p, label, label == PROC_LISTEN ? 0 : one, label == PROC_LISTEN ? one : two);
    if (one >= PROC_ALL_SOCKETS || !sockets[one].used || sockets[one].owner != p->pid || !sockets[one].told)
        return refused(p, label, DENIED_NOTHING);
    return about(p, label, &sockets[one], two, three);
}
