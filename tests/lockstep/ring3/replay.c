/* Plays sequences of inputs. For each it makes what world.py says is there at first, and lets the first thread of that run. Whoever comes to
   ring 3 looks whether it is the one that the specification says, with these registers, and does what comes next. Nothing else happens meanwhile:
   the sequence begins behind a tick, and takes a small part of the time to the next one wherever it does not wait for that.

   Prints "ok <name>" for each or "not ok <name>: why" for the first that fails, and ends the machine. */
#include "replay.h"

enum { ROOT_RADIX = 6, MEMORY_BITS = 16, DEVICE_BITS = 13, FIRST_PRIORITY = 2, CEILING = 255 };

char replay_stacks[THREADS_MOST][STACK_BYTES] __attribute__((aligned(16)));
static const struct sequence *now; /* it is played */
static volatile unsigned arrived;
static uint64_t start, unit; /* on the clock */
static struct wrong {
    const char *what;
    unsigned thread;
    uint64_t found, wanted;
} wrong;
static volatile bool over;

static bool judge(void)
{
    const struct arrival *a = &now->arrivals[arrived];
    bool good = !wrong.what && arrived == now->count;
    if (wrong.what)
        print("not ok %s: before input %u, %s: thread %u comes, its %s is 0x%lx and not 0x%lx\n", now->name,
              a->input, a->what, wrong.thread, wrong.what, wrong.found, wrong.wanted);
    else
        print(good ? "ok %s\n" : "not ok %s: nobody comes to input %u, %s\n", now->name, a->input, a->what);
    return good;
}

/* The first thread of the program goes on when the time of the sequence is over. After a fault that may never be: then this one ends
   the machine, if there is still the capability for that. */
static _Noreturn void stop(void)
{
    over = true;
    if (wrong.what && !judge())
        debug_exit(cap_at(CAP_DEBUG), 1);
    for (;;)
        ;
}

static void expect(const char *what, unsigned me, uint64_t found, uint64_t wanted)
{
    if (found == wanted)
        return;
    wrong = (struct wrong){what, me, found, wanted};
    stop();
}

static void look(const struct arrival *a, unsigned me, const struct registers *r)
{
    static const char *const names[] = {"rax", "rdi", "rsi", "rdx", "r8",  "r9",
                                        "r10", "r12", "r13", "r14", "r15", "rbx"};
    const uint64_t *found = &r->rax, *wanted = &a->has.rax;
    expect("number", me, me, a->thread);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(a->unknown >> i & 1))
            expect(names[i], me, found[i], wanted[i]);
    }
}

static uint64_t clock_of(uint64_t units)
{
    return start + units * unit;
}

/* Until then, or until another thread has run meanwhile. */
static void wait_until(uint64_t units)
{
    unsigned mine = arrived;
    while (arrived == mine && clock_read() < clock_of(units) + unit / 4)
        ;
}

uint64_t replay_arrive(struct registers *r)
{
    unsigned me = (unsigned)(((uintptr_t)r - (uintptr_t)replay_stacks) / STACK_BYTES);
    for (;;) {
        const struct arrival *a = &now->arrivals[arrived];
        if (over)
            stop();
        look(a, me, r);
        arrived++;
        switch (a->does) {
        case TRAPS: return 1;
        case TOUCHES: return a->in.rdi;
        case STORES: *(volatile uint64_t *)a->in.rdi = a->in.rsi; break;
        case WAITS: wait_until(a->at); break;
        case ENDS: stop();
        case SETS_TIMER:
            *r = a->in;
            r->rsi = clock_of(r->rsi);
            return 0;
        case CALLS: *r = a->in; return 0;
        }
    }
}

/* ---- the first state: of memory that is revoked when its sequence is over */
enum { WORLD_BITS = 18 };

static cap_t self;
static uint64_t memory, device; /* slots */

static void make(cap_t of, unsigned type, unsigned bits, cap_t to, uint64_t index)
{
    must(retype(of, type, bits, to, index, 1), "cannot make an object");
}

static void take_memory(const struct bootinfo *bi)
{
    self = cap_at(CAP_SELF_CNODE);
    memory = object_new(TYPE_UNTYPED, WORLD_BITS);
    uint64_t slot = slot_new();
    for (unsigned i = 0; i < bi->untyped_count && device == 0; i++) {
        const struct bootinfo_untyped *u = &bi->untyped[i];
        if (u->device && retype(cap_at(u->slot), TYPE_UNTYPED, DEVICE_BITS, self, slot, 1) == 0)
            device = slot;
    }
    if (device == 0)
        fail("there is no device memory");
}

static void make_world(uint64_t cnode, uint64_t tcb)
{
    static const unsigned copied[] = {CAP_SELF_SPACE, CAP_DEBUG, CAP_IO_PORTS, CAP_IRQ_CONTROL};
    make(cap_at(memory), TYPE_CNODE, ROOT_RADIX, self, cnode);
    cap_t root = cap_at(cnode), t = cap_at(tcb);
    make(cap_at(memory), TYPE_TCB, 0, self, tcb);
    make(cap_at(memory), TYPE_UNTYPED, MEMORY_BITS, root, CAP_FIRST_FREE);
    make(cap_at(device), TYPE_UNTYPED, DEVICE_BITS, root, CAP_FIRST_FREE + 1);
    for (unsigned i = 0; i < sizeof copied / sizeof copied[0]; i++)
        must(cap_copy(root, copied[i], self, copied[i], RIGHT_ALL), "copy");
    must(thread_configure(t, root, cap_at(CAP_SELF_SPACE), 0, FIRST_PRIORITY | CEILING << 8, 0), "configure");
    must(thread_set_entry(t, ENTRY, STACK(0), 0), "set_entry");
    must(thread_resume(t), "resume");
    must(cap_move(root, CAP_SELF_TCB, self, tcb), "move");
    must(cap_move(root, CAP_SELF_CNODE, self, cnode), "move");
}

/* ---- when: a thread as urgent as this one runs for the first time when a tick has come */
static volatile uint64_t ticked;

static void note_tick(uint64_t unused)
{
    (void)unused;
    ticked = clock_read();
}

static void find_tick(void)
{
    must(thread_resume(cap_at(thread_new(note_tick, 0, CEILING, 0).tcb)), "resume");
    while (ticked == 0)
        ;
}

/* Behind the next tick. */
static void begin(const struct bootinfo *bi)
{
    uint64_t tick = bi->tsc_hz / TICK_HZ;
    unit = tick / UNITS_OF_A_TICK;
    for (start = ticked; start < clock_read(); start += tick)
        ;
    while (clock_read() < start + unit / 4)
        ;
}

int main(const struct bootinfo *bi)
{
    alloc_init(bi);
    struct sleeper s = sleeper_new();
    uint64_t cnode = slot_new(), tcb = slot_new();
    take_memory(bi);
    find_tick();
    bool good = true;
    for (unsigned i = 0; good && i < sequence_count; i++) {
        now = &sequences[i];
        arrived = 0;
        over = false;
        make_world(cnode, tcb);
        begin(bi);
        sleep_until(&s, clock_of(now->ends_at));
        good = judge();
        must(cap_revoke(self, memory), "revoke");
        must(cap_revoke(self, device), "revoke");
    }
    return !good;
}
