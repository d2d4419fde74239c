/* What a hostile ring-3 program could try: what was once found to work, and every system call with every kind of
   argument. Nothing may crash, break an invariant, write beyond an object, or turn a user's memory into a page table. */
#include "arch.h"
#include "derive.h"
#include "endpoint.h"
#include "invariants.h"
#include "sched.h"
#include "space.h"
#include "user_cpu.h"
#include "world.h"

enum { THREADS = 4, ENDPOINTS = 2, FIRST_TCB = 8, FIRST_EP = 12, FIRST_SPACE = 14, SMALL_CNODE = 16, TABLES = 17, FRAMES = 27,
       MEMORY_BITS = 19 };

static struct tcb *thread[THREADS];
static struct endpoint *endpoint[ENDPOINTS];

static void stock(void)
{
    world_reset();
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, MEMORY_BITS);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        endpoint[i] = world_object(FIRST_EP + i, TYPE_ENDPOINT, 0);
        world_object(FIRST_SPACE + i, TYPE_ADDRESS_SPACE, 0);
    }
    world_object(SMALL_CNODE, TYPE_CNODE, 2);
    for (unsigned i = 0; i < THREADS; i++) {
        thread[i] = world_thread(FIRST_TCB + i, 10 + i / 2);
        derive_copy(&thread[i]->slots[TCB_SPACE], &world[FIRST_SPACE], 0);
        tcb_slots_changed(thread[i]);
        sched_wake(thread[i]);
    }
    for (unsigned i = 0; i < 10; i++)
        world_object(TABLES + i, TYPE_PAGE_TABLE, 0);
    for (unsigned i = 0; i < 4; i++)
        world_object(FRAMES + i, TYPE_FRAME, 12);
}

static long map(unsigned slot, uint64_t vaddr, unsigned rights)
{
    return sys(SYS_MEMORY_MAP, at(slot), at(FIRST_SPACE), vaddr, rights, 0, 0);
}

/* Is there a capability of this type to it, in any CNode that the shared one leads to? */
static bool held(unsigned type, uint64_t object)
{
    const struct slot shared = {.object = (uintptr_t)world, .data = cnode_data(WORLD_RADIX, 0, 0)};
    const struct slot *cnode[WORLD_SLOTS] = {&shared};
    for (unsigned count = 1, i = 0; i < count; i++) {
        for (unsigned k = 0; k < 1u << cnode_radix(cnode[i]); k++) {
            const struct slot *s = &cnode_slots(cnode[i])[k];
            bool known = slot_type(s) != TYPE_CNODE || count == WORLD_SLOTS;
            for (unsigned n = 0; n < count && !known; n++)
                known = cnode[n]->object == s->object;
            if (!known)
                cnode[count++] = s;
            if (slot_type(s) == type && s->object == object)
                return true;
        }
    }
    return false;
}

/* Does the CPU, walking from this table, ever take memory of a frame for a table? Level 1 tables hold frames. */
static void check_tables(const uint64_t *table, unsigned level)
{
    for (unsigned i = 0; i < (level == 4 ? 256 : 512); i++) {
        if (!(table[i] & 1))
            continue;
        uint64_t object = arch_entry_phys(table[i]);
        bool frame = held(TYPE_FRAME, object), page_table = held(TYPE_PAGE_TABLE, object);
        CHECK(level == 1 ? frame : page_table);
        if (level > 1 && page_table)
            check_tables((const uint64_t *)(uintptr_t)object, level - 1);
    }
}

/* A page table that holds a user's frame, mapped a second time one level higher, would make the frame a page table. */
static void table_at_two_levels(void)
{
    stock();
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("tables", map(TABLES + i, 0x400000, 0), 0);
    CHECK_NUMBER("frame", map(FRAMES, 0x400000, RIGHT_READ | RIGHT_WRITE), 0);
    CHECK_NUMBER("elsewhere", map(TABLES + 3, 1ull << 39, 0), 0);
    sys(SYS_CAP_COPY, at(1), 50, at(1), TABLES + 2, 0xff, 0);
    map(50, 1ull << 39, 0);
    check_tables((const uint64_t *)(uintptr_t)world[FIRST_SPACE].object, 4);
    sys(SYS_CAP_MINT, at(1), 51, at(1), TABLES + 2, 0xff, 0);
    map(51, 1ull << 39, 0);
    sys(SYS_CAP_MOVE, at(1), 52, at(1), TABLES + 2, 0, 0);
    map(52, 1ull << 39, 0);
    check_tables((const uint64_t *)(uintptr_t)world[FIRST_SPACE].object, 4);
}

/* The object at the very end of an untyped is its child, too. */
static void last_child(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT, TYPE_TCB, TYPE_FRAME, TYPE_CNODE, TYPE_UNTYPED};
    for (unsigned i = 0; i < 5; i++) {
        stock();
        uint64_t total = 1ull << MEMORY_BITS;
        unsigned bits = types[i] == TYPE_CNODE ? 7 : 12;
        world[SLOT_UNTYPED].data = untyped_data(MEMORY_BITS, total - (types[i] == TYPE_ENDPOINT ? 64 : types[i] == TYPE_TCB ? 1024 : 4096));
        CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), types[i], bits, at(1), 50, 1), 0);
        CHECK(slot_has_children(&world[SLOT_UNTYPED]));
        CHECK_NUMBER("one more", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_ENDPOINT, 0, at(1), 51, 1), ERR_NO_MEMORY);
    }
}

/* Equals of a thread that spends its time in a more urgent server get their turn: the server's ticks are its own. */
static void donated_slice(void)
{
    unsigned ran = 0;
    stock();
    struct tcb *client = world_thread(40, 5), *equal = world_thread(41, 5), *server = thread[3];
    for (unsigned i = 0; i < 3; i++)
        tcb_stop(thread[i]);
    CHECK(cpu.current == server);
    sys(SYS_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
    sched_wake(client);
    sched_wake(equal);
    for (unsigned i = 0; i < 1000; i++) {
        if (cpu.current == equal) {
            ran++;
            sched_tick();
            continue;
        }
        CHECK(cpu.current == client);
        sys(SYS_CALL, at(FIRST_EP), 0, 0, 0, 0, 0);
        CHECK(cpu.current == server);
        for (unsigned k = 0; k < 20; k++)
            sched_tick();
        sys(SYS_REPLY_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
        sched_tick();
    }
    CHECK(ran > 300);
}

/* ---- every system call with every kind of argument */
static uint64_t some_address(void)
{
    switch (random_below(12)) {
    case 0: return random_next();
    case 1: return at(random_below(1 << 20));
    case 2: return at(SMALL_CNODE | (uint64_t)random_below(8) << WORLD_RADIX);
    case 3: return at(random_below(WORLD_SLOTS)) | 1u << random_below(5);
    case 4: return ~0ull << random_below(64);
    case 5: return at(SLOT_UNTYPED);
    default: return at(random_below(random_below(2) ? 32 : WORLD_SLOTS));
    }
}

static uint64_t some_number(void)
{
    static const uint64_t numbers[] = {0, 1, 2, 3, 6, 12, 47, 63, 64, 0xfff, 0x1000, 0x400000, 0x7fffffffe000, 0x7ffffffff000,
                                       1ull << 39, 1ull << 47, 0xffff800000000000, ~0ull, 0x1f1f, 0x0a0a, 0xff};
    switch (random_below(4)) {
    case 0: return random_next();
    case 1: return random_below(WORLD_SLOTS);
    case 2: return numbers[random_below(sizeof numbers / sizeof numbers[0])];
    default: return random_below(20);
    }
}

static uint64_t argument(void)
{
    return random_below(2) ? some_address() : some_number();
}

static void fill_registers(void)
{
    static const unsigned ops[] = {SYS_RETYPE,   SYS_CAP_COPY,   SYS_CAP_MINT,       SYS_CAP_MOVE,  SYS_CAP_DELETE,
                                   SYS_MEMORY_MAP, SYS_MEMORY_UNMAP, SYS_THREAD_CONFIGURE, SYS_THREAD_RESUME,
                                   SYS_THREAD_SUSPEND, SYS_THREAD_SET_ENTRY};
    user = (struct registers){.rax = random_below(3) ? ops[random_below(11)] : random_below(random_below(2) ? 11 : 0x60),
                              .rdi = some_address(), .rsi = argument(),
                              .word = {argument(), argument(), argument(), argument()}};
    if (user.rax == SYS_RETYPE && random_below(4))
        user = (struct registers){.rax = SYS_RETYPE, .rdi = at(SLOT_UNTYPED), .rsi = random_below(TYPE_COUNT),
                                  .word = {6 + random_below(7), at(SLOT_CNODE), 64 + random_below(80), random_below(5)}};
    bool to_cnode = user.rax >= SYS_CAP_COPY && user.rax <= SYS_CAP_MINT && random_below(4);
    if (to_cnode) {
        user.rdi = at(SLOT_CNODE), user.rsi = random_below(WORLD_SLOTS);
        user.word[0] = at(SLOT_CNODE), user.word[1] = random_below(WORLD_SLOTS);
    }
    if (user.rax == SYS_MEMORY_UNMAP && random_below(4))
        user.rdi = at(FRAMES + random_below(4));
    if (user.rax < SYS_THREAD_SUSPEND && random_below(2))
        user.rdi = at(FIRST_EP + random_below(2));
    if (user.rax == SYS_THREAD_CONFIGURE && random_below(2))
        user = (struct registers){.rax = SYS_THREAD_CONFIGURE, .rdi = at(FIRST_TCB + random_below(4)), .rsi = at(SLOT_CNODE),
                                  .word = {at(FIRST_SPACE + random_below(2)), random_below(2) * at(FIRST_EP),
                                           random_below(12) | 11 << 8}};
    if (user.rax == SYS_MEMORY_MAP && random_below(4)) {
        user.rdi = at(TABLES + random_below(14));
        user.rsi = at(FIRST_SPACE + random_below(2));
        user.word[0] = (uint64_t)random_below(2) << 39 | random_below(3) << 30 | random_below(4) << 12;
        user.word[1] = random_below(4) * RIGHT_READ;
    }
}

/* A type this program holds may only come from what it held: the debug capability was never given. */
static void check_slots(void)
{
    for (unsigned i = 0; i < WORLD_SLOTS; i++) {
        const struct slot *s = &world[i], *next = slot_next(s);
        CHECK(slot_type(s) != TYPE_DEBUG && slot_type(s) < TYPE_COUNT);
        if (slot_empty(s))
            CHECK(s->object == 0 && s->data == 0 && s->prev == 0 && s->next == 0);
        else if (next)
            CHECK(slot_prev(next) == s);
        if (slot_prev(s))
            CHECK(slot_next(slot_prev(s)) == s);
    }
}

/* Threads or endpoints that retype made are not ours: they are in no queue, as nothing of the four uses them. */
static bool only_ours(void)
{
    for (unsigned i = 0; i < WORLD_SLOTS; i++) {
        const struct slot *s = &world[i];
        bool ours = false;
        for (unsigned k = 0; k < THREADS; k++)
            ours |= s->object == (uintptr_t)thread[k];
        for (unsigned k = 0; k < ENDPOINTS; k++)
            ours |= s->object == ref_endpoint(endpoint[k]);
        if ((slot_type(s) == TYPE_TCB || slot_type(s) == TYPE_ENDPOINT) && !ours)
            return false;
    }
    return true;
}

/* New threads and endpoints would be unknown to check_invariants, the numbers of new spaces outlive the world; and
   without its CNode or its untyped a program can do little more, so that is tried rarely. */
static bool forbidden(void)
{
    bool loses = (user.rax == SYS_CAP_DELETE && user.rsi <= SLOT_UNTYPED) ||
                 (user.rax == SYS_CAP_MOVE && user.word[1] <= SLOT_UNTYPED);
    if (loses && random_below(200))
        return true;
    bool thread_or_endpoint = user.rax == SYS_RETYPE && (user.rsi == TYPE_TCB || user.rsi == TYPE_ENDPOINT);
    bool space = user.rax == SYS_RETYPE && user.rsi == TYPE_ADDRESS_SPACE;
    return thread_or_endpoint || space;
}

static unsigned succeeded[64]; /* times that a call returned 0 */

static void one_call(void)
{
    for (unsigned i = 0; cpu.current == &idle_tcb && i < THREADS; i++) {
        tcb_stop(thread[i]);
        sched_wake(thread[i]);
        user_run();
    }
    fill_registers();
    if (forbidden())
        return;
    uint64_t op = user.rax;
    const struct tcb *caller = cpu.current;
    user_syscall(random_below(2));
    if (op < 64 && cpu.current == caller && user.rax == 0)
        succeeded[op]++;
    if (random_below(16) == 0)
        user_tick();
}

static void fuzz(void)
{
    for (unsigned round = 0; round < 300 && !test_state.failing; round++) {
        stock();
        for (unsigned k = 0; k < 3; k++)
            CHECK_NUMBER("tables", map(TABLES + k, 0, 0), 0);
        for (unsigned i = 0; i < 600 && !test_state.failing; i++) {
            one_call();
            check_slots();
            CHECK(only_ours());
            check_invariants(thread, THREADS, endpoint, ENDPOINTS);
            if (i % 64 == 0) {
                for (unsigned s = 0; s < 2; s++) {
                    if (slot_type(&world[FIRST_SPACE + s]) == TYPE_ADDRESS_SPACE)
                        check_tables((const uint64_t *)(uintptr_t)world[FIRST_SPACE + s].object, 4);
                }
            }
        }
    }
    static const unsigned ops[] = {SYS_RETYPE, SYS_CAP_COPY, SYS_CAP_MINT, SYS_CAP_MOVE, SYS_CAP_DELETE, SYS_MEMORY_MAP,
                                   SYS_MEMORY_UNMAP, SYS_THREAD_CONFIGURE, SYS_THREAD_SUSPEND, SYS_RECV};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) /* it does get somewhere */
        CHECK_NUMBER("system call that never succeeds", succeeded[ops[i]] < 10 ? ops[i] : 0, 0);
}

int main(void)
{
    random_seed();
    test_run("attack: a page table at two levels", table_at_two_levels);
    test_run("attack: the last object of an untyped is its child", last_child);
    test_run("attack: a server's ticks do not renew its client's slice", donated_slice);
    test_run("attack: random system calls", fuzz);
    return test_end();
}
