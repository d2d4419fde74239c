/* The table of paths, and the state that each is run from: that of the benchmark of the same name. Keys,
   thresholds and the list of capabilities follow from the parts (state_finish). */
#include "paths.h"

enum { INDEX = 3, BENCH_PRIORITY = 32, WATCHER_PRIORITY = 1, VECTOR_PAGE_FAULT = 14 };

static struct endpoint *ep(void)
{
    return &arena->endpoint[0];
}

static struct notification *notification(void)
{
    return &arena->notification[0];
}

static void urgent(unsigned i)
{
    thread(i)->priority = thread(i)->ceiling = BENCH_PRIORITY + 1;
}

/* It gave way in a system call, whose result is 0. */
static void make_ready(unsigned i)
{
    thread(i)->resume = RESUME_SYSRET;
    thread(i)->rax = 0;
    state_make_ready(thread(i));
}

/* The same, as the path that is measured leaves it. */
static void make_ready_for(const struct path *p)
{
    make_ready(PARTNER);
    if (p->entry == ENTRY_SYSCALL)
        thread(PARTNER)->wait = READY_RETURNED;
}

/* The capability that a path's system call names. */
static void endpoint_capability(unsigned rights)
{
    slot_fill(&arena->root[0][INDEX], TYPE_ENDPOINT, rights, ref_endpoint(ep()), random_next());
}

static void notification_capability(void)
{
    slot_fill(&arena->root[0][INDEX], TYPE_NOTIFICATION, RIGHT_SIGNAL | RIGHT_WAIT, (uintptr_t)notification(),
              UNBADGED_BITS);
}

static void partner_waits_for_signal(void)
{
    struct tcb *t = thread(PARTNER);
    t->wait = (uintptr_t)notification() | REF_NOTIFICATION;
    t->resume = RESUME_SYSRET;
    notification()->head = notification()->tail = t;
}

/* ---- one function for each kind of state */

static void nothing(const struct path *p)
{
    (void)p;
}

static void identify(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_SEND);
}

static void partner_receives(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_SEND);
    state_queue_receiver(ep(), thread(PARTNER));
}

static void partner_sends(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_RECV);
    state_queue_sender(ep(), thread(PARTNER));
    thread(PARTNER)->slow_reasons = 0;
    thread(PARTNER)->send_kind = SEND_CALL;
    thread(PARTNER)->send_long = LONG_NONE;
    thread(PARTNER)->resume = RESUME_SYSRET;
}

static void partner_is_ready(const struct path *p)
{
    make_ready_for(p);
}

static void nobody_sends(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_RECV);
    make_ready(PARTNER);
}

static void partner_called(const struct path *p)
{
    (void)p;
    endpoint_capability(RIGHT_RECV);
    thread(PARTNER)->wait = (uintptr_t)thread(SELF);
    thread(PARTNER)->resume = RESUME_SYSRET;
    thread(SELF)->reply_to = thread(PARTNER);
}

static void partner_faulted(const struct path *p)
{
    struct tcb *t = thread(PARTNER);
    partner_called(p);
    t->resume = RESUME_IRET;
    t->slow_reasons = SLOW_FAULTED;
    t->fault_label = FAULT_PAGE, t->fault_vector = VECTOR_PAGE_FAULT;
}

static void nobody_waits(const struct path *p)
{
    (void)p;
    notification_capability();
}

static void equal_waits(const struct path *p)
{
    (void)p;
    notification_capability();
    partner_waits_for_signal();
}

static void urgent_waits(const struct path *p)
{
    (void)p;
    notification_capability();
    urgent(PARTNER);
    partner_waits_for_signal();
}

/* Whom the signal woke waits again, and who signalled goes on. */
static void nothing_pending(const struct path *p)
{
    notification_capability();
    urgent(SELF);
    make_ready_for(p);
}

/* Each signals and waits in turn. */
static void partner_was_notified(const struct path *p)
{
    nothing_pending(p);
    thread(PARTNER)->wait = READY_NOTIFIED;
}

static void something_pending(const struct path *p)
{
    (void)p;
    notification_capability();
    notification()->pending = random_next() | 1;
}

static void pager_receives(const struct path *p)
{
    (void)p;
    slot_fill(&thread(SELF)->slots[TCB_FAULT], TYPE_ENDPOINT, RIGHT_SEND, ref_endpoint(ep()), random_next());
    state_queue_receiver(ep(), thread(PARTNER));
}

/* Where a path has a twin "/slow" the first runs as user programs do: by NASM as far as there is any for it.
   Those called "/fast" must not reach C. */
const struct path paths[] = {
    {"syscall.null", nothing, SAME, ENTRY_SYSCALL, SYS_NULL, EXIT_SYSRET, SELF},
    {"syscall.null/slow", nothing, SAME, ENTRY_SLOW, SYS_NULL, EXIT_SYSRET, SELF},
    {"cap.identify", identify, SAME, ENTRY_SYSCALL, SYS_CAP_IDENTIFY, EXIT_SYSRET, SELF},
    {"cap.identify/slow", identify, SAME, ENTRY_SLOW, SYS_CAP_IDENTIFY, EXIT_SYSRET, SELF},
    {"ipc.call/same/fast", partner_receives, SAME, ENTRY_SYSCALL, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.call/same/slow", partner_receives, SAME, ENTRY_SLOW, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.call/cross/fast", partner_receives, CROSS, ENTRY_SYSCALL, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.call/cross/slow", partner_receives, CROSS, ENTRY_SLOW, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/same/fast", partner_called, SAME, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/same/slow", partner_called, SAME, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/cross/fast", partner_called, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/cross/slow", partner_called, CROSS, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.send/cross/slow", partner_receives, CROSS, ENTRY_SLOW, SYS_SEND, EXIT_SYSRET, PARTNER},
    {"ipc.recv/cross/slow", nobody_sends, CROSS, ENTRY_SLOW, SYS_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.recv/sender_waits/slow", partner_sends, CROSS, ENTRY_SLOW, SYS_RECV, EXIT_SYSRET, SELF},
    {"switch.yield/same", partner_is_ready, SAME, ENTRY_SYSCALL, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/same/slow", partner_is_ready, SAME, ENTRY_SLOW, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/cross", partner_is_ready, CROSS, ENTRY_SYSCALL, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/cross/slow", partner_is_ready, CROSS, ENTRY_SLOW, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"signal.no_waiter", nobody_waits, SAME, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.no_waiter/slow", nobody_waits, SAME, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.equal_waits", equal_waits, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.equal_waits/slow", equal_waits, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.urgent_waits/same", urgent_waits, SAME, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.urgent_waits/same/slow", urgent_waits, SAME, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.urgent_waits/cross", urgent_waits, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.urgent_waits/cross/slow", urgent_waits, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"wait.blocks/same", nothing_pending, SAME, ENTRY_SYSCALL, SYS_WAIT, EXIT_SYSRET, PARTNER},
    {"wait.blocks/same/slow", nothing_pending, SAME, ENTRY_SLOW, SYS_WAIT, EXIT_SYSRET, PARTNER},
    {"wait.blocks/cross", nothing_pending, CROSS, ENTRY_SYSCALL, SYS_WAIT, EXIT_SYSRET, PARTNER},
    {"wait.blocks/cross/slow", nothing_pending, CROSS, ENTRY_SLOW, SYS_WAIT, EXIT_SYSRET, PARTNER},
    {"wait.pending", something_pending, SAME, ENTRY_SYSCALL, SYS_WAIT, EXIT_SYSRET, SELF},
    {"wait.pending/slow", something_pending, SAME, ENTRY_SLOW, SYS_WAIT, EXIT_SYSRET, SELF},
    {"wait.blocks/notified/cross", partner_was_notified, CROSS, ENTRY_SYSCALL, SYS_WAIT, EXIT_SYSRET, PARTNER},
    {"fault.page/same", pager_receives, SAME, ENTRY_PAGE_FAULT, 0, EXIT_SYSRET, PARTNER},
    {"fault.page/same/slow", pager_receives, SAME, ENTRY_PAGE_FAULT_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"fault.page/cross", pager_receives, CROSS, ENTRY_PAGE_FAULT, 0, EXIT_SYSRET, PARTNER},
    {"fault.page/cross/slow", pager_receives, CROSS, ENTRY_PAGE_FAULT_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"fault.reply/same", partner_faulted, SAME, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
    {"fault.reply/same/slow", partner_faulted, SAME, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
    {"fault.reply/cross", partner_faulted, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
    {"fault.reply/cross/slow", partner_faulted, CROSS, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
};
const unsigned path_count = sizeof paths / sizeof paths[0];

/* ---- what all have in common */

/* As the benchmarks have them: of one priority, with nothing that makes a thread slow. */
static void plain_threads(enum space space)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        t->slow_reasons = 0;
        t->fs_base = t->gs_base = 0;
        t->priority = t->ceiling = BENCH_PRIORITY;
        t->cr3 = thread(SELF)->cr3;
    }
    if (space == CROSS)
        thread(PARTNER)->cr3 ^= 0x3000;
}

static void user_registers(const struct path *p, struct registers *user)
{
    for (unsigned i = 0; i < GENERAL; i++)
        user->general[i] = random_next();
    user->general[RAX] = p->operation;
    user->general[RDI] = INDEX << SLOT_BITS;
    user->general[RCX] = random_next() % USER_TOP;
    user->cr3 = thread(SELF)->cr3 & ~(1ull << 63);
}

/* A page fault's frame is on the stack as the CPU leaves it. */
static void fault_frame(struct fault *f)
{
    enum { ERROR_USER_READ = 4, USER_CODE = 0x23, USER_DATA = 0x1b };
    *f = (struct fault){.error = ERROR_USER_READ,
                        .rip = random_next() % USER_TOP,
                        .cs = USER_CODE,
                        .rflags = FLAGS_AFTER_SYSCALL,
                        .rsp = random_next() % USER_TOP,
                        .ss = USER_DATA,
                        .cr2 = random_next() % USER_TOP};
}

bool path_is_fault(const struct path *p)
{
    return p->entry == ENTRY_PAGE_FAULT || p->entry == ENTRY_PAGE_FAULT_SLOW;
}

void path_state(const struct path *p, struct registers *user, struct fault *fault)
{
    state_threads();
    for (unsigned i = 0; i < NOTIFICATIONS; i++)
        arena->notification[i] = (struct notification){0};
    plain_threads(p->space);
    thread(WATCHER)->priority = thread(WATCHER)->ceiling = WATCHER_PRIORITY;
    make_ready(WATCHER);
    user_registers(p, user);
    p->build(p);
    state_finish();
    fault_frame(fault);
}

uint64_t path_entry(const struct path *p)
{
    switch (p->entry) {
    case ENTRY_PAGE_FAULT: return kernel.fault;
    case ENTRY_PAGE_FAULT_SLOW: return kernel.fault_slow;
    default: return p->entry == ENTRY_SLOW ? kernel.entry_slow : kernel.entry;
    }
}
