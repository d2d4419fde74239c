/* Which of the kernel's memory means something. Each rule is one that tcb.h, endpoint.h, notification.h or
   sched.h states; all that no rule here wipes is compared. */
#include <stdio.h>
#include <string.h>
#include "fields.h"

static const struct memory *whole;

static struct tcb *in_memory(struct memory *m, const struct tcb *t)
{
    uint64_t i = ((uintptr_t)t - (uintptr_t)arena->thread) / sizeof(union thread);
    return i < THREADS ? &m->arena.thread[i].tcb : NULL;
}

static const struct endpoint *endpoint_in(uint64_t ref)
{
    return (const struct endpoint *)((uintptr_t)&whole->arena + (uintptr_t)endpoint_of(ref) - (uintptr_t)arena);
}

enum state { RUNNING, READY, RECEIVING, SENDING, CALLING, NOTIFIABLE, STOPPED };

static enum state state_of(const struct memory *m, const struct tcb *there, const struct tcb *t)
{
    if (m->cpu.current == there)
        return RUNNING;
    if (t->wait & REF_READY)
        return READY;
    if (t->wait == 0)
        return STOPPED;
    if (t->wait & REF_SLOT)
        return CALLING;
    if (t->wait & REF_NOTIFICATION)
        return NOTIFIABLE;
    if (t->wait & REF_ENDPOINT)
        return endpoint_in(t->wait)->recv == kernel.slow_head ? SENDING : RECEIVING;
    return CALLING;
}

static void wipe_message(struct tcb *t)
{
    t->rax = t->rdi = t->rsi = t->rdx = t->r8 = t->r9 = t->r10 = 0;
    t->r12 = t->r13 = t->r14 = t->r15 = t->rbx = 0;
}

/* What only an interrupted thread has. */
static void wipe_rest(struct tcb *t)
{
    t->rcx = t->r11 = t->rflags = 0;
}

static void wipe_thread(struct tcb *t, enum state state)
{
    bool faulted = t->slow_reasons & SLOW_FAULTED;
    if (state == RUNNING)
        t->rip = t->rsp = t->rbp = 0;
    if (state == RUNNING || ((state == RECEIVING || state == CALLING || state == NOTIFIABLE) && !faulted)) {
        wipe_message(t); /* the code that ends the wait fills them in */
        wipe_rest(t);
        t->resume = 0;
    }
    if (t->resume == RESUME_SYSRET && !faulted)
        wipe_rest(t);
    if (state == RUNNING)
        t->wait = 0;
    if (state == RUNNING && t->slow_reasons & SLOW_BASES)
        t->fs_base = t->gs_base = 0; /* the CPU has them */
    if (state == RECEIVING)
        t->reply_to = NULL;
    if (state != SENDING)
        t->send_kind = t->send_long = 0, t->send_badge = 0;
    if (state != READY)
        t->slice_left = 0;
    if (!faulted)
        t->fault_label = t->fault_address = t->fault_error = t->fault_vector = 0;
    if (state == RUNNING || state == CALLING || state == STOPPED)
        t->next = t->prev = NULL; /* it is in no queue */
}

/* The head's prev and the tail's next. */
static void wipe_ends(struct memory *m, const struct tcb *head, const struct tcb *tail)
{
    struct tcb *h = in_memory(m, head), *t = in_memory(m, tail);
    if (h)
        h->prev = NULL;
    if (t)
        t->next = NULL;
}

static void wipe_endpoint(struct memory *m, struct endpoint *ep)
{
    const struct tcb *head = in_memory(m, ep->recv);
    bool senders = ep->recv == kernel.slow_head, followed = head && head->slow_reasons & SLOW_FOLLOWED;
    if (!followed)
        ep->recv_tail = NULL;
    if (!senders)
        ep->send = ep->tail = NULL;
    if (senders)
        wipe_ends(m, ep->send, ep->tail);
    else if (head)
        wipe_ends(m, ep->recv, followed ? ep->recv_tail : ep->recv);
}

/* What sched_settle() does. */
static void settle(struct memory *m, struct tcb *t)
{
    struct run_queue *q = &m->queue[t->priority];
    uint64_t bits = t->rdi;
    bool notified = (t->wait & ~(uint64_t)READY_ALONE) == IN_LINE_NOTIFIED;
    if (t->wait & READY_ALONE)
        q->tail = q->head;
    if (notified) {
        wipe_message(t);
        t->rdi = bits;
    }
    t->rax = notified ? GOT_NOTIFIED : 0;
    t->resume = RESUME_SYSRET;
    t->wait = REF_READY;
}

static void wipe_queues(struct memory *m)
{
    for (unsigned p = 0; p < 256; p++) {
        struct run_queue *q = &m->queue[p];
        if (m->cpu.ready_bits[(p + 1) / 64] >> (p + 1) % 64 & 1) {
            wipe_ends(m, q->head, q->tail);
        } else {
            q->head = q->tail = NULL;
            q->below = NULL;
        }
    }
}

void meaning(struct memory *m)
{
    enum state states[THREADS];
    whole = m;
    for (unsigned i = 0; i < THREADS; i++)
        states[i] = state_of(m, thread(i), &m->arena.thread[i].tcb);
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = &m->arena.thread[i].tcb;
        if (states[i] == READY && t->wait & READY_UNSETTLED)
            settle(m, t);
    }
    wipe_queues(m);
    for (unsigned i = 0; i < ENDPOINTS; i++)
        wipe_endpoint(m, &m->arena.endpoint[i]);
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        struct notification *n = &m->arena.notification[i];
        const struct tcb *head = in_memory(m, n->head);
        bool followed = head && head->slow_reasons & SLOW_FOLLOWED;
        if (!followed)
            n->tail = NULL;
        wipe_ends(m, head ? n->head : NULL, followed ? n->tail : n->head);
    }
    for (unsigned i = 0; i < THREADS; i++)
        wipe_thread(&m->arena.thread[i].tcb, states[i]);
    for (unsigned i = 0; i < THREADS; i++) {
        if (m->cpu.extended == &arena->state[i])
            m->arena.state[i] = (struct saved){{0}}; /* the CPU has it */
    }
    if (m->cpu.current == kernel.idle)
        m->cpu.slice_left = 0; /* of nobody */
}

/* The lowest byte that is not 0. */
static unsigned first_byte(uint64_t word)
{
    return (unsigned)__builtin_ctzll(word) / 8;
}

bool meaning_differs(const struct memory *a, const struct memory *b, char *where, size_t size)
{
    const uint64_t *left = (const void *)a, *right = (const void *)b;
    if (memcmp(a, b, sizeof *a) == 0)
        return false;
    for (uint64_t i = 0; i < sizeof *a / 8; i++) {
        char at[NAME], a_is[NAME], b_is[NAME];
        if (left[i] == right[i])
            continue;
        name_place(8 * i + first_byte(left[i] ^ right[i]), at);
        name_value(left[i], a_is), name_value(right[i], b_is);
        snprintf(where, size, "%s: %s and %s", at, a_is, b_is);
        return true;
    }
    return true;
}
