/* The first state, and the inputs: step.py. */
#include "kernel.h"

#include <string.h>
#include "abi/handlers.h"
#include "arch_host.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/io_port.h"
#include "object/irq.h"
#include "object/space.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/sched.h"

/* What world.py says, too. */
enum {
    ROOT_RADIX = 6,
    ROOT_TCB = 0x800,
    ROOT_SPACE = 0x1000,
    DEVICE = 0x4000,
    DEVICE_BITS = 13,
    MEMORY = 0x10000,
    MEMORY_BITS = 16,
    SLOT_MEMORY = CAP_FIRST_FREE,
    SLOT_DEVICE_MEMORY,
    ROOT_PRIORITY = 2,
};

static struct slot *last; /* of the boot's capabilities */

static struct slot *grant(unsigned i, unsigned type, uint64_t object, uint64_t data)
{
    struct slot *s = (struct slot *)ARENA + i;
    slot_fill(s, type, 0, object, data);
    derive_fill(last, s, s->prev, s->object, s->data, 0);
    slot_set_flags(s, SLOT_REVOCABLE | SLOT_FIRST_BADGED); /* but not what the one before it is */
    return last = s;
}

static void boot_thread(struct tcb *t, struct slot *cnode, struct slot *space)
{
    tcb_init(t);
    derive_copy(&t->slots[TCB_CSPACE], cnode, 0);
    derive_copy(&t->slots[TCB_SPACE], space, 0);
    tcb_slots_changed(t);
    t->ceiling = 255;
    tcb_set_priority(t, ROOT_PRIORITY);
    sched_wake(t);
    user_run();
}

void lockstep_boot(void)
{
    static uint64_t stack[1];
    struct tcb *t = (struct tcb *)(ARENA + ROOT_TCB);
    memset((void *)ARENA, 0, ARENA_BYTES);
    cpu = (struct cpu){.stack_top = (uintptr_t)(stack + 1)};
    last = &cap_list;
    sched_init();
    struct slot *cnode = grant(CAP_SELF_CNODE, TYPE_CNODE, ARENA, cnode_data(ROOT_RADIX, 0, 0));
    uint64_t *root = (uint64_t *)(ARENA + ROOT_SPACE);
    struct slot *space = grant(CAP_SELF_SPACE, TYPE_ADDRESS_SPACE, (uintptr_t)root, space_create(root));
    grant(CAP_SELF_TCB, TYPE_TCB, (uintptr_t)t, 0);
    grant(CAP_DEBUG, TYPE_DEBUG, 0, DEBUG_MAY_ALL);
    grant(CAP_IO_PORTS, TYPE_IO_PORT, 0, io_port_data(0, IO_PORT_LAST));
    grant(CAP_IRQ_CONTROL, TYPE_IRQ_CONTROL, 0, 0);
    grant(SLOT_MEMORY, TYPE_UNTYPED, ARENA + MEMORY, untyped_data(MEMORY_BITS, 0, 0));
    struct slot *device =
        grant(SLOT_DEVICE_MEMORY, TYPE_UNTYPED, ARENA + DEVICE, untyped_data(DEVICE_BITS, 0, 0));
    slot_set_flags(device, slot_flags(device) | SLOT_DEVICE);
    boot_thread(t, cnode, space);
}

/* ---- inputs: what it is and whether by a fast path, four numbers, which registers are set, and the registers */
enum input { CALL, AGAIN, EXCEPTION, WRITE, TICK, INTERRUPT, TIME };
enum { KIND = 0xff, FAST = 0x100, SET = 5, VALUES };

static void set_registers(const uint64_t *input)
{
    for (unsigned i = 0; i < REGISTERS; i++) {
        if (input[SET] >> i & 1)
            *register_of(&user, i) = input[VALUES + i];
    }
}

static void outside(const uint64_t *input)
{
    user_interrupt();
    switch (input[0]) {
    case TICK: sched_tick(); break;
    case INTERRUPT: (void)irq_raise((unsigned)input[1]); break;
    default: (void)timer_fire(input[1]); break;
    }
    user_run();
}

/* What the kernel has left in its structures without a meaning must not come to mean anything. */
static void scramble(void)
{
    const struct slot *before = &cap_list;
    for (const struct slot *s = slot_next(&cap_list); s; before = s, s = slot_next(s)) {
        if (slot_same_object(before, s))
            continue;
        if (slot_object_type(s) == TYPE_TCB)
            user_scramble_thread(tcb_of(s->object));
        else if (slot_object_type(s) == TYPE_ENDPOINT)
            user_scramble_endpoint(endpoint_of(s->object));
    }
}

static void step(const uint64_t *input)
{
    set_registers(input);
    switch (input[0] & KIND) {
    case CALL: user_syscall(input[0] & FAST); break;
    case AGAIN:
        user.rip += SYSCALL_BYTES;
        user_syscall(false);
        break;
    case EXCEPTION: user_fault((unsigned)input[1], input[2], input[3], input[4]); break;
    case WRITE: ((uint64_t *)input[1])[input[2]] = input[3]; break;
    default: outside(input); break;
    }
    scramble();
}

/* Who runs, and its registers as ring 3 has them. */
const uint64_t *lockstep_user(void)
{
    static uint64_t all[1 + REGISTERS];
    all[0] = cpu.current == &idle_tcb ? 0 : (uintptr_t)cpu.current;
    for (unsigned i = 0; i < REGISTERS; i++)
        all[1 + i] = *register_of(&user, i);
    return all;
}

/* Do the tables lead whoever runs to a page there? */
bool lockstep_has_page(uint64_t address)
{
    const struct slot *space = &cpu.current->slots[TCB_SPACE];
    return cpu.current != &idle_tcb && slot_type(space) == TYPE_ADDRESS_SPACE &&
           arch_entry_present(*arch_walk((uint64_t *)space->object, address, 1).entry);
}

/* The clock stands still in a step, as the specification has it. */
int lockstep_step(const uint64_t *input, uint64_t now)
{
    host_forget();
    host.now = now - 1;
    return guarded(step, input);
}
