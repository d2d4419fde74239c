/* For tests of user/services/proc/: a network that gives back what is sent on a connection. It answers when it is told to, ends and begins anew, and
   says how many sockets it knows. */
#ifndef TESTS_HOST_PROC_NETWORK_H
#define TESTS_HOST_PROC_NETWORK_H

#include <stdlib.h>
#include <string.h>
#include "net/protocol.h"
#include "served.h"
#include "../random.h"
#include "../test.h"

enum { QUEUE = 4 * NET_BUFFER };
enum fake_kind { NOTHING, FRESH, LISTENER, STREAM };

static struct fake {
    enum fake_kind kind;
    uint64_t name;
    bool accepts, receives;
    struct ring_entry accept, receive;
    uint32_t count;
    char queue[QUEUE];
} fakes[NET_SOCKETS];
static _Alignas(64) char network_shared[NET_SESSION];
static char network_buffers[NET_DATA];
static struct ring_end network_asked, network_answers;
static uint64_t network_names; /* that it has given */

static inline void network_begin(void)
{
    memset(fakes, 0, sizeof fakes);
    ring_start(&network_asked, session_requests(network_shared), SESSION_SIZE, false);
    ring_start(&network_answers, session_answers(network_shared), SESSION_SIZE, true);
}

static inline unsigned network_sockets(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NET_SOCKETS; i++)
        count += fakes[i].kind != NOTHING;
    return count;
}

static inline struct fake *network_new(enum fake_kind kind)
{
    for (unsigned i = 0; i < NET_SOCKETS; i++)
        if (fakes[i].kind == NOTHING) {
            fakes[i] = (struct fake){.kind = kind, .name = ++network_names};
            return &fakes[i];
        }
    return NULL;
}

static inline void network_says(const struct ring_entry *asked, enum net_status status, uint32_t length,
                                uint64_t a, uint64_t b)
{
    struct ring_entry e = *asked;
    e.status = (uint16_t)status, e.length = length, e.a = a, e.b = b, e.c = 0x0a000202, e.d = 99;
    CHECK(ring_put(&network_answers, &e));
}

static inline char *network_buffer(const struct ring_entry *e)
{
    CHECK(e->buffer < NET_BUFFERS && e->length <= NET_BUFFER);
    return network_buffers + (size_t)e->buffer * NET_BUFFER;
}

static inline void network_deliver(struct fake *f)
{
    uint32_t part = f->receive.length < f->count ? f->receive.length : f->count;
    if (!f->receives || part == 0)
        return;
    part = 1 + random_below(part);
    memcpy(network_buffer(&f->receive), f->queue, part);
    memmove(f->queue, f->queue + part, f->count -= part);
    f->receives = false;
    network_says(&f->receive, NET_OK, part, f->name, 0);
}

static inline void network_close(struct fake *f)
{
    if (f->accepts)
        network_says(&f->accept, NET_BROKEN, 0, f->name, 0);
    if (f->receives)
        network_says(&f->receive, NET_BROKEN, 0, f->name, 0);
    f->kind = NOTHING;
}

static inline void network_waits(struct fake *f, const struct ring_entry *e)
{
    bool accepts = e->op == NET_ACCEPT;
    bool *waits = accepts ? &f->accepts : &f->receives;
    CHECK(f->kind == (accepts ? LISTENER : STREAM) &&
          !*waits); /* more than one would be a mistake of the server's */
    *(accepts ? &f->accept : &f->receive) = *e;
    *waits = true;
    network_deliver(f);
}

static inline void network_does(const struct ring_entry *e)
{
    struct fake *f = NULL;
    for (unsigned i = 0; i < NET_SOCKETS; i++)
        if (fakes[i].kind != NOTHING && fakes[i].name == e->a)
            f = &fakes[i];
    if (e->op == NET_TCP) {
        f = network_new(FRESH);
        network_says(e, f ? NET_OK : NET_FULL, 0, f ? f->name : 0, 0);
    } else if (!f) {
        network_says(e, NET_NO_SOCKET, 0, e->a, 0);
    } else if (e->op == NET_CLOSE) {
        network_close(f);
        network_says(e, NET_OK, 0, e->a, 0);
    } else if (e->op == NET_LISTEN || e->op == NET_CONNECT) {
        bool can = e->op == NET_LISTEN || e->d != 7; /* there nobody is */
        CHECK(f->kind == FRESH);
        f->kind = e->op == NET_LISTEN ? LISTENER : STREAM;
        network_says(e, can ? NET_OK : NET_UNREACHABLE, 0, e->a, 0);
    } else if (e->op == NET_SEND) {
        CHECK(f->kind == STREAM && e->length > 0);
        bool room = e->length <= QUEUE - f->count;
        if (room)
            memcpy(f->queue + f->count, network_buffer(e), e->length);
        f->count += room ? e->length : 0;
        network_says(e, room ? NET_OK : NET_BROKEN, 0, e->a, 0);
        network_deliver(f);
    } else {
        network_waits(f, e);
    }
}

/* Does so many of the things that it was asked; what was answered is signalled. */
static inline void network_serve(unsigned most)
{
    struct ring_entry e;
    ring_pair_restarted(&network_asked, &network_answers);
    for (; most > 0 && ring_get(&network_asked, &e); most--)
        network_does(&e);
    ring_publish(&network_asked);
    ring_publish(&network_answers);
    notified(NETWORK);
}

/* Somebody calls at one that waits for it. */
static inline void network_call(void)
{
    struct fake *f = &fakes[random_below(NET_SOCKETS)];
    struct fake *caller = f->kind == LISTENER && f->accepts ? network_new(STREAM) : NULL;
    if (!caller)
        return;
    f->accepts = false;
    network_says(&f->accept, NET_OK, 0, f->name, caller->name);
}

/* ---- processes at it, all with the same memory: each page by itself, so that what lies behind it is nobody's. */
enum { PAGES = 6, FIXED = 4 /* the rest may only be read */, START = 0x400000 };
enum { GRANTS = PROC_NETWORK | PROC_OUTPUT };
extern void *network_rings, *network_data; /* sockets.c */
static char *memory[PAGES];

static inline void *page_at(seL4_Word vaddr, bool change)
{
    return vaddr >= START && (vaddr - START) / PAGE < (change ? FIXED : PAGES)
               ? memory[(vaddr - START) / PAGE] + vaddr % PAGE
               : NULL;
}

static inline char *byte_at(seL4_Word vaddr)
{
    return memory[(vaddr - START) / PAGE] + vaddr % PAGE;
}

static inline void begin(bool network)
{
    memset(network_shared, 0, sizeof network_shared);
    network_rings = network ? network_shared : NULL;
    network_data = network_buffers;
    memory_seen_at = page_at;
    network_begin();
    begin_served();
}

static inline seL4_Word calls(struct process *p, seL4_Word label, seL4_Word count, seL4_Word one, seL4_Word two,
                              seL4_Word three)
{
    message.msg[0] = one, message.msg[1] = two, message.msg[2] = three;
    return answer_process(p, label, count).label;
}

static inline seL4_Word counted(void)
{
    ask_client(PROC_ROOM, 0, 0, 0, 0);
    struct proc_room room;
    memcpy(&room, message.msg, sizeof room);
    return room.sockets;
}

static inline struct process *spawned(seL4_Word grants)
{
    return spawned_with("serve", sizeof "serve", grants);
}

#endif
