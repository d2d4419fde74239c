/* A client's session with a service by two rings of ring.h, requests and answers, each a page. Requests that the server's last life left
   unanswered are sent again if doing them twice does no harm; the others are answered EAGAIN_RESTARTED. */
#ifndef SERVICES_SESSION_H
#define SERVICES_SESSION_H

#include "ring/ring.h"
#include "service.h"

enum { SESSION_SIZE = 32, SESSION_PAGE = 0x1000 };
_Static_assert(sizeof(struct ring) + SESSION_SIZE * sizeof(struct ring_entry) <= SESSION_PAGE,
               "a ring fits into its page");

/* Pages at the beginning of the shared region. */
static inline struct ring *session_requests(void *shared)
{
    return (struct ring *)shared;
}

static inline struct ring *session_answers(void *shared)
{
    return (struct ring *)(void *)((char *)shared + SESSION_PAGE);
}

struct session {
    struct ring_end ask, answer;
    microkit_channel service;
    uint64_t count; /* of requests, and one; an id is that times SESSION_SIZE, and the place below */
    unsigned again; /* requests that are to be put again, when there is room, */
    unsigned lost;  /* and those that are to be answered EAGAIN_RESTARTED */
    struct session_request {
        struct ring_entry entry; /* as it was asked */
        enum { SESSION_FREE, SESSION_ASKED, SESSION_ASKED_ONCE, SESSION_AGAIN, SESSION_LOST } state;
    } request[SESSION_SIZE];
};

void session_start(struct session *s, void *shared, microkit_channel service);

/* Puts a request and gives it its id; `repeats`: it may be done twice. False: take what answers there are, or sleep, first. */
bool session_ask(struct session *s, struct ring_entry *entry, bool repeats);

/* Shows the service what was asked: once for a batch. */
void session_send(struct session *s);

/* The next answer. False: none has come, and there will be a signal. */
bool session_take(struct session *s, struct ring_entry *answer);

#endif
