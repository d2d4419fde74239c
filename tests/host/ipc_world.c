#include "ipc_world.h"

#include <stdlib.h>
#include "cap/words.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/thread.h"
#include "thread/sched.h"
#include "world.h"

enum { FIRST_TCB = 60, FIRST_EP = 8, NESTED = 40 };

struct tcb *ipc_thread[MODEL_THREADS];
unsigned ipc_threads;
static struct endpoint *endpoints[MODEL_ENDPOINTS];
static struct slot *nested_slots;

static unsigned cap_slot(unsigned endpoint, unsigned kind)
{
    return FIRST_EP + endpoint * CAP_KINDS + kind;
}

static uint64_t badge_of(unsigned endpoint, unsigned kind)
{
    return kind == CAP_BADGED ? 0x8000000000000000 | (endpoint + 77) : 0;
}

static unsigned rights_of(unsigned kind)
{
    static const unsigned rights[CAP_KINDS] = {RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT, RIGHT_SEND, RIGHT_RECV,
                                               RIGHT_GRANT};
    return rights[kind];
}

static void make_endpoint(unsigned e)
{
    endpoints[e] = world_object(cap_slot(e, CAP_FULL), TYPE_ENDPOINT, 0);
    struct slot *full = &world[cap_slot(e, CAP_FULL)];
    for (unsigned kind = CAP_BADGED; kind < CAP_KINDS; kind++) {
        struct slot *s = &world[cap_slot(e, kind)];
        slot_fill(s, TYPE_ENDPOINT, rights_of(kind), full->object, badge_of(e, kind));
        derive_insert(full, s, 0);
    }
    derive_copy(&nested_slots[e], full, slot_rights(full));
}

void ipc_reset(unsigned threads, const unsigned *priority)
{
    world_reset();
    model_reset();
    nested_slots = world_object(NESTED, TYPE_CNODE, 3);
    world[NESTED].data = cnode_data(3, 2, 3);
    for (unsigned e = 0; e < MODEL_ENDPOINTS; e++)
        make_endpoint(e);
    ipc_threads = threads;
    for (unsigned i = 0; i < threads; i++) {
        struct tcb *t = ipc_thread[i] = world_thread(FIRST_TCB + i, priority[i]);
        slot_fill(&t->slots[TCB_SPACE], TYPE_ADDRESS_SPACE, 0, 0x5000, 1);
        model.thread[i].priority = (int)priority[i];
        if (i % 2) {
            derive_copy(&t->slots[TCB_FAULT], &world[cap_slot(MODEL_ENDPOINTS - 1, CAP_BADGED)], RIGHT_SEND);
            model.thread[i].handler = MODEL_ENDPOINTS - 1;
            model.thread[i].handler_badge = badge_of(MODEL_ENDPOINTS - 1, CAP_BADGED);
        }
        t->rflags = FLAGS_AFTER_SYSCALL;
        model.thread[i].r.rflags = FLAGS_AFTER_SYSCALL;
    }
}

uint64_t ipc_address(unsigned endpoint, unsigned kind, bool nested)
{
    const uint64_t none[NO_CAPS] = {at(5), at(SLOT_CNODE), at(WORLD_SLOTS + cap_slot(endpoint, 0)),
                                    at(cap_slot(endpoint, 0)) | 8};
    if (kind >= CAP_KINDS)
        return none[kind - CAP_KINDS];
    if (nested && kind == CAP_FULL && endpoint > 0)
        return at(NESTED | 3u << WORLD_RADIX | (uint64_t)endpoint << (WORLD_RADIX + 2));
    return at(cap_slot(endpoint, kind));
}

static struct model_cap model_of(unsigned endpoint, unsigned kind)
{
    if (kind >= CAP_KINDS)
        return (struct model_cap){.error = kind == CAP_KINDS + 1 ? ERR_WRONG_TYPE : ERR_BAD_CAP};
    return (struct model_cap){(int)endpoint, rights_of(kind), badge_of(endpoint, kind), 0};
}

/* The running thread has computed something. */
static void compute(void)
{
    uint64_t *word = (uint64_t *)(void *)&user;
    for (unsigned i = 0; i < sizeof user / sizeof *word; i++)
        word[i] = random_next();
}

static void begin(uint64_t rax, uint64_t rdi)
{
    compute();
    user.rax = rax;
    user.rdi = rdi;
    model.thread[model.running].r = user;
}

static void compare_ready(void)
{
    struct model_list left = model.ready;
    for (int i = 0; i < left.length; i++) {
        CHECK(sched_ready(ipc_thread[left.member[i]]));
        bool next = i + 1 < left.length;
        const struct tcb *t = ipc_thread[left.member[i]];
        if (next && ipc_thread[left.member[i + 1]]->priority == t->priority)
            CHECK(t->next == ipc_thread[left.member[i + 1]]);
        CHECK_NUMBER("slice of a ready thread", t->slice_left, model.thread[left.member[i]].slice);
    }
}

static void compare_thread(unsigned i)
{
    const struct model_thread *m = &model.thread[i];
    const struct tcb *t = ipc_thread[i];
    bool waits = t != cpu.current && !sched_ready(t) && t->wait;
    CHECK_NUMBER("runs", t == cpu.current, m->state == RUNNING);
    CHECK_NUMBER("ready", sched_ready(t), m->state == READY);
    CHECK_NUMBER("waits", waits, m->state == SENDING || m->state == RECEIVING || m->state == AWAITING_REPLY);
    if (waits && (m->state == SENDING || m->state == RECEIVING)) {
        CHECK(t->wait == ref_endpoint(endpoints[m->endpoint]));
        CHECK_NUMBER("waits to send", endpoints[m->endpoint]->recv == SLOW_HEAD, m->state == SENDING);
    }
    if (waits && m->state == AWAITING_REPLY)
        CHECK(t->wait == (uintptr_t)ipc_thread[m->server]);
    if (m->state != RECEIVING)
        CHECK(t->reply_to == (m->client == NOBODY_AT_ALL ? NOBODY : ipc_thread[m->client]));
    bool awaits = m->state == SENDING || m->state == AWAITING_REPLY;
    CHECK_NUMBER("faulted", (t->slow_reasons & SLOW_FAULTED) != 0, awaits && m->kind == SEND_FAULT);
}

static void compare_queue(unsigned e)
{
    const struct model_list *q = &model.queue[e];
    const struct endpoint *ep = endpoints[e];
    if (q->length == 0) {
        CHECK(ep->recv == NOBODY);
        return;
    }
    const struct tcb *t = ep->recv == SLOW_HEAD ? ep->send : ep->recv;
    for (int i = 0; i < q->length; i++, t = t->next) {
        CHECK(t == ipc_thread[q->member[i]]);
        if (t != ipc_thread[q->member[i]])
            return;
    }
}

static void compare_registers(const struct registers *wanted)
{
    static const char *const names[] = {"rax", "rdi", "rsi", "rdx", "r8",  "r9",  "r10", "r12", "r13",
                                        "r14", "r15", "rbx", "rcx", "r11", "rip", "rsp", "rbp", "rflags"};
    const uint64_t *a = (const void *)&user, *b = (const void *)wanted;
    _Static_assert(sizeof user / sizeof *a == sizeof names / sizeof names[0], "a name for each register");
    for (unsigned i = 0; i < sizeof user / sizeof *a; i++)
        CHECK_NUMBER(names[i], a[i], b[i]);
}

static void compare(void)
{
    const struct tcb *runs = model.running == NOBODY_AT_ALL ? &idle_tcb : ipc_thread[model.running];
    CHECK(cpu.current == runs);
    if (test_state.failing)
        return;
    for (unsigned i = 0; i < ipc_threads; i++)
        compare_thread(i);
    if (test_state.failing)
        return;
    compare_ready();
    for (unsigned e = 0; e < MODEL_ENDPOINTS; e++)
        compare_queue(e);
    if (model.running != NOBODY_AT_ALL) {
        compare_registers(&model.thread[model.running].r);
        CHECK_NUMBER("slice", cpu.slice_left, model.slice);
    }
    check_world(ipc_thread, ipc_threads, endpoints, MODEL_ENDPOINTS);
    if (!test_state.failing)
        user_scramble(ipc_thread, ipc_threads, endpoints, MODEL_ENDPOINTS);
}

void ipc_operation(uint64_t op, unsigned endpoint, unsigned kind, bool nested, bool fast)
{
    begin(op, op == SYS_REPLY ? 0 : ipc_address(endpoint, kind, nested)); /* a reply names no endpoint */
    struct model_cap cap = model_of(endpoint, kind);
    switch (op) {
    case SYS_SEND: model_send(cap, SEND_ONLY); break;
    case SYS_CALL: model_send(cap, SEND_CALL); break;
    case SYS_RECV: model_recv(cap); break;
    case SYS_REPLY: model_reply(); break;
    case SYS_REPLY_RECV: model_reply_recv(cap); break;
    default: abort();
    }
    user_syscall(fast);
    compare();
}

void ipc_yield(void)
{
    begin(SYS_YIELD, 0);
    model_result(0);
    model_yield();
    user_syscall(true);
    compare();
}

void ipc_suspend(int t)
{
    begin(SYS_THREAD_SUSPEND, at(FIRST_TCB + (unsigned)t));
    model_suspend(t);
    user_syscall(true);
    compare();
}

void ipc_resume(int t)
{
    begin(SYS_THREAD_RESUME, at(FIRST_TCB + (unsigned)t));
    model_resume(t);
    user_syscall(true);
    compare();
}

void ipc_set_entry(int t)
{
    const struct registers entry = {
        .rdi = random_next(), .rip = random_next() % USER_TOP, .rsp = random_next() % USER_TOP};
    begin(SYS_THREAD_SET_ENTRY, at(FIRST_TCB + (unsigned)t));
    user.rsi = entry.rip, user.word[0] = entry.rsp, user.word[1] = entry.rdi;
    model.thread[model.running].r = user;
    model_set_entry(t, &entry);
    user_syscall(true);
    compare();
}

void ipc_fault(void)
{
    begin(random_next(), random_next());
    struct registers m = {.rsi = FAULT_PAGE,
                          .word = {random_next(), user.rip, random_next(), user.rsp, 14, user.rflags}};
    model_fault(&m);
    user_fault(FAULT_PAGE, m.word[0], m.word[2], m.word[4]);
    compare();
}

/* A number that is no system call is a fault, too, but the thread is past SYSCALL, which has taken rcx and
 * r11. */
void ipc_bad_syscall(void)
{
    static const uint64_t numbers[] = {0x3f, 0x1f, 0x2f, 0x5f, 0x100, 0x1000000003, ~0ull};
    begin(numbers[random_below(7)], random_next());
    struct registers *r = &model.thread[model.running].r;
    r->rcx = r->rip, r->r11 = r->rflags = FLAGS_AFTER_SYSCALL;
    struct registers m = {.rsi = FAULT_SYSCALL, .word = {r->rax, r->rip, 0, r->rsp, 0, FLAGS_AFTER_SYSCALL}};
    model_fault(&m);
    user_syscall(true);
    compare();
}

void ipc_tick(void)
{
    if (model.running != NOBODY_AT_ALL)
        begin(random_next(), random_next());
    model_tick();
    user_tick();
    compare();
}

void ipc_destroy_endpoint(unsigned endpoint)
{
    slot_delete(&nested_slots[endpoint]);
    for (unsigned kind = 0; kind < CAP_KINDS; kind++) {
        begin(SYS_CAP_DELETE, at(SLOT_CNODE));
        user.rsi = model.thread[model.running].r.rsi = cap_slot(endpoint, kind);
        model_result(0);
        if (kind == CAP_KINDS - 1)
            model_cancel_endpoint((int)endpoint);
        user_syscall(true);
        compare();
    }
    make_endpoint(endpoint);
}

void ipc_start(int t)
{
    if (model.thread[t].state != STOPPED)
        return;
    user_interrupt();
    model_wake(t);
    sched_wake(ipc_thread[t]);
    user_run();
    compare();
}

void ipc_halt(int t)
{
    if (model.running != NOBODY_AT_ALL)
        return;
    model_halt(t);
    tcb_stop(ipc_thread[t]);
    compare();
}
