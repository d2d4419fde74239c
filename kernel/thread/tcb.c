/* What a thread is, in its control block. */
#include "thread/tcb.h"

#include "arch/arch.h"
#include "cap/words.h"
#include "thread/sched.h"

const struct tcb nobody_tcb = {.slow_reasons = SLOW_IDLE, .reply_to = NOBODY};
const struct tcb slow_head_tcb = {.slow_reasons = SLOW_IDLE, .reply_to = NOBODY};

/* The CSpace of a thread that has none: one slot that is always empty. */
static struct slot empty_cspace;

/* Two fast paths put SLOW_FAULTED on a thread without any other and take it off: then this stays as it is. */
static uint32_t extended_key(const struct tcb *t)
{
    bool second = !(t->slow_reasons & ~(uint32_t)SLOW_SECOND) || t->slow_reasons == SLOW_FAULTED;
    return second ? t->priority + 1u : 0;
}

static void key_changed(struct tcb *t)
{
    t->key = t->slow_reasons ? 0 : t->priority + 1u;
    t->extended_key = extended_key(t);
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
    tcb_clear_slow(t, was_ready ? SLOW_OWES : 0); /* it gets a new slice; its key changes in any case */
    if (was_ready)
        sched_wake(t);
    else if (t == cpu.current)
        sched_reconsider();
}

static void set_second(struct tcb *t, uint32_t which, bool has)
{
    uint32_t second = (t->slow_reasons & SLOW_SECOND & ~which) | (has ? which : 0);
    bool by_c =
        (second & SLOW_STATE && !arch_extended_is_fast()) || (second & SLOW_BASES && !arch_bases_are_fast());
    tcb_clear_slow(t, SLOW_SECOND | SLOW_EXTENDED);
    tcb_set_slow(t, second | (by_c ? SLOW_EXTENDED : 0));
}

void tcb_set_bases(struct tcb *t, uint64_t fs_base, uint64_t gs_base)
{
    bool had = t->slow_reasons & SLOW_BASES;
    t->fs_base = fs_base;
    t->gs_base = gs_base;
    set_second(t, SLOW_BASES, fs_base || gs_base);
    if (t == cpu.current)
        tcb_load_bases(t, had);
}

/* Its old state may be another thread's next, or not be at all any more: the CPU does not hold it any longer. The running
   thread may have the same. */
static void set_extended(struct tcb *t, void *extended)
{
    if (t->extended == extended)
        return;
    arch_extended_leave(t->extended);
    t->extended = extended;
    set_second(t, SLOW_STATE, extended);
    arch_extended_load(cpu.current->extended);
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
    t->key = t->extended_key = 1; /* priority 0 */
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
    set_extended(t, slot_type(state) == TYPE_EXTENDED_STATE ? (void *)(uintptr_t)state->object : NULL);
    uint64_t cr3 = has_space ? arch_space_cr3(space) : arch_kernel_cr3();
    if (cr3 != t->cr3 && *cpu_caller() == (uintptr_t)t)
        *cpu_caller() |= CALLER_SPACE_CHANGED;
    t->cr3 = cr3;
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
