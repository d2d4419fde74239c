/* The thread control block, and which words of it mean something when.

   The first cache line is all that the fast paths touch. A thread's state is not stored, but follows:
     running   it is cpu.current
     ready     otherwise, when `wait` has REF_READY: it is in the run queue
     waiting   otherwise, when `wait` is not 0: a tagged reference to what it waits at
     stopped   otherwise
   `wait` means nothing for a running thread, and `reply_to` nothing while the thread waits to
   receive: so a fast path need not clear them. Of a thread that waits to send a call its message means something, and where
   it goes on; the rest of its registers the end of the wait brings. */
#ifndef BATON_TCB_H
#define BATON_TCB_H

#include "arch/arch.h"
#include "cap/slot.h"

struct endpoint;
struct ipc_buffer;
struct notification;
struct run_queue;

enum tcb_slot { TCB_CSPACE, TCB_SPACE, TCB_FAULT, TCB_BUFFER, TCB_EXTENDED, TCB_SLOTS };

/* Each is a condition under which the fast paths must not touch the thread (docs/design.md section 2). */
enum slow_reason {
    SLOW_FOLLOWED = 1,  /* it heads a receive queue that has others in it */
    SLOW_FAULTED = 2,   /* it waits for the reply to a fault, not to a call */
    SLOW_SIGNALLED = 8, /* its bound notification was signalled, and it has not received since */
    SLOW_EXTENDED = 32, /* what it has of the next two no fast path can switch on this CPU, as it is set up */
    SLOW_DEBUG = 64,    /* it has breakpoints: switching to and from it loads and clears the debug registers */
    SLOW_OWES = 128,    /* it runs on a slice that is used up, and others wait for their turn: sched.c */
    SLOW_TRACED = 256,  /* no thread has it: sched.c */
    SLOW_IDLE = 4,      /* it is no user thread: idle, nobody, slow head */
    /* These two second paths know (extended_key). They are greater than every key: see sched_current_changed(). */
    SLOW_STATE = 1 << 16, /* it has SSE and AVX registers */
    SLOW_BASES = 1 << 17, /* it has an FS or a GS base, and may write both */
    SLOW_SECOND = SLOW_STATE | SLOW_BASES,
};

enum resume { RESUME_SYSRET, RESUME_IRET, RESUME_IDLE };

/* CF PF AF ZF SF TF DF OF RF AC ID: what ring 3 may be given (SDM vol. 1, 3.4.3); not NT, IOPL, VM, VIF, VIP.
   What it can have when it is interrupted: NT as well, IF, and the bit that is always 1. */
enum { USER_FLAGS = 0x250dd5, FLAGS_OF_RING_3 = USER_FLAGS | 0x4202 };

enum send_kind { SEND_ONLY, SEND_CALL, SEND_FAULT };

/* What of a message travels besides the registers. */
enum send_long { LONG_NONE, LONG_WORDS, LONG_WORDS_AND_CAPS };

struct tcb {
    uint64_t rip, rsp, rbp; /* user's; while it runs in ring 3 they mean nothing */
    uint64_t cr3;           /* the value to load: root, PCID and no-flush bit */
    struct slot *cspace;    /* slots of its root CNode */
    uint32_t cspace_mask;   /* (slots - 1) << SLOT_BITS */
    uint32_t key;           /* eligibility: 0 with any slow reason, else priority + 1 */
    struct tcb *reply_to;   /* the thread that waits for this one's reply, or NOBODY */
    uint64_t wait;          /* tagged reference, see above */

    uint64_t rax, rdi, rsi, rdx, r8, r9, r10, r12, r13, r14, r15; /* the message, as it travels */
    uint64_t rbx;
    struct run_queue *queue;         /* of its priority; NULL with any slow reason */
    int32_t slice_left, slice_ticks; /* what it may run when it is picked, while it is ready; its time slice */
    uint32_t slow_reasons;
    uint8_t resume; /* enum resume: how it goes back to ring 3 */
    uint8_t priority;
    uint8_t send_kind, send_long; /* enum send_kind, while it waits to send; enum send_long, while it sends */
    uint32_t extended_key; /* as key, where SLOW_SECOND and the reply to a fault do not count; 0 with both */
    uint8_t ceiling;       /* of what its priority may be set to */
    uint64_t rcx, r11, rflags; /* the rest, for a thread that was interrupted */

    struct tcb *next, *prev; /* in the queue that it is in; the head's prev and the tail's next mean nothing */
    uint64_t send_badge;     /* badge of the capability it sends with, while it waits to send */
    uint64_t fault_label, fault_address, fault_error, fault_vector; /* with SLOW_FAULTED */
    struct ipc_buffer *buffer;                                      /* NULL: none */
    void *
        extended; /* its SSE and AVX registers while the CPU does not hold them (cpu.extended); NULL: it may not
                       use them */
    uint64_t fs_base, gs_base; /* with SLOW_BASES they mean nothing while it runs; else they are 0 */
    struct breakpoint breakpoint[BREAKPOINTS];
    uint32_t cpu;                              /* which it runs on; only 0 exists */
    struct notification *bound;                /* is received by the same wait as an endpoint; NULL: none */
    _Alignas(32) struct slot slots[TCB_SLOTS]; /* its own copies of capabilities, enum tcb_slot */
};

_Static_assert(offsetof(struct tcb, rax) == 64, "what the fast paths touch is one cache line");
_Static_assert(sizeof(struct tcb) <= 1u << TYPE_BITS_TCB, "a TCB fits its object size");
_Static_assert(offsetof(struct tcb, slots) % 32 == 0, "slots are aligned to their size");

/* ---- tagged references: what `wait` holds, and the object word of an endpoint capability. The tag is in
   the low bits, which the alignment of the objects leaves free; the fast path's displacements absorb it. */
enum { REF_TCB = 0, REF_ENDPOINT = 1, REF_NOTIFICATION = 2, REF_SLOT = 4, REF_READY = 8 };

/* With a reference to the thread that owes the reply: the call might pass capabilities, so may the reply. The data of a saved
   reply's slot says the same. It is no slow reason: a reply without capabilities need not know. */
enum { REF_GRANTS = 32 };

/* What `wait` is in a ready thread that is not settled: its slow reasons are 0, it goes back by SYSRET, and its TCB lacks
   what this says. sched_settle() fills that in, and leaves REF_READY. READY_ALONE: no other is in its queue. */
enum {
    READY_UNSETTLED = 16, /* no reference to what a thread waits at has that bit */
    READY_ALONE = 64,
    IN_LINE_RETURNED = REF_READY | READY_UNSETTLED, /* its system call returned 0 */
    IN_LINE_NOTIFIED =
        REF_READY | READY_UNSETTLED | 32, /* its wait has ended with the bits in rdi, the message is empty */
    READY_RETURNED = IN_LINE_RETURNED | READY_ALONE,
    READY_NOTIFIED = IN_LINE_NOTIFIED | READY_ALONE,
};

static inline uint64_t ref_endpoint(const struct endpoint *ep)
{
    return (uintptr_t)ep | REF_ENDPOINT;
}

static inline struct endpoint *endpoint_of(uint64_t ref)
{
    return (struct endpoint *)(uintptr_t)(ref - REF_ENDPOINT);
}

/* The TCB that a slot with SLOT_IN_TCB lies in: TCBs are aligned to their size. */
static inline struct tcb *tcb_of_slot(struct slot *s)
{
    return (struct tcb *)((uintptr_t)s & ~((1ull << TYPE_BITS_TCB) - 1));
}

static inline struct tcb *tcb_of(uint64_t ref)
{
    return (struct tcb *)(uintptr_t)ref;
}

/* The thread whose reply a thread waits for. */
static inline struct tcb *server_of(uint64_t wait)
{
    return tcb_of(wait & ~(uint64_t)REF_GRANTS);
}

/* The slot of the saved reply capability that a thread waits for. */
static inline struct slot *reply_slot(uint64_t ref)
{
    return (struct slot *)(uintptr_t)(ref - REF_SLOT);
}

/* Takes a thread out of the queue in which it is, and others, too. */
static inline void tcb_unlink(struct tcb **head, struct tcb **tail, const struct tcb *t)
{
    if (*head == t) {
        *head = t->next;
    } else if (*tail == t) {
        *tail = t->prev;
    } else {
        t->prev->next = t->next;
        t->next->prev = t->prev;
    }
}

/* Dummy threads, never eligible, in the place of the head of a queue: nobody is there; or only C knows what
   is (at an endpoint senders, at a notification the thread that is bound). */
extern const struct tcb nobody_tcb, slow_head_tcb;
#define NOBODY ((struct tcb *)(uintptr_t)&nobody_tcb)
#define SLOW_HEAD ((struct tcb *)(uintptr_t)&slow_head_tcb)

/* pre: memory that is all 0. post: a stopped thread that has nothing */
void tcb_init(struct tcb *t);
/* post: it has these bases; if it runs, the CPU has them */
void tcb_set_bases(struct tcb *t, uint64_t fs_base, uint64_t gs_base);
/* Adds and removes slow reasons; keeps `key` as it must be. */
void tcb_set_slow(struct tcb *t, uint32_t reason);
void tcb_clear_slow(struct tcb *t, uint32_t reason);
void tcb_set_priority(struct tcb *t, unsigned priority);
/* post: its cached CSpace and CR3 follow from its slots; called when one of those was filled or emptied. */
void tcb_slots_changed(struct tcb *t);
/* The wait that it is in ends, or need not begin, with this result and an empty message. */
void tcb_end_wait(struct tcb *t, long rax, uint64_t rdi);
/* What arch_debug_load() takes. */
static inline const struct breakpoint *tcb_breakpoints(const struct tcb *t)
{
    return t->slow_reasons & SLOW_DEBUG ? t->breakpoint : NULL;
}

/* The thread that runs from now on has its bases. had: the one that ran so far had some. */
static inline void tcb_load_bases(const struct tcb *t, bool had)
{
    bool has = t->slow_reasons & SLOW_BASES;
    if (had)
        arch_bases_load(has, t->fs_base, t->gs_base);
    else if (has)
        arch_bases_open(t->fs_base, t->gs_base);
}

/* Is it stopped: neither running nor ready nor waiting? */
bool tcb_stopped(const struct tcb *t);

#endif
