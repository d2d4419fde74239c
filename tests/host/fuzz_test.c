/* Every system call with every kind of argument, at random: nothing may crash, break an invariant, write beyond
   an object, or turn a user's memory into a page table. */
#include "hostile.h"
#include "invariants.h"
#include "object/endpoint.h"
#include "object/thread.h"
#include "thread/sched.h"
#include "user_cpu.h"

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
    static const uint64_t numbers[] = {0,
                                       1,
                                       2,
                                       3,
                                       6,
                                       12,
                                       47,
                                       63,
                                       64,
                                       0xfff,
                                       0x1000,
                                       0x400000,
                                       0x7fffffffe000,
                                       0x7ffffffff000,
                                       1ull << 39,
                                       1ull << 47,
                                       0xffff800000000000,
                                       ~0ull,
                                       0x1f1f,
                                       0x0a0a,
                                       0xff};
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
    static const unsigned ops[] = {SYS_RETYPE,         SYS_CAP_COPY,         SYS_CAP_MINT,
                                   SYS_CAP_MOVE,       SYS_CAP_DELETE,       SYS_MEMORY_MAP,
                                   SYS_MEMORY_UNMAP,   SYS_THREAD_CONFIGURE, SYS_THREAD_RESUME,
                                   SYS_THREAD_SUSPEND, SYS_THREAD_SET_ENTRY};
    user = (struct registers){.rax = random_below(3) ? ops[random_below(11)]
                                                     : random_below(random_below(2) ? 11 : 0x60),
                              .rdi = some_address(),
                              .rsi = argument(),
                              .word = {argument(), argument(), argument(), argument()}};
    if (user.rax == SYS_RETYPE && random_below(4))
        user = (struct registers){
            .rax = SYS_RETYPE,
            .rdi = at(SLOT_UNTYPED),
            .rsi = random_below(TYPE_COUNT),
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
        user = (struct registers){.rax = SYS_THREAD_CONFIGURE,
                                  .rdi = at(FIRST_TCB + random_below(4)),
                                  .rsi = at(SLOT_CNODE),
                                  .word = {at(FIRST_SPACE + random_below(2)), random_below(2) * at(FIRST_EP),
                                           random_below(12) | 11 << 8}};
    if (user.rax == SYS_MEMORY_MAP && random_below(4)) {
        user.rdi = at(TABLES + random_below(14));
        user.rsi = at(FIRST_SPACE + random_below(2));
        user.word[0] = (uint64_t)random_below(2) << 39 | random_below(3) << 30 | random_below(4) << 12;
        user.word[1] = random_below(4) * RIGHT_READ;
    }
}

/* A type that this program holds may only come from what it held before: the debug capability was never given. */
static void check_slots(void)
{
    for (unsigned i = 0; i < WORLD_SLOTS; i++) {
        const struct slot *s = &world[i], *next = slot_next(s);
        unsigned type = slot_object_type(s); /* a delete may be half done */
        CHECK(type != TYPE_DEBUG && type < TYPE_COUNT);
        if (slot_empty(s))
            CHECK(s->object == 0 && s->data == 0 && s->prev == 0 && s->next == 0);
        else if (next)
            CHECK(slot_prev(next) == s);
        if (slot_prev(s))
            CHECK(slot_next(slot_prev(s)) == s);
    }
}

/* Threads or endpoints that retype made are not ours: they are in no queue, as nothing of the four uses them.
 */
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

/* New threads and endpoints would be unknown to check_invariants, the numbers of new spaces outlive the world;
   and without its CNode or its untyped a program can do little more, so that is tried rarely. */
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
        hostile_reset();
        for (unsigned k = 0; k < 3; k++)
            CHECK_NUMBER("tables", hostile_map(TABLES + k, 0, 0), 0);
        for (unsigned i = 0; i < 600 && !test_state.failing; i++) {
            one_call();
            check_slots();
            CHECK(only_ours());
            check_world(thread, THREADS, endpoint, ENDPOINTS);
            if (i % 64 == 0)
                hostile_check_tables();
        }
    }
    static const unsigned ops[] = {SYS_RETYPE,         SYS_CAP_COPY,   SYS_CAP_MINT,     SYS_CAP_MOVE,
                                   SYS_CAP_DELETE,     SYS_MEMORY_MAP, SYS_MEMORY_UNMAP, SYS_THREAD_CONFIGURE,
                                   SYS_THREAD_SUSPEND, SYS_RECV};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) /* it does get somewhere */
        CHECK_NUMBER("system call that never succeeds", succeeded[ops[i]] < 10 ? ops[i] : 0, 0);
}

int main(void)
{
    random_seed();
    test_run("fuzz: random system calls", fuzz);
    return test_end();
}
