#include "user_cpu.h"

#include "abi/abi.h"
#include "debug/debug.h"
#include "entry/trap.h"
#include "ipc/ipc.h"
#include "object/endpoint.h"
#include "thread/sched.h"

struct registers user;

static uint64_t nonsense(void)
{
    static uint64_t last;
    last = last * 0x5851f42d4c957f2d + 1;
    return last | 0xbad0000000000001;
}

static struct tcb *bad_thread(void)
{
    return (struct tcb *)(uintptr_t)0x6bad0000;
}

static void save_common(struct tcb *t)
{
    t->rip = user.rip, t->rsp = user.rsp, t->rbp = user.rbp;
    t->rax = user.rax, t->rbx = user.rbx, t->rdi = user.rdi, t->rsi = user.rsi;
    t->rdx = user.word[0], t->r8 = user.word[1], t->r9 = user.word[2], t->r10 = user.word[3];
    t->r12 = user.word[4], t->r13 = user.word[5], t->r14 = user.word[6], t->r15 = user.word[7];
}

static void save_all(struct tcb *t)
{
    save_common(t);
    t->rcx = user.rcx, t->r11 = user.r11, t->rflags = user.rflags;
    t->resume = RESUME_IRET;
}

void user_interrupt(void)
{
    if (cpu.current != &idle_tcb)
        save_all(cpu.current);
}

static void after_sysret(void)
{
    user.rcx = user.rip;
    user.r11 = user.rflags = FLAGS_AFTER_SYSCALL;
}

struct registers user_of(const struct tcb *t)
{
    return (struct registers){.rax = t->rax,
                              .rdi = t->rdi,
                              .rsi = t->rsi,
                              .rbx = t->rbx,
                              .word = {t->rdx, t->r8, t->r9, t->r10, t->r12, t->r13, t->r14, t->r15},
                              .rcx = t->rcx,
                              .r11 = t->r11,
                              .rip = t->rip,
                              .rsp = t->rsp,
                              .rbp = t->rbp,
                              .rflags = t->rflags};
}

void user_run(void)
{
    const struct tcb *t = cpu.current;
    if (t == &idle_tcb)
        return;
    assert(t->resume == RESUME_SYSRET || t->resume == RESUME_IRET);
    user = user_of(t);
    if (t->resume == RESUME_SYSRET)
        after_sysret();
}

/* The slot that the address names in the root CNode, as in fastpath.inc; NULL: bail. */
static const struct slot *fast_lookup(const struct tcb *t, unsigned right)
{
    uint64_t index = user.rdi & t->cspace_mask;
    const struct slot *s = (const void *)((const char *)t->cspace + index);
    return index == user.rdi && slot_rights(s) & right ? s : NULL;
}

static void fast_switch(struct tcb *from, struct tcb *to, uint64_t badge)
{
    from->rip = user.rip, from->rsp = user.rsp, from->rbp = user.rbp;
    cpu.current = to;
    user.rip = to->rip, user.rsp = to->rsp, user.rbp = to->rbp;
    user.rax = user.rbx = 0;
    user.rdi = badge;
    after_sysret();
}

static bool fast_call(struct tcb *t)
{
    const struct slot *s = fast_lookup(t, RIGHT_SEND);
    if (!s)
        return false;
    struct endpoint *ep = endpoint_of(s->object);
    struct tcb *receiver = ep->recv;
    if (receiver->key < cpu.threshold)
        return false;
    t->wait = (uintptr_t)receiver;
    receiver->reply_to = t;
    ep->recv = NOBODY;
    fast_switch(t, receiver, s->data);
    return true;
}

static bool fast_reply_recv(struct tcb *t)
{
    const struct slot *s = fast_lookup(t, RIGHT_RECV);
    if (!s)
        return false;
    struct endpoint *ep = endpoint_of(s->object);
    struct tcb *to = t->reply_to;
    if (ep->recv != NOBODY || to->key < cpu.threshold)
        return false;
    ep->recv = t;
    t->wait = s->object;
    fast_switch(t, to, 0);
    return true;
}

void user_syscall(bool fast)
{
    struct tcb *t = cpu.current;
    if (fast && ((user.rax == SYS_CALL && fast_call(t)) || (user.rax == SYS_REPLY_RECV && fast_reply_recv(t))))
        return;
    save_common(t);
    t->resume = RESUME_SYSRET;
    syscall_dispatch(t);
    user_run();
}

void user_fault(unsigned label, uint64_t address, uint64_t error, uint64_t vector)
{
    save_all(cpu.current);
    fault_raise(cpu.current, label, address, error, vector);
    user_run();
}

void user_tick(void)
{
    user_interrupt();
    sched_tick();
    user_run();
}

static void scramble_registers(struct tcb *t)
{
    t->rip = nonsense(), t->rsp = nonsense(), t->rbp = nonsense();
    t->rax = nonsense(), t->rbx = nonsense(), t->rcx = nonsense(), t->r11 = nonsense(), t->rflags = nonsense();
    t->rdi = nonsense(), t->rsi = nonsense(), t->rdx = nonsense(), t->r8 = nonsense(), t->r9 = nonsense();
    t->r10 = nonsense(), t->r12 = nonsense(), t->r13 = nonsense(), t->r14 = nonsense(), t->r15 = nonsense();
}

/* What the end of the wait brings. */
static void scramble_beside_message(struct tcb *t)
{
    t->rax = nonsense(), t->rdi = nonsense(), t->rbx = nonsense();
    t->rcx = nonsense(), t->r11 = nonsense(), t->rflags = nonsense();
    t->resume = RESUME_IDLE;
}

void user_scramble_thread(struct tcb *t)
{
    bool runs = t == cpu.current, waits = !runs && !sched_ready(t) && t->wait != 0;
    bool queued = waits && t->wait & (REF_ENDPOINT | REF_NOTIFICATION);
    bool sends = waits && t->wait & REF_ENDPOINT && endpoint_of(t->wait)->recv == SLOW_HEAD;
    if (runs) {
        scramble_registers(t);
        t->wait = nonsense();
    }
    if (!sched_ready(t))
        t->slice_left = -7;
    if (!queued && !sched_ready(t))
        t->next = t->prev = bad_thread();
    if (waits && t->wait & REF_ENDPOINT && !sends)
        t->reply_to = bad_thread();
    if (!sends)
        t->send_kind = 0xee, t->send_badge = nonsense();
    else if (t->send_kind == SEND_CALL)
        scramble_beside_message(t);
    if (!(t->slow_reasons & SLOW_FAULTED))
        t->fault_label = t->fault_address = t->fault_error = t->fault_vector = nonsense();
}

void user_scramble_endpoint(struct endpoint *ep)
{
    if (ep->recv == SLOW_HEAD) {
        ep->recv_tail = bad_thread();
        ep->send->prev = ep->tail->next = bad_thread();
        return;
    }
    ep->send = ep->tail = bad_thread();
    if (ep->recv == NOBODY || !(ep->recv->slow_reasons & SLOW_FOLLOWED)) {
        ep->recv_tail = bad_thread();
        if (ep->recv != NOBODY)
            ep->recv->next = ep->recv->prev = bad_thread();
        return;
    }
    ep->recv->prev = ep->recv_tail->next = bad_thread();
}
