/* The kernel memory that a system call works on: a small world of threads, endpoints, notifications and CNodes
   (the arena), and the kernel's own variables in the image. The emulated kernel sees the arena at the same
   address as this program, so the kernel's own structures and accessors build and read it. */
#ifndef EQUIV_WORLD_H
#define EQUIV_WORLD_H

#include <stdbool.h>
#include "abi/ipc_buffer.h"
#include "machine.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/timer.h"
#include "thread/sched.h"
#include "thread/tcb.h"

enum {
    THREADS = 6,
    ENDPOINTS = 3,
    NOTIFICATIONS = 2,
    ROOT_RADIX = 4,
    INNER_RADIX = 2,
    SPACES = 2,
    BUFFERS = 3
};
enum { IRQ_HANDLERS = 4, TIMERS = 3, APIC_WORDS = 0x400 / 4, IOAPIC_WORDS = 0x20 / 4 };
enum { ENTRY_STACK_BELOW = 2048 }; /* the kernel's, in its page: with KPTI the CPU pushes its frames there */

union thread {
    struct tcb tcb;
    char bytes[1 << TYPE_BITS_TCB]; /* the kernel finds a TCB by its alignment */
};

union buffer {
    struct ipc_buffer ipc;
    char bytes[1024]; /* it begins on a cache line, as every frame does */
};

struct arena {
    _Alignas(1 << TYPE_BITS_TCB) union thread thread[THREADS];
    struct endpoint endpoint[ENDPOINTS];
    struct notification notification[NOTIFICATIONS];
    _Alignas(32) struct slot root[SPACES][1 << ROOT_RADIX]; /* the CSpaces; half of the threads have each */
    struct slot inner[1 << INNER_RADIX];                    /* a CNode below them */
    _Alignas(64) struct saved {
        uint64_t word[8];
    } state[THREADS]; /* EXTENDED_STATE objects; the first word of each stands for all registers */
    struct timer timer[TIMERS];
    uint32_t apic[APIC_WORDS], ioapic[IOAPIC_WORDS]; /* the registers of the local APIC and of an I/O APIC */
};

/* The kernel's variables, in the image; and addresses of things in it that a state mentions. */
struct kernel {
    struct cpu *cpu;
    struct run_queue *queue, *no_queue;       /* 256, and the one below them */
    uint64_t queue_address, no_queue_address; /* in the kernel */
    struct slot *cap_list;
    uint64_t cap_list_address;
    struct tcb *nobody, *slow_head, *idle; /* addresses in the kernel, not here */
    uint64_t entry, entry_slow;            /* where system calls enter */
};

extern struct arena *arena;
extern union buffer *buffers; /* BUFFERS of them; two threads may have the same */
extern struct kernel kernel;

static inline bool in_buffers(uint64_t address)
{
    return address - (uintptr_t)buffers < BUFFERS * sizeof *buffers;
}

static inline bool in_arena(uint64_t address)
{
    return address - (uintptr_t)arena < sizeof *arena;
}

void world_init(void); /* pre: image_load */
/* Where the CPU enters the kernel, with the fast paths on or off. NULL: by a system call. */
uint64_t world_entry(const struct fault *fault, bool slow);

/* interrupt.c: variables of the kernel that only interrupts touch. */
struct interrupts {
    struct irq_handler handler[IRQ_HANDLERS]; /* of these vectors */
    struct timer *timer_first;
    uint64_t next_tick, next_interrupt, ratio;
    uint32_t *apic; /* NULL: x2APIC mode */
};
extern const unsigned interrupt_vectors[IRQ_HANDLERS];
void interrupt_init(void);
void interrupt_save(struct interrupts *to);
void interrupt_restore(const struct interrupts *from);
/* Random ones; none, and a tick is due; or such that each of those vectors, and the clock, signal this target at once. */
void interrupt_state(void);
void interrupt_none(bool x2apic);
void interrupt_plain(const struct slot *target, bool x2apic);
/* All of those in one way or another cannot do that at once. */
void interrupt_refuse(void);
struct irq_handler *interrupt_handler(unsigned vector);
const struct timer *interrupt_timer(void); /* the first, or NULL */
bool interrupt_tick_is_due(void);

/* All memory that makes up a state, in one piece. */
struct memory {
    struct arena arena;
    union buffer buffer[BUFFERS];
    struct cpu cpu;
    struct run_queue queue[256];
    struct slot cap_list;
    struct tcb idle;
    struct interrupts interrupts;
};
void world_save(struct memory *to);
void world_restore(const struct memory *from);

static inline struct tcb *thread(unsigned i)
{
    return &arena->thread[i].tcb;
}

/* meaning.c: overwrites what means nothing (tcb.h, endpoint.h, sched.h say what) with zero, so that two
   memories of the same meaning are the same bytes. */
void meaning(struct memory *m);
/* The first difference between two memories that were given to meaning(), in words; false: none. */
bool meaning_differs(const struct memory *a, const struct memory *b, char *where, size_t size);

/* state*.c: a random state that satisfies the invariants, and the registers of a system call in the current state. */
void state_random(void);
void state_call(struct registers *user);
/* Those of a page fault instead. */
void state_fault(struct registers *user, struct fault *fault);
/* Those of an interrupt. */
void state_interrupt(struct registers *user, struct fault *fault, unsigned vector);
/* The parts that state_random is made of. Threads by themselves, 0 running and the others stopped; */
void state_threads(void);
void state_queue_sender(struct endpoint *ep, struct tcb *t);
void state_queue_receiver(struct endpoint *ep, struct tcb *t);
void state_make_ready(struct tcb *t);
/* Bound to a notification at which others may wait. */
void state_bind(struct notification *n, struct tcb *t);
void state_capabilities(void); /* fills empty slots; */
void state_finish(void);       /* all that follows from the rest: keys, thresholds, the list of capabilities */
/* The least key that may run, as far as the run queue decides that. */
uint32_t state_ready_threshold(void);
bool state_nobody_ready(void);
/* The registers and the operation as a person reads them. */
void state_print(const struct registers *user);

/* random.c */
void random_start(uint64_t seed);
uint64_t random_next(void);
unsigned below(unsigned n);

#endif
