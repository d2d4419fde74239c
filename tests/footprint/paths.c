/* The table of paths, and what their states have in common: they are those of the benchmarks of the same names.
   Keys, thresholds and the list of capabilities follow from the parts (state_finish). */
#include "states.h"

#include <string.h>

/* A call and its answer where the threads have what the ids' ends say. */
#define WITH(what)                                                                                             \
    {"ipc.call/cross/" what, partner_receives, CROSS, ENTRY_SYSCALL, SYS_CALL, EXIT_SYSRET, PARTNER},          \
        {"ipc.reply_recv/cross/" what, partner_called, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER}, \
        {"ipc.call/cross/" what "/slow", partner_receives, CROSS, ENTRY_SLOW, SYS_CALL, EXIT_SYSRET, PARTNER},  \
    {                                                                                                          \
        "ipc.reply_recv/cross/" what "/slow", partner_called, CROSS, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER \
    }

/* Where a path has a twin "/slow" the first runs as for user programs: by NASM as far as there is any for it.
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
    WITH("sse_client"),
    WITH("sse"),
    WITH("tls_client"),
    WITH("tls"),
    WITH("sse_tls"),
    {"ipc.long_call/same/16w", partner_receives, SAME, ENTRY_SYSCALL, SYS_LONG_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.long_call/cross/16w", partner_receives, CROSS, ENTRY_SYSCALL, SYS_LONG_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.long_call/cross/16w/slow", partner_receives, CROSS, ENTRY_SLOW, SYS_LONG_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.long_reply_recv/same/16w", partner_called, SAME, ENTRY_SYSCALL, SYS_LONG_REPLY_RECV, EXIT_SYSRET,
     PARTNER},
    {"ipc.long_reply_recv/cross/16w", partner_called, CROSS, ENTRY_SYSCALL, SYS_LONG_REPLY_RECV, EXIT_SYSRET,
     PARTNER},
    {"ipc.long_reply_recv/cross/16w/slow", partner_called, CROSS, ENTRY_SLOW, SYS_LONG_REPLY_RECV, EXIT_SYSRET,
     PARTNER},
    {"ipc.call/queued/cross", others_send, CROSS, ENTRY_SYSCALL, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.call/queued/first/cross", server_is_busy, CROSS, ENTRY_SYSCALL, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/queued/cross", more_urgent_called, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_SYSRET,
     PARTNER},
    {"ipc.reply_recv/queued/last/cross", one_sends, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.call/queued/cross/slow", others_send, CROSS, ENTRY_SLOW, SYS_CALL, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/queued/cross/slow", more_urgent_called, CROSS, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_SYSRET,
     PARTNER},
    {"ipc.recv/cross", nobody_sends, CROSS, ENTRY_SYSCALL, SYS_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.reply_recv/no_caller/cross", nobody_sends, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_SYSRET,
     PARTNER},
    {"ipc.send/cross/slow", partner_receives, CROSS, ENTRY_SLOW, SYS_SEND, EXIT_SYSRET, PARTNER},
    {"ipc.recv/cross/slow", nobody_sends, CROSS, ENTRY_SLOW, SYS_RECV, EXIT_SYSRET, PARTNER},
    {"ipc.recv/sender_waits/slow", partner_sends, CROSS, ENTRY_SLOW, SYS_RECV, EXIT_SYSRET, SELF},
    {"switch.yield/same", partner_is_ready, SAME, ENTRY_SYSCALL, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/same/slow", partner_is_ready, SAME, ENTRY_SLOW, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/cross", partner_is_ready, CROSS, ENTRY_SYSCALL, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/cross/slow", partner_is_ready, CROSS, ENTRY_SLOW, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/ready/cross", several_are_ready, CROSS, ENTRY_SYSCALL, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"switch.yield/ready/cross/slow", several_are_ready, CROSS, ENTRY_SLOW, SYS_YIELD, EXIT_SYSRET, PARTNER},
    {"signal.no_waiter", nobody_waits, SAME, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.no_waiter/slow", nobody_waits, SAME, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.equal_waits", equal_waits, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.equal_waits/slow", equal_waits, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.urgent_waits/same", urgent_waits, SAME, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.urgent_waits/same/slow", urgent_waits, SAME, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.urgent_waits/cross", urgent_waits, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.urgent_waits/cross/slow", urgent_waits, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.crowded", waits_among_others, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.crowded/slow", waits_among_others, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.crowded/second", waits_for_its_turn, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/busy/first", bound_is_busy, SAME, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/busy/first/slow", bound_is_busy, SAME, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/busy", bound_is_marked, SAME, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/busy/slow", bound_is_marked, SAME, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/equal_receives", equal_receives, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/equal_receives/slow", equal_receives, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, SELF},
    {"signal.bound/urgent_receives", urgent_receives, CROSS, ENTRY_SYSCALL, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
    {"signal.bound/urgent_receives/slow", urgent_receives, CROSS, ENTRY_SLOW, SYS_SIGNAL, EXIT_SYSRET, PARTNER},
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
    {"irq.latency/same", urgent_waits, SAME, ENTRY_CLOCK, 0, EXIT_SYSRET, PARTNER},
    {"irq.latency/same/slow", urgent_waits, SAME, ENTRY_CLOCK_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"irq.latency/cross", urgent_waits, CROSS, ENTRY_CLOCK, 0, EXIT_SYSRET, PARTNER},
    {"irq.latency/cross/slow", urgent_waits, CROSS, ENTRY_CLOCK_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"irq.latency/bound", urgent_receives, CROSS, ENTRY_CLOCK, 0, EXIT_SYSRET, PARTNER},
    {"irq.latency/bound/slow", urgent_receives, CROSS, ENTRY_CLOCK_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"irq.tick", nothing, SAME, ENTRY_CLOCK, 0, EXIT_IRET, SELF},
    {"irq.tick/slow", nothing, SAME, ENTRY_CLOCK_SLOW, 0, EXIT_IRET, SELF},
    {"irq.device/same", urgent_waits, SAME, ENTRY_DEVICE, 0, EXIT_SYSRET, PARTNER},
    {"irq.device/same/slow", urgent_waits, SAME, ENTRY_DEVICE_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"irq.device/cross", urgent_waits, CROSS, ENTRY_DEVICE, 0, EXIT_SYSRET, PARTNER},
    {"irq.device/cross/slow", urgent_waits, CROSS, ENTRY_DEVICE_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"irq.device/bound", urgent_receives, CROSS, ENTRY_DEVICE, 0, EXIT_SYSRET, PARTNER},
    {"irq.device/bound/slow", urgent_receives, CROSS, ENTRY_DEVICE_SLOW, 0, EXIT_SYSRET, PARTNER},
    {"fault.reply/same", partner_faulted, SAME, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
    {"fault.reply/same/slow", partner_faulted, SAME, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
    {"fault.reply/cross", partner_faulted, CROSS, ENTRY_SYSCALL, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
    {"fault.reply/cross/slow", partner_faulted, CROSS, ENTRY_SLOW, SYS_REPLY_RECV, EXIT_IRET, PARTNER},
};
const unsigned path_count = sizeof paths / sizeof paths[0];

/* ---- what all have in common */

/* As in the benchmarks: of one priority, with nothing that makes a thread slow. */
static void plain_threads(enum space space)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        t->slow_reasons = 0;
        t->fs_base = t->gs_base = 0, t->extended = NULL;
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
    if (!path_is_fault(p))
        user->general[RAX] = p->operation;
    user->general[RDI] = INDEX << SLOT_BITS;
    user->general[RCX] = random_next() % USER_TOP;
    user->cr3 = thread(SELF)->cr3 & ~(1ull << 63);
}

/* A frame is on the stack as the CPU leaves it. */
static void fault_frame(const struct path *p, struct fault *f)
{
    enum { ERROR_USER_READ = 4, USER_CODE = 0x23, USER_DATA = 0x1b };
    *f = (struct fault){.error = ERROR_USER_READ,
                        .rip = random_next() % USER_TOP,
                        .cs = USER_CODE,
                        .rflags = FLAGS_AFTER_SYSCALL,
                        .rsp = random_next() % USER_TOP,
                        .ss = USER_DATA,
                        .cr2 = random_next() % USER_TOP,
                        .vector = path_vector(p)};
    if (f->vector != VECTOR_OF_PAGE_FAULT)
        f->error = 0;
}

/* What client and server have, by the word in a path's name; longer words first. */
static const struct has {
    const char *word;
    uint32_t client, server;
} haves[] = {
    {"/sse_client", SLOW_STATE, 0}, {"/sse_tls", SLOW_SECOND, SLOW_SECOND}, {"/sse", SLOW_STATE, SLOW_STATE},
    {"/tls_client", SLOW_BASES, 0}, {"/tls", SLOW_BASES, SLOW_BASES},       {"", 0, 0},
};

static void give(unsigned i, uint32_t has)
{
    struct tcb *t = thread(i);
    t->slow_reasons |= has;
    t->extended = has & SLOW_STATE ? &arena->state[i] : NULL;
    if (has & SLOW_BASES)
        t->fs_base = random_next() % USER_TOP, t->gs_base = random_next() % USER_TOP;
}

static void give_extended(const struct path *p)
{
    const struct has *h = haves;
    bool calls = p->operation == SYS_CALL;
    while (!strstr(p->name, h->word))
        h++;
    give(SELF, calls ? h->client : h->server);
    give(PARTNER, calls ? h->server : h->client);
}

/* Of a message of sixteen words eight are in a buffer. */
static void give_buffers(void)
{
    const unsigned who[] = {SELF, PARTNER};
    for (unsigned i = 0; i < sizeof who / sizeof who[0]; i++) {
        struct ipc_buffer *b = &buffers[i].ipc;
        thread(who[i])->buffer = b;
        b->words = 8, b->caps = 0;
    }
}

bool path_is_fault(const struct path *p)
{
    return p->entry >= ENTRY_PAGE_FAULT;
}

unsigned path_vector(const struct path *p)
{
    enum { DEVICE = 2 };
    bool clock = p->entry == ENTRY_CLOCK || p->entry == ENTRY_CLOCK_SLOW;
    return p->entry <= ENTRY_PAGE_FAULT_SLOW ? VECTOR_OF_PAGE_FAULT
           : clock                           ? (unsigned)VECTOR_OF_CLOCK
                                             : interrupt_vectors[DEVICE];
}

bool path_is_slow(const struct path *p)
{
    static const bool slow[] = {[ENTRY_SLOW] = true,
                                [ENTRY_PAGE_FAULT_SLOW] = true,
                                [ENTRY_DEVICE_SLOW] = true,
                                [ENTRY_CLOCK_SLOW] = true};
    return slow[p->entry];
}

void path_state(const struct path *p, struct registers *user, struct fault *fault)
{
    state_threads();
    for (unsigned i = 0; i < NOTIFICATIONS; i++)
        arena->notification[i] = (struct notification){0};
    plain_threads(p->space);
    thread(WATCHER)->priority = thread(WATCHER)->ceiling = WATCHER_PRIORITY;
    state_gave_way(WATCHER);
    user_registers(p, user);
    p->build(p);
    give_extended(p);
    give_buffers();
    state_finish();
    if (!thread(SELF)->extended && !extended_clears)
        kernel.cpu->extended = thread(PARTNER)->extended; /* as the path of the way there leaves it */
    fault_frame(p, fault);
    interrupt_none(!path_is_fault(p));
    if (p->build == nothing)
        kernel.cpu->slice_left = SLICE_TICKS; /* a tick does not end it */
    else if (path_is_fault(p))
        interrupt_plain(&arena->root[0][INDEX], false);
}

uint64_t path_entry(const struct path *p)
{
    const struct fault by = {.vector = path_vector(p)};
    return world_entry(path_is_fault(p) ? &by : NULL, path_is_slow(p));
}
