#include "fields.h"

#include <stdio.h>

const struct field tcb_fields[] = {
    FIELD(tcb, cspace),       FIELD(tcb, queue),
    FIELD(tcb, rip),          FIELD(tcb, rsp),
    FIELD(tcb, rbp),          FIELD(tcb, cr3),
    FIELD(tcb, cspace_mask),  FIELD(tcb, key),
    FIELD(tcb, reply_to),     FIELD(tcb, wait),
    FIELD(tcb, rax),          FIELD(tcb, rdi),
    FIELD(tcb, rsi),          FIELD(tcb, rdx),
    FIELD(tcb, r8),           FIELD(tcb, r9),
    FIELD(tcb, r10),          FIELD(tcb, r12),
    FIELD(tcb, r13),          FIELD(tcb, r14),
    FIELD(tcb, r15),          FIELD(tcb, rbx),
    FIELD(tcb, rcx),          FIELD(tcb, r11),
    FIELD(tcb, rflags),       FIELD(tcb, resume),
    FIELD(tcb, priority),     FIELD(tcb, ceiling),
    FIELD(tcb, send_kind),    FIELD(tcb, send_long),
    FIELD(tcb, slow_reasons), FIELD(tcb, extended_key),
    FIELD(tcb, slice_left),   FIELD(tcb, next),
    FIELD(tcb, prev),         FIELD(tcb, send_badge),
    FIELD(tcb, fault_label),  FIELD(tcb, fault_address),
    FIELD(tcb, fault_error),  FIELD(tcb, fault_vector),
    FIELD(tcb, buffer),       FIELD(tcb, extended),
    FIELD(tcb, fs_base),      FIELD(tcb, gs_base),
    FIELD(tcb, slice_ticks),  FIELD(tcb, cpu),
    FIELD(tcb, bound),        FIELD(tcb, breakpoint),
    FIELD(tcb, slots),        {NULL, 0, 0},
};
static const struct field state_fields[] = {FIELD(saved, word[0]), {NULL, 0, 0}};
const struct field buffer_fields[] = {
    FIELD(ipc_buffer, words),         FIELD(ipc_buffer, caps),
    FIELD(ipc_buffer, cap),           FIELD(ipc_buffer, receive_cnode),
    FIELD(ipc_buffer, receive_index), FIELD(ipc_buffer, own),
    FIELD(ipc_buffer, word),          {NULL, 0, 0},
};
const struct field endpoint_fields[] = {
    FIELD(endpoint, recv), FIELD(endpoint, recv_tail),  FIELD(endpoint, send), FIELD(endpoint, tail),
    FIELD(endpoint, scan), FIELD(endpoint, scan_badge), {NULL, 0, 0},
};
const struct field slot_fields[] = {
    FIELD(slot, object), FIELD(slot, data), FIELD(slot, prev), FIELD(slot, next), {NULL, 0, 0},
};
const struct field cpu_fields[] = {
    FIELD(cpu, current),     FIELD(cpu, threshold), FIELD(cpu, slice_left),    FIELD(cpu, highest),
    FIELD(cpu, ready_bits),  FIELD(cpu, stack_top), FIELD(cpu, queues),        FIELD(cpu, kernel_cr3),
    FIELD(cpu, entry_stack), FIELD(cpu, spec_ctrl), FIELD(cpu, data_selector), FIELD(cpu, extended),
    FIELD(cpu, cr0_barred),  FIELD(cpu, cr4),       FIELD(cpu, cr4_bases),     {NULL, 0, 0},
};

const struct field queue_fields[] = {FIELD(run_queue, head),
                                     FIELD(run_queue, tail),
                                     FIELD(run_queue, below),
                                     FIELD(run_queue, key),
                                     {NULL, 0, 0}};
const struct field notification_fields[] = {
    FIELD(notification, pending),
    FIELD(notification, head),
    FIELD(notification, tail),
    FIELD(notification, bound),
    {NULL, 0, 0},
};

static const struct field handler_fields[] = {
    FIELD(irq_handler, notification), FIELD(irq_handler, line),  FIELD(irq_handler, used),
    FIELD(irq_handler, pending),      FIELD(irq_handler, again), {NULL, 0, 0},
};
static const struct field timer_fields[] = {
    FIELD(timer, place), FIELD(timer, below), FIELD(timer, deadline), FIELD(timer, target), {NULL, 0, 0},
};
static const struct field clock_fields[] = {
    FIELD(interrupts, timer_first), FIELD(interrupts, next_tick), FIELD(interrupts, next_interrupt),
    FIELD(interrupts, ratio),       FIELD(interrupts, apic),      {NULL, 0, 0},
};
static const struct field register_fields[] = {{"value", 0, sizeof(uint32_t)}, {NULL, 0, 0}};

/* The field of an object at that offset. A slot within a TCB is one of its slots, and its word. */
static void field_of(const char *object, uint64_t number, const struct field *fields, uint64_t offset,
                     char *name)
{
    const struct field *f = fields;
    while (f->name && offset - f->offset >= f->size)
        f++;
    uint64_t inside = offset - f->offset;
    if (!f->name)
        snprintf(name, NAME, "%s %lu + 0x%lx", object, number, offset);
    else if (f->size > sizeof(uint64_t))
        snprintf(name, NAME, "%s %lu's %s[%lu]", object, number, f->name, inside / sizeof(uint64_t));
    else
        snprintf(name, NAME, "%s %lu's %s", object, number, f->name);
}

/* Where in a struct memory the objects of a kind lie: `bytes` each, from `start` on. */
struct kind {
    const char *object;
    uint64_t start, bytes, count;
    const struct field *fields;
};

#define IN_ARENA(part) offsetof(struct memory, arena.part)
static const struct kind kinds[] = {
    {"thread", IN_ARENA(thread), sizeof(union thread), THREADS, tcb_fields},
    {"endpoint", IN_ARENA(endpoint), sizeof(struct endpoint), ENDPOINTS, endpoint_fields},
    {"notification", IN_ARENA(notification), sizeof(struct notification), NOTIFICATIONS, notification_fields},
    {"slot", IN_ARENA(root), sizeof(struct slot), SPACES << ROOT_RADIX, slot_fields},
    {"nested slot", IN_ARENA(inner), sizeof(struct slot), 1 << INNER_RADIX, slot_fields},
    {"extended state", IN_ARENA(state), sizeof(struct saved), THREADS, state_fields},
    {"buffer", offsetof(struct memory, buffer), sizeof(union buffer), BUFFERS, buffer_fields},
    {"timer", IN_ARENA(timer), sizeof(struct timer), TIMERS, timer_fields},
    {"local APIC's register", IN_ARENA(apic), sizeof(uint32_t), APIC_WORDS, register_fields},
    {"I/O APIC's register", IN_ARENA(ioapic), sizeof(uint32_t), IOAPIC_WORDS, register_fields},
    {"handler", offsetof(struct memory, interrupts.handler), sizeof(struct irq_handler), IRQ_HANDLERS,
     handler_fields},
    {"clock", offsetof(struct memory, interrupts), sizeof(struct interrupts), 1, clock_fields},
    {"cpu", offsetof(struct memory, cpu), sizeof(struct cpu), 1, cpu_fields},
    {"run queue", offsetof(struct memory, queue), sizeof(struct run_queue), 256, queue_fields},
    {"head of the capabilities", offsetof(struct memory, cap_list), sizeof(struct slot), 1, slot_fields},
    {"idle thread", offsetof(struct memory, idle), sizeof(struct tcb), 1, tcb_fields},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *kind_at(uint64_t offset)
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (offset - kinds[i].start < kinds[i].bytes * kinds[i].count)
            return &kinds[i];
    }
    return NULL;
}

void name_place(uint64_t offset, char name[NAME])
{
    const struct kind *k = kind_at(offset);
    if (k)
        field_of(k->object, (offset - k->start) / k->bytes, k->fields, (offset - k->start) % k->bytes, name);
    else
        snprintf(name, NAME, "memory + 0x%lx", offset);
}

/* An object of the state that begins there, up to the tag of a reference. */
static bool name_object(uint64_t value, char *name)
{
    uint64_t offset = in_buffers(value) ? value - (uintptr_t)buffers + offsetof(struct memory, buffer)
                                        : value - (uintptr_t)arena;
    const struct kind *k = in_buffers(value) || in_arena(value) ? kind_at(offset) : NULL;
    if (!k || (offset - k->start) % k->bytes >= REF_READY)
        return false;
    snprintf(name, NAME, "%s %lu", k->object, (offset - k->start) / k->bytes);
    return true;
}

void name_value(uint64_t value, char name[NAME])
{
    uint64_t queue = value - kernel.queue_address;
    if (value == (uintptr_t)kernel.nobody || value == (uintptr_t)kernel.slow_head ||
        value == (uintptr_t)kernel.idle)
        snprintf(name, NAME, "%s",
                 value == (uintptr_t)kernel.nobody      ? "nobody"
                 : value == (uintptr_t)kernel.slow_head ? "the slow head"
                                                        : "the idle thread");
    else if (queue < 256 * sizeof(struct run_queue) && queue % sizeof(struct run_queue) == 0)
        snprintf(name, NAME, "run queue %lu", queue / sizeof(struct run_queue));
    else if (!name_object(value, name))
        snprintf(name, NAME, "%lx", value);
}
