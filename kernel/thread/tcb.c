/* What a thread is, in its control block. */
#include "thread/tcb.h"

#include "arch/arch.h"
#include "cap/words.h"
#include "thread/sched.h"

const struct tcb nobody_tcb = {.slow_reasons = SLOW_IDLE, .reply_to = NOBODY};
const struct tcb slow_head_tcb = {.slow_reasons = SLOW_IDLE, .reply_to = NOBODY};

/* The CSpace of a thread that has none: one slot that is always empty. */
static struct slot empty_cspace;

static void key_changed(struct tcb *t)
{
    t->key = t->slow_reasons ? 0 : t->priority + 1u;
    t->queue = t->slow_reasons ? NULL : &queues[t->priority];
    if (t == cpu.current)
        sched_current_changed();
}

void tcb_set_slow(struct tcb *t, uint32_t reason)
{
    if (sched_ready(t))
        sched_settle(t);
    t->slow_reasons |= reason;
    key_changed(t);
}

void tcb_clear_slow(struct tcb *t, uint32_t reason)
{
    t->slow_reasons &= ~reason;
    key_changed(t);
}

void tcb_set_priority(struct tcb *t, unsigned priority)
{
    bool was_ready = sched_ready(t);
    if (was_ready)
        sched_dequeue(t);
    t->priority = (uint8_t)priority;
    key_changed(t);
    if (was_ready)
        sched_wake(t);
    else if (t == cpu.current)
        sched_reconsider();
}

void tcb_extended_changed(struct tcb *t)
{
    if (t->extended || t->fs_base || t->gs_base)
        tcb_set_slow(t, SLOW_EXTENDED);
    else
        tcb_clear_slow(t, SLOW_EXTENDED);
    if (t == cpu.current)
        arch_extended_load(t->extended, t->fs_base, t->gs_base);
}

void tcb_init(struct tcb *t)
{
    t->slice_ticks = (int32_t)SLICE_TICKS;
    t->reply_to = NOBODY;
    t->rflags = FLAGS_AFTER_SYSCALL;
    t->resume = RESUME_IRET;
    for (unsigned i = 0; i < TCB_SLOTS; i++)
        t->slots[i].next = SLOT_IN_TCB;
    t->cspace = &empty_cspace;
    t->cr3 = arch_kernel_cr3();
    t->key = 1; /* priority 0 */
    t->queue = &queues[0];
}

void tcb_slots_changed(struct tcb *t)
{
    const struct slot *cspace = &t->slots[TCB_CSPACE], *space = &t->slots[TCB_SPACE];
    const struct slot *buffer = &t->slots[TCB_BUFFER];
    bool has_cspace = slot_type(cspace) == TYPE_CNODE, has_space = slot_type(space) == TYPE_ADDRESS_SPACE;
    t->cspace = has_cspace ? cnode_slots(cspace) : &empty_cspace;
    t->cspace_mask = has_cspace ? ((1u << cnode_radix(cspace)) - 1) << SLOT_BITS : 0;
    t->buffer = slot_type(buffer) == TYPE_FRAME ? (struct ipc_buffer *)(uintptr_t)buffer->object : NULL;
    const struct slot *state = &t->slots[TCB_EXTENDED];
    void *extended = slot_type(state) == TYPE_EXTENDED_STATE ? (void *)(uintptr_t)state->object : NULL;
    if (extended != t->extended) {
        t->extended = extended;
        tcb_extended_changed(t);
    }
    t->cr3 = has_space ? arch_space_cr3(space) : arch_kernel_cr3();
}

void tcb_end_wait(struct tcb *t, long rax, uint64_t rdi)
{
    t->rax = (uint64_t)rax;
    t->rdi = rdi;
    t->rsi = t->rdx = t->r8 = t->r9 = t->r10 = 0;
    t->r12 = t->r13 = t->r14 = t->r15 = t->rbx = 0;
    t->resume = RESUME_SYSRET;
}

bool tcb_stopped(const struct tcb *t)
{
    return t != cpu.current && t->wait == 0;
}
