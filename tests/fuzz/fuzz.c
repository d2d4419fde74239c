/* Random system calls against the kernel: seed=<n> calls=<n> on the command line. The grammar (what each call
   takes) comes from abi.def.

   Workers of one priority make the calls, in a CSpace of their own, the pool, which holds some of everything
   except what only the boot makes. Threads that they make themselves run agents: IPC with one another, with the
   workers, and faults. When all wait, a thread of lower priority runs, the reviver: it fills the pool up again,
   now and then revokes all that was made, and starts some of the workers anew. The same seed makes the same
   calls: QEMU counts instructions (icount). It looks for a panic; run it on the checking build (make
   CHECK=1). A panic shows the last system call: r14 is the seed, and r15 the number of the call. */
#include "fuzz.h"

enum {
    STACK_BYTES = 4096,
    CALLS_A_LIFE = 150,
    CALLS_A_REVOKE = 2000,
    CALLS_A_LINE = 50000,
    CALLS_ENOUGH = 100000,
    AGENT_BUDGET = 50
};

static uint64_t seed, calls_wanted, calls_made, revivals, next_revoke, next_line;
static uint64_t made[GRAMMAR_CALLS], succeeded[GRAMMAR_CALLS];

static unsigned own_radix;    /* of this program's CSpace, which the pool is a part of */
static uint64_t pool;         /* slot of the workers' CNode */
static uint64_t supplies[16]; /* slots of what they are given copies of */
static unsigned supply_count;
static uint64_t fault_ep, done;
static uint64_t memory; /* slot of the untyped that the workers' untyped is made from */
static struct thread worker[WORKERS];
static uint64_t buffer[WORKERS]; /* slots of their IPC buffers' frames */
static struct ipc_buffer *buffer_at[WORKERS];
static char stacks[WORKERS][STACK_BYTES] __attribute__((aligned(16)));

long fuzz_call(uint64_t op, const uint64_t a[6])
{
    register uint64_t r8 __asm__("r8") = a[3];
    register uint64_t r9 __asm__("r9") = a[4];
    register uint64_t r10 __asm__("r10") = a[5];
    register uint64_t r14 __asm__("r14") = seed;
    register uint64_t r15 __asm__("r15") = calls_made;
    uint64_t rdi = a[0], rsi = a[1], rdx = a[2];
    long rax = (long)op;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r14),
                       "+r"(r15)
                     :
                     : "rbx", "rcx", "r11", "r12", "r13", "memory", "cc");
    return rax;
}

long fuzz_counted(uint64_t op, const uint64_t a[6])
{
    calls_made++;
    made[op]++;
    long result = fuzz_call(op, a);
    succeeded[op] += result >= 0;
    return result;
}

/* What empties the pool or ends a life's calls comes less often; when the pool is full something goes. */
static uint64_t choose(void)
{
    uint64_t op;
    if (held_empty_count() < SLOTS / 4 && one_in(3))
        return SYS_CAP_DELETE;
    do {
        op = below(GRAMMAR_CALLS);
    } while (!grammar_calls[op].name);
    bool rare =
        op == SYS_CAP_REVOKE || op == SYS_THREAD_SUSPEND || op == SYS_CAP_DELETE || grammar_calls[op].blocks;
    return rare && !one_in(3) ? choose() : op;
}

static void work(uint64_t me)
{
    for (unsigned life = 0; life < CALLS_A_LIFE && calls_made < calls_wanted; life++) {
        uint64_t a[6], op = choose();
        if (life % 8 == 0 && cap_identify(SLOT_SELF << SLOT_BITS) != TYPE_CNODE)
            break; /* another has given it another CSpace, or taken the pool out of this one */
        arguments_make((unsigned)me, op, a);
        buffer_make((unsigned)me, buffer_at[one_in(8) ? below(WORKERS) : me], op == SYS_THREAD_WRITE_REGISTERS);
        if (one_in(2000))
            fuzz_call(edge(), a); /* no such number: a fault */
        long result = fuzz_counted(op, a);
        held_update(op, a, result);
    }
    for (;;)
        (void)*(volatile char *)0; /* until the reviver starts it anew, or while this fault is answered */
}

/* The reviver's calls go the same way, so that they are numbered, too. */
#define CALL(op, ...) fuzz_call(op, (const uint64_t[6]){__VA_ARGS__})

static void give(uint64_t index, uint64_t slot)
{
    CALL(SYS_CAP_COPY, cap_at(pool), index, cap_at(CAP_SELF_CNODE), slot, RIGHT_ALL);
}

/* Takes out of a slot of the pool what does not belong there. */
static void make_room(uint64_t index, long type)
{
    if (cap_identify((index << own_radix | pool) << SLOT_BITS) != type)
        CALL(SYS_CAP_DELETE, cap_at(pool), index);
}

/* What the workers always have, if they did not put something else there; and copies of the supplies into slots
   that happen to be empty. */
static void supply(void)
{
    make_room(SLOT_SELF, TYPE_CNODE);
    make_room(SLOT_SPACE, TYPE_ADDRESS_SPACE);
    make_room(SLOT_UNTYPED, TYPE_UNTYPED);
    give(SLOT_SELF, pool);
    give(SLOT_SPACE, CAP_SELF_SPACE);
    for (unsigned i = 0; i < 3; i++)
        give(FIRST_SLOT + below(SLOTS - FIRST_SLOT), supplies[below(supply_count)]);
    if (calls_made >= next_revoke) {
        next_revoke = calls_made + CALLS_A_REVOKE;
        must(CALL(SYS_CAP_REVOKE, cap_at(CAP_SELF_CNODE), memory), "revoke");
    }
    CALL(SYS_RETYPE, cap_at(memory), TYPE_UNTYPED, 21, cap_at(pool), SLOT_UNTYPED,
         1); /* fails while there is one */
    agent_budget = AGENT_BUDGET;
}

/* Starts a worker anew. A worker that runs already may resume it in between, since all of them have its TCB:
   then it is left for the next time. */
static void start(unsigned i)
{
    cap_t tcb = cap_at(worker[i].tcb);
    CALL(SYS_THREAD_SUSPEND, tcb);
    for (unsigned k = 0; k < BREAKPOINTS; k++)
        CALL(SYS_THREAD_SET_BREAKPOINT, tcb, k);
    if (CALL(SYS_THREAD_CONFIGURE, tcb, cap_at(pool), cap_at(CAP_SELF_SPACE), cap_at(fault_ep),
             WORKER_PRIORITY | WORKER_PRIORITY << 8, cap_at(buffer[i])) == 0 &&
        CALL(SYS_THREAD_SET_ENTRY, tcb, (uintptr_t)work, (uintptr_t)stacks[i] + STACK_BYTES - 8, i) == 0)
        CALL(SYS_THREAD_RESUME, tcb);
}

/* The words of a buffer that are the program's, and that no worker writes. */
static void own_words(unsigned i, bool plant)
{
    for (unsigned k = 0; k < IPC_BUFFER_OWN; k++) {
        uint64_t mark = ~(seed << 16 | i << 8 | k), *own = &buffer_at[i]->own[k];
        if (plant)
            *own = mark;
        else if (*own != mark)
            fail("not ok fuzz/seed_%lu: word %u of buffer %u that is the program's is %lx, not %lx", seed, k, i,
                 *own, mark);
    }
}

/* Runs when all others wait. Some of the workers stay in their waits. */
static void revive(uint64_t unused)
{
    (void)unused;
    while (calls_made < calls_wanted) {
        revivals++;
        if (calls_made >= next_line) {
            print("%lu calls\n", calls_made); /* a sign of life for those who wait */
            next_line += CALLS_A_LINE;
        }
        supply();
        doomed_round();
        if (one_in(3))
            halves_round();
        uint64_t first = below(WORKERS);
        for (unsigned i = 0; i < WORKERS; i++) {
            own_words(i, false);
            if (i == first || one_in(3))
                start(i);
        }
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

/* A frame of device memory, where no device is: the largest piece is the farthest out. */
static void supply_device(const struct bootinfo *bi)
{
    for (unsigned i = 0; i < bi->untyped_count; i++) {
        if (!bi->untyped[i].device)
            continue;
        uint64_t slot = slot_new();
        must(retype(cap_at(bi->untyped[i].slot), TYPE_FRAME, 12, cap_at(CAP_SELF_CNODE), slot, 1),
             "device memory");
        supplies[supply_count++] = slot;
        return;
    }
}

static void prepare(const struct bootinfo *bi)
{
    static const unsigned types[] = {TYPE_ENDPOINT,      TYPE_ENDPOINT, TYPE_NOTIFICATION, TYPE_NOTIFICATION,
                                     TYPE_ADDRESS_SPACE, TYPE_TIMER,    TYPE_CNODE,        TYPE_FRAME};
    pool = object_new(TYPE_CNODE, RADIX);
    fault_ep = object_new(TYPE_ENDPOINT, 0);
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        supplies[supply_count++] = object_new(types[i], types[i] == TYPE_CNODE   ? 4
                                                        : types[i] == TYPE_FRAME ? 12
                                                                                 : 0);
    supplies[supply_count++] = CAP_IRQ_CONTROL;
    supplies[supply_count++] = object_new(TYPE_FRAME, 21);
    supply_device(bi);
    for (unsigned i = 0; i < WORKERS; i++) {
        worker[i].tcb = object_new(TYPE_TCB, 0);
        supplies[supply_count++] = worker[i].tcb;
        buffer[i] = object_new(TYPE_FRAME, 12);
        buffer_at[i] = (struct ipc_buffer *)pages_reserve(1);
        must(map_frame(buffer[i], cap_at(CAP_SELF_SPACE), (uintptr_t)buffer_at[i], RIGHT_READ | RIGHT_WRITE),
             "buffer");
        own_words(i, true);
    }
    memory = object_new(TYPE_UNTYPED, 22);
    done = object_new(TYPE_NOTIFICATION, 0);
    doomed_init();
    halves_init();
}

/* The workers have nothing of the types that only the boot makes. */
static bool out_of_reach(const struct grammar_call *c)
{
    uint32_t types = grammar_kinds[c->kind[PLACE_rdi]].types, boot = 1 << TYPE_DEBUG | 1 << TYPE_IO_PORT;
    return types && !(types & ~boot);
}

/* Calls that never succeed show that the fuzzer does not get to where it should. */
static unsigned report(void)
{
    unsigned bad = 0;
    for (unsigned n = 0; n < GRAMMAR_CALLS; n++) {
        const struct grammar_call *c = &grammar_calls[n];
        if (!c->name)
            continue;
        print("  %-24s %8lu calls, %8lu succeeded\n", c->name, made[n], succeeded[n]);
        if (calls_wanted < CALLS_ENOUGH || c->blocks || out_of_reach(c) || succeeded[n])
            continue;
        print("not ok fuzz/seed_%lu: %s never succeeds\n", seed, c->name);
        bad++;
    }
    return bad;
}

int main(const struct bootinfo *bi)
{
    seed = number(bi, "seed", 1);
    calls_wanted = number(bi, "calls", 100000);
    own_radix = (unsigned)__builtin_ctz(bi->slot_count);
    random_seed(seed);
    grammar_init();
    alloc_init(bi);
    print("fuzz: seed %lu, %lu calls\n", seed, calls_wanted);
    prepare(bi);
    cap_t reviver = cap_at(thread_new(revive, 0, REVIVER_PRIORITY, 0).tcb);
    must(thread_configure(reviver, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0, REVIVER_PRIORITY,
                          WORKER_PRIORITY),
         "reviver");
    must(thread_resume(reviver), "reviver");
    uint64_t bits;
    must(notification_wait(cap_at(done), &bits), "wait");
    unsigned bad = report();
    print("%lu calls, %lu revivals\n", calls_made, revivals);
    if (!bad)
        print("ok fuzz/seed_%lu\n", seed);
    return bad != 0;
}
