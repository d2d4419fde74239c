#include "frame/guest.h"

enum { STACK_BYTES = 4096 };

struct guest guests[GUESTS];
uint64_t pool;
static _Alignas(16) char stacks[GUESTS][STACK_BYTES];

uint64_t make(uint64_t untyped, unsigned type, unsigned size_bits)
{
    uint64_t to = temp_slot();
    EXPECT_IS(retype(cap_at(untyped), type, size_bits, own_cnode(), to, 1), 0);
    return to;
}

long revoke(uint64_t slot)
{
    return cap_revoke(own_cnode(), slot);
}

void deletions_end(void)
{
    enum { ENOUGH = 200 };
    uint64_t nothing = temp_slot();
    for (unsigned i = 0; i < ENOUGH; i++)
        EXPECT_IS(cap_delete(own_cnode(), nothing), 0);
}

bool is_gone(uint64_t slot)
{
    return cap_identify(cap_at(slot)) == ERR_BAD_CAP;
}

static void guest_main(uint64_t k)
{
    struct guest *g = &guests[k];
    for (unsigned i = 0; i < g->steps; i++) {
        g->step[i].result = ipc(g->step[i].op, g->step[i].cap, &g->step[i].m);
        g->step[i].done = 1;
    }
    __builtin_trap();
}

void guest_enter(struct guest *g, void (*function)(uint64_t argument), uint64_t argument)
{
    uint64_t top = (uint64_t)(uintptr_t)(stacks[g - guests] + STACK_BYTES);
    EXPECT_IS(thread_set_entry(cap_at(g->tcb), (uint64_t)(uintptr_t)function, top - 8, argument), 0);
}

struct guest *guest_new_in(unsigned k, uint64_t untyped, uint64_t root, unsigned priority, cap_t fault_ep)
{
    struct guest *g = &guests[k];
    memset(g, 0, sizeof *g);
    g->root = root;
    g->tcb = make(untyped, TYPE_TCB, 0);
    EXPECT_IS(
        thread_configure(cap_at(g->tcb), cap_at(root), cap_at(CAP_SELF_SPACE), fault_ep, priority, priority),
        0);
    guest_enter(g, guest_main, k);
    return g;
}

struct guest *guest_new(unsigned k, uint64_t untyped, unsigned priority, cap_t fault_ep)
{
    return guest_new_in(k, untyped, CAP_SELF_CNODE, priority, fault_ep);
}

struct guest_step *guest_plan(struct guest *g, uint64_t op, cap_t cap, uint64_t rsi, uint64_t rdx)
{
    struct guest_step *s = &g->step[g->steps++];
    *s = (struct guest_step){.op = op, .cap = cap, .m = {.label = rsi, .word = {rdx}}};
    return s;
}

struct guest_step *guest_plan_ipc(struct guest *g, uint64_t op, cap_t cap, uint64_t seed)
{
    struct guest_step *s = guest_plan(g, op, cap, 0, 0);
    s->m = pattern_msg(seed);
    return s;
}

void guest_go(struct guest *g)
{
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
}

uint64_t pool_new(void)
{
    return pool = temp_object(TYPE_UNTYPED, 16);
}

void guest_run(unsigned k, uint64_t op, cap_t cap)
{
    struct guest *g = guest_new(k, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, op, cap, 100 + k);
    guest_go(g);
    EXPECT(!g->step[0].done);
}

void guest_expect_dead(unsigned k)
{
    quiesce();
    EXPECT(is_gone(guests[k].tcb));
    for (unsigned i = 0; i < guests[k].steps; i++)
        EXPECT(!guests[k].step[i].done);
}
