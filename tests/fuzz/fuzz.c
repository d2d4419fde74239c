/* Random system calls against the kernel: seed=<n> calls=<n> on the command line. The grammar (numbers, types, rights)
   comes from abi.def.

   Workers of one priority make the calls, in a CSpace of their own that holds some of everything but the debug
   capability. When all of them wait, or have made some calls, a thread of lower priority runs, the reviver: it fills the CSpace
   up again, revokes all that was made now and then, and starts the workers anew. The same seed makes the same calls: QEMU counts instructions (icount). What is looked
   for is a panic; run it on the checking build (make CHECK=1). */
#include "baton.h"
#include "ipc_buffer.h"

enum { WORKERS = 4, RADIX = 7, SLOTS = 1 << RADIX, WORKER_PRIORITY = 20, REVIVER_PRIORITY = 10, STACK_BYTES = 4096,
       FIRST_SLOT = 4, CALLS_A_LIFE = 150, LIVES_A_REVOKE = 10,
       LIVES_A_LINE = 500 };

static uint64_t calls_wanted, calls_made, revivals;
static uint64_t state;
static uint64_t made[256], failed[256]; /* by system-call number */

static uint64_t pool;               /* slot of the workers' CNode */
static uint64_t supplies[16];       /* slots of what they are given copies of */
static unsigned supply_count;
static uint64_t fault_ep, done;
static uint64_t memory;             /* slot of the untyped that the workers' untyped is made from */
static struct thread worker[WORKERS];
static uint64_t buffer[WORKERS]; /* slots of their IPC buffers' frames */
static struct ipc_buffer *buffer_at[WORKERS];
static char stacks[WORKERS][STACK_BYTES] __attribute__((aligned(16)));

#define SYSCALL(n, name, doc) (n),
static const uint64_t numbers[] = {
#include "abi_each.h"
};
#define SYSCALL(n, name, doc) [n] = #name,
static const char *const number_names[256] = {
#include "abi_each.h"
};

/* xorshift64* (Vigna) */
static uint64_t random64(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t n)
{
    return random64() % n;
}

static uint64_t edge(void)
{
    static const uint64_t edges[] = {0, 1, 12, 255, 256, 4096, USER_TOP - 4096, USER_TOP, 1ull << 47, ~0ull, 1ull << 63,
                                     0xffff800000200000, 0xffffffff80200000};
    uint64_t near = below(3);
    return edges[below(sizeof edges / sizeof edges[0])] + (near == 2 ? ~0ull : near);
}

static uint64_t address(void)
{
    uint64_t slot = below(SLOTS);
    if (below(8) == 0)
        slot |= below(16) << RADIX;
    return slot << SLOT_BITS;
}

static uint64_t argument(void)
{
    switch (below(10)) {
    case 0: return edge();
    case 1: return below(TYPE_COUNT);
    case 2: return below(1 + RIGHT_ALL);
    case 3: return below(64) << 12;
    case 4: return below(16);
    case 5: return below(SLOTS);
    default: return address();
    }
}

static uint64_t some_slot(void)
{
    return FIRST_SLOT + below(SLOTS - FIRST_SLOT);
}

/* The address of a capability of this type, if a few tries find one. */
static uint64_t of_type(long type)
{
    for (int i = 0; i < 80; i++) {
        uint64_t a = below(SLOTS) << SLOT_BITS;
        if (cap_identify(a) == type)
            return a;
    }
    return address();
}

static void aim_at_thread(uint64_t op, uint64_t a[6])
{
    a[0] = of_type(TYPE_TCB);
    if (op == SYS_THREAD_CONFIGURE) {
        a[1] = CAP_SELF_CNODE << SLOT_BITS;
        a[2] = of_type(TYPE_ADDRESS_SPACE);
        a[3] = below(2) ? of_type(TYPE_ENDPOINT) : 0;
        a[4] = below(32) | WORKER_PRIORITY << 8;
        a[5] = below(2) ? of_type(TYPE_FRAME) : 0;
    } else if (op == SYS_THREAD_SET_PRIORITY) {
        a[1] = below(WORKER_PRIORITY + 2) | WORKER_PRIORITY << 8;
    } else if (op == SYS_THREAD_SET_FPU) {
        a[1] = below(4) ? of_type(TYPE_EXTENDED_STATE) : 0;
    } else if (op == SYS_THREAD_SET_TLS) {
        a[1] = random64() >> 17;
        a[2] = random64() >> 17;
    } else if (op == SYS_THREAD_SET_BREAKPOINT) {
        a[1] = below(5);
        a[2] = below(3) ? (uint64_t)(uintptr_t)&calls_made : a[2];
        a[3] = below(3) ? below(4) | 1ul << (8 + below(4)) : 0;
    } else if (op == SYS_NOTIFICATION_BIND) {
        a[1] = below(4) ? of_type(TYPE_NOTIFICATION) : 0;
    }
}

/* A call that is likely to get past the first checks: the arguments are where that operation wants them. */
static void aim(uint64_t op, uint64_t a[6])
{
    static const cap_t self = CAP_SELF_CNODE << SLOT_BITS;
    switch (op) {
    case SYS_CAP_COPY:
    case SYS_CAP_MOVE:
    case SYS_CAP_DELETE:
    case SYS_CAP_REVOKE:
    case SYS_CAP_MINT:
    case SYS_CAP_SWAP:
        a[0] = a[2] = self;
        a[1] = some_slot();
        a[3] = below(8) ? some_slot() : 2;
        break;
    case SYS_REPLY_SAVE:
        a[0] = self;
        a[1] = some_slot();
        break;
    case SYS_RETYPE:
        a[0] = below(8) ? 2 << SLOT_BITS : a[0];
        a[1] = 1 + below(TYPE_COUNT - 1);
        a[2] = below(4) ? 12 : below(16);
        a[3] = self;
        a[4] = some_slot();
        a[5] = 1 + below(2);
        break;
    case SYS_MEMORY_MAP:
        a[0] = of_type(below(2) ? TYPE_FRAME : TYPE_PAGE_TABLE);
        a[1] = of_type(TYPE_ADDRESS_SPACE);
        a[2] = below(64) << 12;
        a[3] = RIGHT_READ | (below(2) ? RIGHT_WRITE : 0) | (below(8) ? 0 : below(4) << CACHE_SHIFT);
        break;
    case SYS_MEMORY_UNMAP: a[0] = of_type(below(4) ? TYPE_FRAME : TYPE_PAGE_TABLE); break;
    case SYS_MEMORY_PROTECT: a[1] = RIGHT_READ | (below(2) ? RIGHT_EXECUTE : 0); __attribute__((fallthrough));
    case SYS_FRAME_ADDRESS: a[0] = of_type(TYPE_FRAME); break;
    case SYS_SIGNAL:
    case SYS_WAIT:
    case SYS_POLL: a[0] = of_type(TYPE_NOTIFICATION); break;
    case SYS_IRQ_HANDLER_GET:
        a[0] = of_type(TYPE_IRQ_CONTROL);
        a[1] = below(24) | below(8) << 16; /* all lines of an I/O APIC, with every flag */
        a[2] = self;
        a[3] = some_slot();
        break;
    case SYS_IRQ_MSI_GET:
        a[0] = of_type(TYPE_IRQ_CONTROL);
        a[1] = self;
        a[2] = some_slot();
        break;
    case SYS_IRQ_HANDLER_BIND: a[1] = below(4) ? of_type(TYPE_NOTIFICATION) : 0; __attribute__((fallthrough));
    case SYS_IRQ_HANDLER_ACK: a[0] = of_type(TYPE_IRQ_HANDLER); break;
    case SYS_TIMER_BIND: a[1] = below(4) ? of_type(TYPE_NOTIFICATION) : 0; __attribute__((fallthrough));
    case SYS_TIMER_CANCEL: a[0] = of_type(TYPE_TIMER); break;
    case SYS_TIMER_SET:
        a[0] = of_type(TYPE_TIMER);
        a[1] = below(8) ? clock_read() + below(200000) : edge();
        break;
    case SYS_REPLY:
    case SYS_LONG_REPLY: a[0] = below(4) ? 0 : of_type(TYPE_REPLY); break;
    case SYS_THREAD_CONFIGURE:
    case SYS_THREAD_SUSPEND:
    case SYS_THREAD_RESUME:
    case SYS_THREAD_SET_ENTRY:
    case SYS_THREAD_READ_REGISTERS:
    case SYS_THREAD_WRITE_REGISTERS:
    case SYS_THREAD_SET_PRIORITY:
    case SYS_THREAD_SET_TLS:
    case SYS_THREAD_SET_FPU:
    case SYS_THREAD_SET_SLICE:
    case SYS_THREAD_SET_AFFINITY:
    case SYS_THREAD_SET_BREAKPOINT:
    case SYS_NOTIFICATION_BIND: aim_at_thread(op, a); break;
    default: a[0] = of_type(TYPE_ENDPOINT); break;
    }
}

/* What empties the CSpace or ends the calls of a life comes less often. */
static bool rare(uint64_t op)
{
    return op == SYS_CAP_REVOKE || op == SYS_THREAD_SUSPEND || op == SYS_WAIT;
}

static long call(uint64_t op, const uint64_t a[6])
{
    register uint64_t r8 __asm__("r8") = a[3];
    register uint64_t r9 __asm__("r9") = a[4];
    register uint64_t r10 __asm__("r10") = a[5];
    uint64_t rdi = a[0], rsi = a[1], rdx = a[2];
    long rax = (long)op;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10)
                     :
                     : "rbx", "rcx", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    return rax;
}

static void fill_buffer(struct ipc_buffer *b)
{
    b->words = below(4) ? below(8) : edge();
    b->caps = below(4) ? below(4) : edge();
    for (unsigned i = 0; i < IPC_BUFFER_CAPS; i++)
        b->cap[i] = address();
    b->receive_cnode = CAP_SELF_CNODE << SLOT_BITS;
    b->receive_index = below(4) ? some_slot() : edge();
}

static void work(uint64_t unused)
{
    (void)unused;
    for (unsigned life = 0; life < CALLS_A_LIFE && calls_made < calls_wanted; life++) {
        uint64_t a[6], op = numbers[below(sizeof numbers / sizeof numbers[0])];
        for (unsigned i = 0; i < 6; i++)
            a[i] = argument();
        if (rare(op) && below(6))
            op = SYS_CAP_DELETE;
        if (below(6))
            aim(op, a);
        if (below(2000) == 0)
            op = edge(); /* no such number: a fault */
        fill_buffer(buffer_at[below(WORKERS)]);
        calls_made++;
        made[op & 255]++;
        if (call(op, a) < 0)
            failed[op & 255]++;
    }
    (void)*(volatile char *)0; /* waits for an answer to this fault that never comes */
}

/* Copies of the supplies into slots that happen to be empty; the workers' own CNode always at its place. */
static void supply(void)
{
    cap_t cnode = cap_at(pool);
    cap_copy(cnode, CAP_SELF_CNODE, cap_at(CAP_SELF_CNODE), pool, RIGHT_ALL);
    for (unsigned i = 0; i < supply_count; i++)
        cap_copy(cnode, some_slot(), cap_at(CAP_SELF_CNODE), supplies[i], RIGHT_ALL);
    if (revivals % LIVES_A_REVOKE == 0)
        must(cap_revoke(cap_at(CAP_SELF_CNODE), memory), "revoke");
    retype(cap_at(memory), TYPE_UNTYPED, 21, cnode, 2, 1); /* fails while there is one */
}

/* Starts a worker anew. A worker that runs already may resume it in between, since all of them have its TCB: then it
   is left for the next time. */
static void start(unsigned i)
{
    cap_t tcb = cap_at(worker[i].tcb);
    thread_suspend(tcb);
    for (unsigned k = 0; k < BREAKPOINTS; k++)
        thread_set_breakpoint(tcb, k, 0, 0, 0);
    if (syscall6(SYS_THREAD_CONFIGURE, tcb, cap_at(pool), cap_at(CAP_SELF_SPACE), cap_at(fault_ep),
                 WORKER_PRIORITY | WORKER_PRIORITY << 8, cap_at(buffer[i])) == 0 &&
        thread_set_entry(tcb, (uintptr_t)work, (uintptr_t)stacks[i] + STACK_BYTES - 8, 0) == 0)
        thread_resume(tcb);
}

/* Runs when all workers wait. */
static void revive(uint64_t unused)
{
    (void)unused;
    while (calls_made < calls_wanted) {
        if (revivals++ % LIVES_A_LINE == 0)
            print("%lu calls\n", calls_made); /* a sign of life for whoever waits */
        supply();
        for (unsigned i = 0; i < WORKERS; i++)
            start(i);
    }
    notification_signal(cap_at(done));
}

static uint64_t number(const struct bootinfo *bi, const char *key, uint64_t otherwise)
{
    char text[24];
    uint64_t value = 0;
    if (!cmdline_value(bi->cmdline, key, text, sizeof text))
        return otherwise;
    for (const char *c = text; *c >= '0' && *c <= '9'; c++)
        value = value * 10 + (uint64_t)(*c - '0');
    return value;
}

static void prepare(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT, TYPE_ENDPOINT, TYPE_NOTIFICATION, TYPE_ADDRESS_SPACE, TYPE_TIMER, TYPE_FRAME};
    pool = object_new(TYPE_CNODE, RADIX);
    fault_ep = object_new(TYPE_ENDPOINT, 0);
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        supplies[supply_count++] = object_new(types[i], types[i] == TYPE_FRAME ? 12 : 0);
    supplies[supply_count++] = CAP_IRQ_CONTROL;
    for (unsigned i = 0; i < WORKERS; i++) {
        worker[i].tcb = object_new(TYPE_TCB, 0);
        supplies[supply_count++] = worker[i].tcb;
        buffer[i] = object_new(TYPE_FRAME, 12);
        buffer_at[i] = (struct ipc_buffer *)pages_reserve(1);
        must(map_frame(buffer[i], cap_at(CAP_SELF_SPACE), (uintptr_t)buffer_at[i], RIGHT_READ | RIGHT_WRITE), "buffer");
    }
}

static void print_counts(void)
{
    for (unsigned n = 0; n < 256; n++) {
        if (number_names[n] && made[n])
            print("  %-24s %8lu calls, %8lu of them errors\n", number_names[n], made[n], failed[n]);
    }
}

int main(const struct bootinfo *bi)
{
    uint64_t seed = number(bi, "seed", 1);
    calls_wanted = number(bi, "calls", 100000);
    state = seed * 0x9e3779b97f4a7c15ull + 1;
    alloc_init(bi);
    print("fuzz: seed %lu, %lu calls\n", seed, calls_wanted);
    prepare();
    memory = object_new(TYPE_UNTYPED, 22);
    done = object_new(TYPE_NOTIFICATION, 0);
    cap_t reviver = cap_at(thread_new(revive, 0, REVIVER_PRIORITY, 0).tcb);
    must(thread_configure(reviver, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0, REVIVER_PRIORITY, WORKER_PRIORITY),
         "reviver");
    must(thread_resume(reviver), "reviver");
    uint64_t bits;
    must(notification_wait(cap_at(done), &bits), "wait");
    print_counts();
    print("ok fuzz/seed_%lu\n%lu calls, %lu revivals\n", seed, calls_made, revivals);
    return 0;
}
