/* The rules of docs/design.md sections 4 and 5, and of docs/decisions.md, written a second time: threads, queues as plain
   arrays, and registers. It knows nothing of the kernel's structures. */
#ifndef BATON_IPC_MODEL_H
#define BATON_IPC_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include "user_cpu.h"

enum { MODEL_THREADS = 6, MODEL_ENDPOINTS = 3, NOBODY_AT_ALL = -1 };

enum model_state { STOPPED, READY, RUNNING, SENDING, RECEIVING, AWAITING_REPLY };

struct model_thread {
    enum model_state state;
    int priority, slice;
    int endpoint;       /* while it waits there */
    unsigned kind;      /* enum send_kind, while it waits to send or for the reply */
    uint64_t badge;     /* of its message */
    int client, server; /* the thread that waits for its reply; the one whose reply it awaits */
    int handler;        /* endpoint that its faults go to, or NOBODY_AT_ALL */
    uint64_t handler_badge;
    struct registers r;     /* what it finds when it runs */
    struct registers fault; /* the message of its fault: rsi and the words */
};

struct model_list {
    int member[MODEL_THREADS];
    int length;
};

struct model {
    struct model_thread thread[MODEL_THREADS];
    struct model_list ready; /* in the order in which they will run */
    struct model_list queue[MODEL_ENDPOINTS];
    int running, slice;
    bool owes; /* the running thread's slice is used up, and somebody waits for a turn */
};

extern struct model model;
#define RUNNING_THREAD (&model.thread[model.running])

/* What a capability address names: an endpoint, or an error. */
struct model_cap {
    int endpoint;
    unsigned rights;
    uint64_t badge;
    long error;
};

void model_reset(void);
void model_wake(int t);
void model_send(struct model_cap cap, unsigned kind);
void model_recv(struct model_cap cap);
void model_reply(void);
void model_reply_recv(struct model_cap cap);
void model_yield(void);
void model_tick(void);
/* Stops it; model_suspend: the running thread asks for it. */
void model_halt(int t);
void model_suspend(int t);
void model_resume(int t);
/* Of its registers the entry's three mean something: rip, rsp and rdi. */
void model_set_entry(int t, const struct registers *entry);
/* The running thread faults; the message words are in r of `fault`. */
void model_fault(const struct registers *fault);
/* Every thread that waits at the endpoint wakes with an error. */
void model_cancel_endpoint(int endpoint);
/* The running thread's system call ends with this in rax, everything else kept. */
void model_result(long rax);

/* ---- ipc_model_sched.c, for ipc_model.c */
void model_insert(struct model_list *l, int at, int t);
void model_take_out(struct model_list *l, int t);
int model_take_first(struct model_list *l);
void model_run_most_urgent(void);
/* t got a message. It runs at once, on the slice of the sender, if no thread that could run is more urgent. */
void model_hand_over(int t, bool sender_goes_on);

#endif
