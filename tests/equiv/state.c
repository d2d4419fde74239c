/* A random state that satisfies the invariants (docs/invariants.md), built from its parts: first the
   objects, then who waits where, then what follows from that (queues, keys, thresholds). */
#include <stdio.h>
#include <string.h>
#include "cap/words.h"
#include "world.h"

enum { SOME_WORDS = 16, KERNEL_CR3 = 0x9000 }; /* of KPTI: kernel/thread/sched.h */

static struct tcb *running;

static bool chance(unsigned in)
{
    return below(in) == 0;
}

/* Numbers that a comparison could get wrong, or any number. */
static uint64_t number(void)
{
    static const uint64_t some[SOME_WORDS] = {
        0,          1,          2,          31,         32,    64,     0x7fffffff, 0x80000000,
        0xffffffff, 1ull << 32, 1ull << 47, 1ull << 63, ~0ull, ~31ull, USER_TOP,   USER_TOP - 1};
    return chance(3) ? some[below(SOME_WORDS)] : random_next();
}

static uint64_t user_address(void)
{
    return random_next() % USER_TOP;
}

/* ---- threads by themselves */

static unsigned some_priority(void)
{
    static const uint8_t some[] = {0, 1, 2, 2, 2, 63, 64, 64, 200, 254, 255, 255};
    return some[below(sizeof some)];
}

static void fill_registers(struct tcb *t)
{
    uint64_t *message[] = {&t->rax, &t->rdi, &t->rsi, &t->rdx, &t->r8,  &t->r9,  &t->r10, &t->r12,
                           &t->r13, &t->r14, &t->r15, &t->rbx, &t->rcx, &t->r11, &t->rbp, &t->rsp};
    for (unsigned i = 0; i < sizeof message / sizeof message[0]; i++)
        *message[i] = number();
    t->rip = user_address();
    t->rflags = 0x202;
    t->resume = chance(4) ? RESUME_IRET : RESUME_SYSRET;
}

static void make_thread(unsigned i)
{
    struct tcb *t = thread(i);
    fill_registers(t);
    t->cr3 = 0x1000 * (1 + i % SPACES) | (chance(4) ? 1ull << 63 : 0);
    t->cspace = arena->root[i % SPACES];
    t->cspace_mask = ((1u << ROOT_RADIX) - 1) << SLOT_BITS;
    t->priority = (uint8_t)some_priority();
    t->ceiling = (uint8_t)(t->priority + below(256 - t->priority));
    t->reply_to = kernel.nobody;
    t->slice_ticks = 1 + (int32_t)below(9);
    t->slice_left = (int32_t)below(9);
    t->send_badge = number();
    t->send_kind = (uint8_t)below(3);
    t->send_long = (uint8_t)below(3);
    slot_fill(&t->slots[TCB_FAULT], TYPE_ENDPOINT, RIGHT_SEND, ref_endpoint(&arena->endpoint[below(ENDPOINTS)]),
              number());
    if (chance(16))
        t->slots[TCB_FAULT].prev |= (uint64_t)TYPE_DYING << SLOT_TYPE_SHIFT;
    t->next = t->prev = thread(below(THREADS)); /* stale, until it is in a queue */
    if (chance(6)) {
        t->fs_base = user_address(), t->gs_base = user_address();
        t->slow_reasons |= SLOW_BASES;
    }
    if (chance(6)) {
        t->extended = &arena->state[below(i + 1)]; /* two threads may have the same */
        t->slow_reasons |= SLOW_STATE;
    }
    if (t->slow_reasons & SLOW_SECOND && chance(6))
        t->slow_reasons |= SLOW_EXTENDED;
    arena->state[i].word[0] = number();
    if (chance(24)) /* with none set: the CPU emulator does not survive one */
        t->slow_reasons |= SLOW_DEBUG;
}

/* ---- who waits where */

void state_queue_sender(struct endpoint *ep, struct tcb *t)
{
    t->wait = ref_endpoint(ep);
    t->send_kind = (uint8_t)below(3);
    t->send_long = (uint8_t)(t->send_kind == SEND_FAULT ? LONG_NONE : below(3));
    if (t->send_kind == SEND_FAULT) {
        t->slow_reasons |= SLOW_FAULTED;
        t->fault_label = 1 + below(7), t->fault_address = number(), t->fault_error = below(32),
        t->fault_vector = 14;
    } else if (t->send_kind == SEND_ONLY) {
        t->resume = RESUME_SYSRET;
    }
    if (t->send_kind == SEND_CALL && t->send_long == LONG_WORDS_AND_CAPS)
        t->slow_reasons |= SLOW_GRANTS;
    if (ep->recv == kernel.slow_head) {
        ep->tail->next = t;
        t->prev = ep->tail;
    } else {
        ep->recv = kernel.slow_head;
        ep->send = t;
    }
    ep->tail = t;
}

void state_queue_receiver(struct endpoint *ep, struct tcb *t)
{
    t->wait = ref_endpoint(ep);
    t->resume = RESUME_SYSRET;
    t->reply_to = chance(2) ? kernel.nobody : thread(below(THREADS)); /* whom it answered last: means nothing */
    if (ep->recv == kernel.nobody) {
        ep->recv = t;
    } else {
        struct tcb *tail = ep->recv->slow_reasons & SLOW_FOLLOWED ? ep->recv_tail : ep->recv;
        ep->recv->slow_reasons |= SLOW_FOLLOWED;
        tail->next = t;
        t->prev = tail;
    }
    ep->recv_tail = t;
}

static void queue_at_notification(struct notification *n, struct tcb *t)
{
    t->wait = (uintptr_t)n | REF_NOTIFICATION;
    t->resume = RESUME_SYSRET;
    if (n->head) {
        struct tcb *tail = n->tail;
        n->head->slow_reasons |= SLOW_FOLLOWED;
        tail->next = t;
        t->prev = tail;
    } else {
        n->head = t;
    }
    n->tail = t;
}

static struct run_queue *queue_here(const struct tcb *t)
{
    return &kernel.queue[t->priority];
}

/* Where the kernel keeps a queue of ours. */
static struct run_queue *queue_there(unsigned priority)
{
    return (struct run_queue *)kernel.queue_address + priority;
}

static bool queue_empty(unsigned priority)
{
    return !(kernel.cpu->ready_bits[(priority + 1) / 64] >> (priority + 1) % 64 & 1);
}

void state_make_ready(struct tcb *t)
{
    struct run_queue *q = queue_here(t);
    t->wait = REF_READY;
    if (queue_empty(t->priority)) {
        kernel.cpu->ready_bits[(t->priority + 1) / 64] |= 1ull << (t->priority + 1) % 64;
        q->head = t;
    } else {
        q->tail->next = t;
        t->prev = q->tail;
    }
    q->tail = t;
}

/* As a fast path leaves threads: alone, or among others, who are perhaps settled. */
static void leave_unsettled(unsigned priority)
{
    struct run_queue *q = &kernel.queue[priority];
    bool alone = q->head == q->tail;
    for (struct tcb *t = q->head;; t = t->next) {
        if (!t->slow_reasons && t->resume == RESUME_SYSRET && !chance(4))
            t->wait = (chance(3) ? IN_LINE_NOTIFIED : IN_LINE_RETURNED) | (alone ? READY_ALONE : 0);
        if (t == q->tail)
            break;
    }
    if (q->head->wait & READY_ALONE)
        q->tail = thread(below(THREADS));
}

static void leave_all_unsettled(void)
{
    for (unsigned p = 0; p < 256; p++) {
        if (!queue_empty(p))
            leave_unsettled(p);
    }
}

/* The queues that are not empty, linked by priority. */
static void link_queues(void)
{
    struct run_queue *below_it = (struct run_queue *)kernel.no_queue_address;
    for (unsigned p = 0; p < 256; p++) {
        kernel.queue[p].key = p + 1;
        if (queue_empty(p))
            continue;
        kernel.queue[p].below = below_it;
        below_it = queue_there(p);
    }
    kernel.cpu->highest = below_it;
}

/* Does the thread wait to receive? Then reply_to means nothing, and nobody waits for its reply. */
static bool receives(const struct tcb *t)
{
    return t != running && t->wait & REF_ENDPOINT && endpoint_of(t->wait)->recv != kernel.slow_head;
}

static void wait_for_reply(struct tcb *t, struct tcb *of)
{
    t->wait = (uintptr_t)of;
    of->reply_to = t;
    if (chance(4)) {
        t->slow_reasons |= SLOW_FAULTED;
        t->resume = chance(4) ? RESUME_SYSRET : RESUME_IRET;
        t->fault_label = 1 + below(7), t->fault_address = number(), t->fault_error = below(32),
        t->fault_vector = 14;
    } else {
        t->resume = RESUME_SYSRET;
        if (chance(6))
            t->slow_reasons |= SLOW_GRANTS;
    }
}

static void save_reply(struct tcb *t, struct slot *s)
{
    slot_fill(s, TYPE_REPLY, 0, (uintptr_t)t, 0);
    t->wait = (uintptr_t)s | REF_SLOT;
    t->resume = RESUME_SYSRET;
}

/* A place for thread i > 0; the ones before it have theirs. */
static void place(unsigned i)
{
    struct tcb *t = thread(i), *other = thread(below(i));
    struct endpoint *ep = &arena->endpoint[below(ENDPOINTS)];
    struct slot *s = &arena->root[below(SPACES)][below(1 << ROOT_RADIX)];
    switch (below(8)) {
    case 0:
    case 1:
        if (t->priority <= running->priority)
            state_make_ready(t);
        break;
    case 2:
    case 3:
        if (ep->recv != kernel.slow_head)
            state_queue_receiver(ep, t);
        break;
    case 4:
        if (ep->recv == kernel.nobody || ep->recv == kernel.slow_head)
            state_queue_sender(ep, t);
        break;
    case 5:
        if (chance(2))
            other = running;
        if (other->reply_to == kernel.nobody && !receives(other))
            wait_for_reply(t, other);
        break;
    case 6:
        if (slot_empty(s) && chance(2))
            save_reply(t, s);
        else
            queue_at_notification(&arena->notification[below(NOTIFICATIONS)], t);
        break;
    default: break; /* stopped */
    }
}

/* What a running thread waited for last, which means nothing. */
static void leave_stale_wait(void)
{
    const uint64_t last[] = {0,
                             ref_endpoint(&arena->endpoint[below(ENDPOINTS)]),
                             (uintptr_t)&arena->notification[0] | REF_NOTIFICATION,
                             (uintptr_t)thread(1),
                             READY_RETURNED,
                             READY_NOTIFIED};
    running->wait = last[below(sizeof last / sizeof last[0])];
}

void state_bind(struct notification *n, struct tcb *t)
{
    n->bound = t;
    t->bound = n;
    if (t->slow_reasons & SLOW_SIGNALLED)
        return;
    if (n->head)
        n->head->slow_reasons |= SLOW_FOLLOWED;
    else
        n->head = kernel.slow_head;
}

/* Rather to a thread that waits to receive. */
static void bind_some(struct notification *n)
{
    struct tcb *t = thread(below(THREADS));
    for (unsigned tries = 0; tries < THREADS && !receives(t); tries++)
        t = thread(below(THREADS));
    if (t->bound || chance(2))
        return;
    if (chance(3) && !receives(t)) /* it was signalled, but perhaps others have taken the bits */
        t->slow_reasons |= SLOW_SIGNALLED;
    state_bind(n, t);
}

/* A cancellation is not done: it goes on at a sender before which none has its badge. */
static void cancel_some(struct endpoint *ep)
{
    if (ep->recv != kernel.slow_head || chance(2))
        return;
    ep->scan_badge = number();
    ep->scan = ep->send;
    while (ep->scan != ep->tail && ep->scan->send_badge != ep->scan_badge && chance(2))
        ep->scan = ep->scan->next;
}

static void signal_some(struct notification *n)
{
    if (!n->head && !chance(2))
        n->pending = chance(4) ? 1ull << below(64) : random_next() | 1;
}

/* ---- capabilities */

static uint64_t some_badge(void)
{
    return chance(2) ? 0 : number();
}

static void fill_slot(struct slot *s)
{
    unsigned e = below(ENDPOINTS), n = below(NOTIFICATIONS);
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        slot_fill(s, TYPE_ENDPOINT, chance(2) ? 7 : below(8), ref_endpoint(&arena->endpoint[e]), some_badge());
        break;
    case 5:
    case 10:
        slot_fill(s, TYPE_NOTIFICATION, chance(2) ? RIGHT_SIGNAL | RIGHT_WAIT : below(4) << 6,
                  (uintptr_t)&arena->notification[n], some_badge() | 1);
        break;
    case 6: slot_fill(s, TYPE_TCB, 0, (uintptr_t)thread(below(THREADS)), 0); break;
    case 7: slot_fill(s, TYPE_CNODE, 0, (uintptr_t)arena->inner, cnode_data(INNER_RADIX, 1, 1)); break;
    case 8: slot_fill(s, TYPE_FRAME, below(8) << 3, (uintptr_t)arena, 0); break;
    default: break;
    }
    if ((slot_type(s) == TYPE_ENDPOINT || slot_type(s) == TYPE_NOTIFICATION) &&
        chance(30)) /* half taken apart: no operation may work on it */
        s->prev |= (uint64_t)TYPE_DYING << SLOT_TYPE_SHIFT, s->prev &= (1ull << SLOT_RIGHTS_SHIFT) - 1;
}

static uint64_t link_after(struct slot *s, uint64_t before, struct slot *before_here)
{
    if (slot_empty(s))
        return before;
    slot_set_prev(s, (const struct slot *)(uintptr_t)before);
    slot_set_next(before_here, s);
    return (uintptr_t)s;
}

/* One list through all slots that are not empty, in no meaningful order. */
static void link_slots(void)
{
    struct slot *all = arena->root[0], *last = kernel.cap_list;
    uint64_t before = kernel.cap_list_address;
    size_t count = sizeof arena->root / sizeof *all + sizeof arena->inner / sizeof *all;
    for (size_t i = 0; i < count; i++) {
        uint64_t now = link_after(&all[i], before, last);
        if (now != before)
            last = &all[i];
        before = now;
    }
}

/* ---- what follows */

uint32_t state_ready_threshold(void)
{
    uint64_t at = (uint64_t)kernel.cpu->highest - kernel.queue_address;
    return state_nobody_ready() ? 1 : kernel.queue[at / sizeof *kernel.queue].key;
}

bool state_nobody_ready(void)
{
    return (uint64_t)kernel.cpu->highest == kernel.no_queue_address;
}

/* In queues with one thread the tail means nothing. */
static void forget_tails(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        struct endpoint *ep = &arena->endpoint[i];
        bool threads = ep->recv != kernel.nobody && ep->recv != kernel.slow_head;
        if (threads && !(ep->recv->slow_reasons & SLOW_FOLLOWED))
            ep->recv_tail = thread(below(THREADS));
    }
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        struct notification *n = &arena->notification[i];
        if (n->head && n->head != kernel.slow_head && !(n->head->slow_reasons & SLOW_FOLLOWED))
            n->tail = thread(below(THREADS));
    }
}

void state_finish(void)
{
    link_slots();
    link_queues();
    forget_tails();
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        bool second = !(t->slow_reasons & ~(uint32_t)SLOW_SECOND) || t->slow_reasons == SLOW_FAULTED;
        t->key = t->slow_reasons ? 0 : t->priority + 1u;
        t->extended_key = second ? t->priority + 1u : 0;
        t->queue = t->slow_reasons ? NULL : queue_there(t->priority);
    }
    bool never = running->slow_reasons & ~(uint32_t)SLOW_SECOND;
    kernel.cpu->threshold = never ? THRESHOLD_NEVER : state_ready_threshold() | running->slow_reasons;
    kernel.cpu->extended = running->extended;
    if (!running->extended && !extended_clears && !chance(3))
        kernel.cpu->extended = thread(below(THREADS))->extended;
}

void state_threads(void)
{
    uint64_t stack_top = kernel.cpu->stack_top;
    memset(arena, 0, sizeof *arena);
    memset(kernel.queue, 0, 256 * sizeof *kernel.queue);
    *kernel.cap_list = (struct slot){0};
    *kernel.cpu = (struct cpu){.stack_top = stack_top,
                               .queues = kernel.queue_address - sizeof *kernel.queue,
                               .slice_left = 1 + (int32_t)below(9),
                               .entry_stack = stack_top - ENTRY_STACK_BELOW,
                               .kernel_cr3 = KERNEL_CR3,
                               .cr0_barred = CR0_BARRED,
                               .cr4 = CR4_BASES_CLOSED,
                               .cr4_bases = CR4_BASES_OPEN};
    for (unsigned i = 0; i < THREADS; i++)
        make_thread(i);
    for (unsigned i = 0; i < ENDPOINTS; i++)
        arena->endpoint[i] = (struct endpoint){kernel.nobody, thread(0), thread(1), thread(2), NULL, 0, {0}};
    running = thread(0);
    kernel.cpu->current = running;
}

void state_capabilities(void)
{
    for (unsigned k = 0; k < SPACES; k++) {
        for (unsigned i = 1; i < 1 << ROOT_RADIX; i++) {
            if (slot_empty(&arena->root[k][i]))
                fill_slot(&arena->root[k][i]);
        }
    }
    for (unsigned i = 1; i < 1 << INNER_RADIX; i++)
        fill_slot(&arena->inner[i]);
}

void state_random(void)
{
    state_threads();
    if (chance(24)) {
        running->slow_reasons |= SLOW_OWES;
        kernel.cpu->slice_left = 0;
    }
    for (unsigned i = 1; i < THREADS; i++)
        place(i);
    leave_stale_wait();
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        bind_some(&arena->notification[i]);
        signal_some(&arena->notification[i]);
    }
    for (unsigned i = 0; i < ENDPOINTS; i++)
        cancel_some(&arena->endpoint[i]);
    state_capabilities();
    leave_all_unsettled();
    state_finish();
}

/* ---- the call */

static uint64_t some_capability(void)
{
    uint64_t address = (uint64_t)below(1 << ROOT_RADIX) << SLOT_BITS;
    switch (below(24)) {
    case 0: return address | 1u << below(5);
    case 1: return address | 1ull << (SLOT_BITS + ROOT_RADIX + below(55));
    case 2: return address | (uint64_t)(1 | below(1 << INNER_RADIX) << 1) << (SLOT_BITS + ROOT_RADIX);
    case 3: return number();
    default: return address;
    }
}

/* Can the fast path of this operation do something with that capability? */
static bool suits(const struct slot *s, uint64_t operation)
{
    const struct endpoint *ep = endpoint_of(s->object);
    switch (operation) {
    case SYS_CALL: return ep->recv != kernel.nobody && ep->recv != kernel.slow_head;
    case SYS_RECV:
    case SYS_REPLY_RECV: return ep->recv == kernel.nobody;
    case SYS_SIGNAL: return notification_of(s)->head;
    default: return !notification_of(s)->head;
    }
}

/* What the operation needs, if the running thread has it; better yet where the fast path can do something. */
static uint64_t right_capability(uint64_t operation)
{
    const struct tcb *t = kernel.cpu->current;
    uint64_t found = some_capability();
    bool receives_there = operation == SYS_REPLY_RECV || operation == SYS_RECV;
    unsigned type = operation == SYS_CALL || receives_there ? TYPE_ENDPOINT : TYPE_NOTIFICATION;
    unsigned right = operation == SYS_CALL     ? RIGHT_SEND
                     : receives_there          ? RIGHT_RECV
                     : operation == SYS_SIGNAL ? RIGHT_SIGNAL
                                               : RIGHT_WAIT;
    for (unsigned tries = 0; tries < 3 << ROOT_RADIX; tries++) {
        unsigned i = below(1 << ROOT_RADIX);
        const struct slot *s = &t->cspace[i];
        if (slot_type(s) != type || !(slot_rights(s) & right))
            continue;
        found = (uint64_t)i << SLOT_BITS;
        if (suits(s, operation))
            break;
    }
    return found;
}

static uint64_t some_operation(void)
{
    static const uint64_t others[] = {SYS_NULL,    SYS_SEND,           SYS_REPLY,         SYS_YIELD,
                                      SYS_WAIT,    SYS_SIGNAL,         SYS_POLL,          SYS_SEND_NB,
                                      SYS_RECV_NB, SYS_THREAD_SUSPEND, SYS_THREAD_RESUME, SYS_REPLY_SAVE};
    static const uint64_t fast[] = {SYS_CALL, SYS_REPLY_RECV, SYS_SIGNAL,       SYS_YIELD,
                                    SYS_WAIT, SYS_NULL,       SYS_CAP_IDENTIFY, SYS_RECV};
    switch (below(26)) {
    case 0: return SYS_CAP_IDENTIFY;
    case 1:
    case 2: return others[below(sizeof others / sizeof others[0])];
    case 3: return fast[below(sizeof fast / sizeof fast[0])] | 1ull << (32 + below(32));
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9: return SYS_REPLY_RECV;
    case 10:
    case 11:
    case 12:
    case 13: return SYS_SIGNAL;
    case 14:
    case 15: return SYS_YIELD;
    case 16:
    case 17:
    case 18: return SYS_WAIT;
    case 19:
    case 20: return SYS_RECV;
    default: return SYS_CALL;
    }
}

void state_call(struct registers *user)
{
    for (unsigned i = 0; i < GENERAL; i++)
        user->general[i] = number();
    user->general[RAX] = some_operation();
    user->general[RDI] = chance(2) ? some_capability() : right_capability(user->general[RAX]);
    user->general[RCX] = user_address();
    user->cr3 = kernel.cpu->current->cr3 & ~(1ull << 63);
}

void state_fault(struct registers *user, struct fault *fault)
{
    state_call(user);
    *fault = (struct fault){.error = below(32),
                            .rip = user_address(),
                            .cs = 0x23,
                            .rflags = 0x202 | below(2) << 16,
                            .rsp = number(),
                            .ss = 0x1b,
                            .cr2 = number()};
    if (chance(32))
        fault->cs = 8, fault->ss = 0; /* the kernel's own */
    user->general[RCX] = number();
    user->general[RSP] = fault->rsp;
}

void state_print(const struct registers *user)
{
    fprintf(stderr, "  current thread %ld; threshold %x, highest %x\n",
            (long)((union thread *)kernel.cpu->current - arena->thread), kernel.cpu->threshold,
            state_ready_threshold());
    for (unsigned i = 0; i < THREADS; i++) {
        const struct tcb *t = thread(i);
        fprintf(stderr, "  thread %u: priority %u key %x slow %x wait %lx reply_to %p resume %u\n", i,
                t->priority, t->key, t->slow_reasons, t->wait, (void *)t->reply_to, t->resume);
    }
    for (unsigned i = 0; i < GENERAL; i++)
        fprintf(stderr, "  %s %lx%s", register_names[i], user->general[i], i % 4 == 3 ? "\n" : "");
}
