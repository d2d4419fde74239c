#include "world.h"

#include "abi/handlers.h"
#include "cap/words.h"
#include "entry/trap.h"
#include "object/derive.h"
#include "object/irq.h"
#include "object/space.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/sched.h"

struct slot *world;

/* The spaces that world_object made: their numbers must go back, the kernel's table of them outlives the world.
 */
static _Alignas(32) struct slot spaces[64];
static unsigned space_count;

void world_reset(void)
{
    while (space_count) {
        struct slot *s = &spaces[--space_count];
        while (slot_next(s))
            slot_delete(slot_next(s));
        slot_delete(s);
    }
    host_reset();
    timer_first = NULL;
    memset(irq_handlers, 0, sizeof irq_handlers);
    static uint64_t stack[1];
    cpu = (struct cpu){.stack_top = (uintptr_t)(stack + 1)};
    sched_init();
    world = host_memory(sizeof(struct slot) << WORLD_RADIX);
    slot_fill(&world[SLOT_CNODE], TYPE_CNODE, 0, (uintptr_t)world, cnode_data(WORLD_RADIX, 0, 0));
    slot_set_flags(&world[SLOT_CNODE], SLOT_REVOCABLE);
}

void *world_object(unsigned i, unsigned type, unsigned size_bits)
{
    void *memory = host_memory((size_t)1 << object_bits(type, size_bits));
    struct slot *s = &world[i];
    if (type == TYPE_ADDRESS_SPACE) { /* held by a slot of ours, so that world_reset can release it */
        s = &spaces[space_count++];
        *s = (struct slot){0};
    }
    object_make(s, type, size_bits, (uintptr_t)memory);
    slot_set_flags(s, SLOT_REVOCABLE | SLOT_FIRST_BADGED);
    if (type == TYPE_ADDRESS_SPACE)
        derive_copy(&world[i], s, 0);
    return memory;
}

struct tcb *world_thread(unsigned slot, unsigned priority)
{
    struct tcb *t = world_object(slot, TYPE_TCB, 0);
    derive_copy(&t->slots[TCB_CSPACE], &world[SLOT_CNODE], 0);
    tcb_slots_changed(t);
    t->ceiling = 255;
    tcb_set_priority(t, priority);
    return t;
}

struct tcb *world_caller(unsigned slot, unsigned priority)
{
    struct tcb *t = world_thread(slot, priority);
    sched_wake(t);
    return t;
}

/* A call that is started again has its rip put back on the SYSCALL: this is done here while its thread runs. */
static long dispatch(void)
{
    struct tcb *t = cpu.current;
    const uint64_t rip = t->rip;
    for (;;) {
        t->resume = RESUME_SYSRET;
        syscall_dispatch(t);
        if (t != cpu.current || t->rip == rip)
            return (long)t->rax;
        t->rip = rip;
    }
}

long sys(uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r8, uint64_t r9, uint64_t r10)
{
    struct tcb *t = cpu.current;
    t->rax = op, t->rdi = rdi, t->rsi = rsi, t->rdx = rdx;
    t->r8 = r8, t->r9 = r9, t->r10 = r10;
    return dispatch();
}

void sys_once(uint64_t op, uint64_t rdi, uint64_t rsi)
{
    struct tcb *t = cpu.current;
    t->rax = op, t->rdi = rdi, t->rsi = rsi;
    t->resume = RESUME_SYSRET;
    syscall_dispatch(t);
}

long sys_again(void)
{
    cpu.current->rip += SYSCALL_BYTES;
    return dispatch();
}

void check_refused(const char *what, long error, uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx,
                   uint64_t r8, uint64_t r9, uint64_t r10)
{
    struct tcb *t = cpu.current;
    t->rax = 0, t->rdi = rdi, t->rsi = rsi, t->rdx = rdx;
    t->r8 = r8, t->r9 = r9, t->r10 = r10;
    t->resume = RESUME_SYSRET;
    host_remember();
    CHECK_NUMBER(what, sys(op, rdi, rsi, rdx, r8, r9, r10), error);
    t->rax = 0;
    if (!host_unchanged())
        CHECK_STRING(what, "the error changed something", "nothing changes");
}
