/* Threads that do as they are told. Those in the other address space run the same program image there, with the
   same stack addresses and the same root CNode: only the memory behind their addresses differs. */
#include <stdio.h>
#include "frame/conform.h"
#include "frame/shared.h"

enum { PAGE = 4096, OTHER_RADIX = 4, QUIESCE_SEED = 0x5e771e };

static uint64_t space_mark; /* SPACE_OURS here; the other address space's copy stays 0 */
static struct program other;
static uint64_t stacks[ACTORS]; /* lowest address */
static bool crossed;            /* odd actors are in the other address space */
static cap_t quiesce_ep;

uint64_t pattern(uint64_t seed, unsigned word)
{
    uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15 + (word + 1) * 0xd1342543de82ef95;
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9;
}

struct msg pattern_msg(uint64_t seed)
{
    struct msg m = {.label = pattern(seed, 8)};
    for (unsigned k = 0; k < 8; k++)
        m.word[k] = pattern(seed, k);
    return m;
}

bool is_pattern(const struct msg *m, uint64_t badge, uint64_t seed)
{
    bool good = m->badge == badge && m->label == pattern(seed, 8);
    for (unsigned k = 0; k < 8; k++)
        good = good && m->word[k] == pattern(seed, k);
    return good;
}

static void actor_step(struct step *s)
{
    if (s->op == STEP_FUNCTION)
        s->function(s->cap);
    else
        s->result = ipc(s->op, s->cap, &s->m);
    s->order = ++shared()->order;
    s->space = space_mark;
    s->done = 1;
}

/* The program of every actor. It looks at nothing but the shared memory and space_mark. */
static void actor_main(uint64_t who)
{
    struct actor *a = &shared()->actor[who];
    for (;;) {
        while (a->next < a->planned) {
            struct step *s = &a->step[a->next % STEPS];
            actor_step(s);
            a->next++;
        }
        if (thread_suspend(a->tcb) != 0)
            __builtin_trap(); /* it would run for ever */
    }
}

static void quiescer(uint64_t ep)
{
    struct msg m = {0};
    while (ipc_reply_recv(ep, &m) == GOT_MESSAGE)
        ;
    fail("the quiescing thread cannot receive");
}

void quiesce(void)
{
    struct msg m = pattern_msg(QUIESCE_SEED);
    must(ipc_call(quiesce_ep, &m), "cannot quiesce");
}

static void map_in_both(uint64_t vaddr)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t frame = object_new(TYPE_FRAME, 12), copy = slot_new();
    must(cap_copy(self, copy, self, frame, RIGHT_ALL), "cannot copy a frame's capability");
    must(map_frame(frame, cap_at(CAP_SELF_SPACE), vaddr, RIGHT_READ | RIGHT_WRITE), "cannot map shared memory");
    must(map_frame(copy, cap_at(other.space), vaddr, RIGHT_READ | RIGHT_WRITE),
         "cannot map shared memory there");
}

static void make_actor(unsigned who)
{
    stacks[who] = (uint64_t)(uintptr_t)pages_new(ACTOR_STACK_PAGES);
    for (unsigned i = 0; i < ACTOR_STACK_PAGES; i++)
        must(map_frame(object_new(TYPE_FRAME, 12), cap_at(other.space), stacks[who] + i * PAGE,
                       RIGHT_READ | RIGHT_WRITE),
             "cannot map a stack there");
    shared()->actor[who].tcb = cap_at(object_new(TYPE_TCB, 0));
}

void actors_init(void)
{
    space_mark = SPACE_OURS;
    other = program_new(boot_info, "conform", OTHER_RADIX, ACTOR_PRIORITY, 0);
    for (uint64_t vaddr = SHARED_VADDR; vaddr < SHARED_VADDR + sizeof(struct shared); vaddr += PAGE)
        map_in_both(vaddr);
    for (unsigned who = 0; who < ACTORS; who++)
        make_actor(who);
    quiesce_ep = cap_at(object_new(TYPE_ENDPOINT, 0));
    thread_resume(cap_at(thread_new(quiescer, quiesce_ep, QUIESCE_PRIORITY, watch_fault_ep).tcb));
    actors_reset(false);
}

cap_t actor_tcb(unsigned who)
{
    return shared()->actor[who].tcb;
}

cap_t other_space(void)
{
    return cap_at(other.space);
}

static bool actor_crossed(unsigned who)
{
    return crossed && who % 2 == 1;
}

void actor_configure(unsigned who, unsigned priority, cap_t fault_ep)
{
    struct actor *a = &shared()->actor[who];
    uint64_t rsp = stacks[who] + ACTOR_STACK_PAGES * PAGE - 8; /* as at the first instruction of a function */
    thread_suspend(a->tcb);
    a->planned = a->next = 0;
    must(thread_configure(a->tcb, cap_at(CAP_SELF_CNODE),
                          actor_crossed(who) ? cap_at(other.space) : cap_at(CAP_SELF_SPACE), fault_ep, priority,
                          priority),
         "cannot configure an actor");
    must(thread_set_entry(a->tcb, (uint64_t)(uintptr_t)actor_main, rsp, who), "cannot set an actor's entry");
}

long actor_set_buffer(unsigned who, cap_t frame)
{
    actor_configure(who, ACTOR_PRIORITY, watch_fault_ep);
    return syscall6(SYS_THREAD_CONFIGURE, actor_tcb(who), cap_at(CAP_SELF_CNODE),
                    actor_crossed(who) ? cap_at(other.space) : cap_at(CAP_SELF_SPACE), watch_fault_ep,
                    ACTOR_PRIORITY | ACTOR_PRIORITY << 8, frame);
}

void actors_reset(bool cross)
{
    crossed = cross;
    for (unsigned who = 0; who < ACTORS; who++) {
        thread_suspend(actor_tcb(who));
        for (unsigned i = 0; i < BREAKPOINTS; i++)
            thread_set_breakpoint(actor_tcb(who), i, 0, 0, 0);
    }
    for (unsigned who = 0; who < ACTORS; who++) {
        actor_configure(who, ACTOR_PRIORITY, watch_fault_ep);
        must(thread_set_slice(actor_tcb(who), ACTOR_SLICE), "cannot set an actor's slice");
    }
    shared()->order = 0;
}

struct step *plan(unsigned who, uint64_t op, cap_t cap, uint64_t seed)
{
    struct actor *a = &shared()->actor[who];
    struct step *s = &a->step[a->planned % STEPS];
    if (a->planned - a->next == STEPS)
        fail("too many steps for an actor: %s", case_name());
    *s = (struct step){
        .who = who, .number = (unsigned)a->planned + 1, .op = op, .cap = cap, .m = pattern_msg(seed)};
    s->home = actor_crossed(who) ? SPACE_OTHER : SPACE_OURS;
    a->planned++;
    return s;
}

struct step *plan_function(unsigned who, void (*function)(uint64_t cap), cap_t cap)
{
    struct step *s = plan(who, STEP_FUNCTION, cap, 0);
    s->function = function;
    return s;
}

void actor_go(unsigned who, const char *file, unsigned line)
{
    char text[40];
    long result = thread_resume(actor_tcb(who));
    snprintf(text, sizeof text, "starting actor %c", 'A' + (int)who);
    expect_is((uint64_t)result, 0, text, file, line);
}

struct step *actor_act(unsigned who, uint64_t op, cap_t cap, uint64_t seed, const char *file, unsigned line)
{
    struct step *s = plan(who, op, cap, seed);
    actor_go(who, file, line);
    return s;
}

bool actor_idle(unsigned who)
{
    return shared()->actor[who].next == shared()->actor[who].planned;
}

void actors_take_turns(const volatile uint64_t *rounds)
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t a = rounds[A], b = rounds[B];
        thread_yield();
        EXPECT(rounds[A] > a && rounds[B] > b);
    }
}

void actors_take_bases(void)
{
    for (unsigned who = 0; who < ACTORS; who++) {
        thread_suspend(actor_tcb(who));
        EXPECT_IS(thread_set_tls(actor_tcb(who), 0, 0), 0);
    }
}
