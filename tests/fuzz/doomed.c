/* Callers that die inside their calls. A round makes some objects and a thread with a CSpace of its own, and
   puts the capabilities, the last ones to thread and CSpace among them, into one another: into that CSpace, a
   CNode in it, the slots of a second thread, a timer, an interrupt handler. Then the thread makes a few calls,
   most of which delete. In two rounds of three somebody else has begun a deletion and died in it: the thread
   comes upon what is left of that. */
#include "fuzz.h"

enum {
    OWN_RADIX = 5,
    OWN_SLOTS = 1 << OWN_RADIX,
    INNER_RADIX = 3,
    INNER_SLOTS = 1 << INNER_RADIX,
    LARGE_RADIX = 7
};
enum { STACK_BYTES = 4096, CALLS_MOST = 6, YIELDS = 3 };

/* Objects of a round, in the order in which they are made; a revoke takes the last first. */
enum part { HANDLER, TARGET, OWN, INNER, OTHER, TIMER, UNTYPED, STATE, FRAME, LARGE, CALLER, PARTS };
static const struct {
    uint8_t type, size_bits;
} parts[PARTS] = {
    [HANDLER] = {TYPE_ENDPOINT, 0},  [TARGET] = {TYPE_NOTIFICATION, 0},
    [OWN] = {TYPE_CNODE, OWN_RADIX}, [INNER] = {TYPE_CNODE, INNER_RADIX},
    [OTHER] = {TYPE_TCB, 0},         [TIMER] = {TYPE_TIMER, 0},
    [UNTYPED] = {TYPE_UNTYPED, 12},  [STATE] = {TYPE_EXTENDED_STATE, 0},
    [FRAME] = {TYPE_FRAME, 12},      [LARGE] = {TYPE_CNODE, LARGE_RADIX},
    [CALLER] = {TYPE_TCB, 0},
};
/* Slots of the caller's CSpace that hold what lives on; the parts come after them. */
enum { HAS_SELF = 1, HAS_SPACE, HAS_SHARED, HAS_PARTS };

static uint64_t memory, caller_memory, shared, deleter_memory, deleter; /* slots of ours, as those below */
static uint64_t mine[PARTS], scratch;
static uint64_t at[PARTS]; /* where the caller finds it: an address, or 0 */
static char stacks[2][STACK_BYTES] __attribute__((aligned(16)));

static const cap_t self = CAP_SELF_CNODE << SLOT_BITS;

#define CALL(op, ...) fuzz_call(op, (const uint64_t[6]){__VA_ARGS__})

void doomed_init(void)
{
    memory = object_new(TYPE_UNTYPED, 16);
    caller_memory = object_new(TYPE_UNTYPED, 10);
    deleter_memory = object_new(TYPE_UNTYPED, 10);
    shared = object_new(TYPE_CNODE, INNER_RADIX);
    deleter = slot_new();
    scratch = slot_new();
    for (unsigned i = 0; i < PARTS; i++)
        mine[i] = slot_new();
    CALL(SYS_CAP_COPY, cap_at(shared), 1, self, CAP_SELF_SPACE, RIGHT_ALL);
    CALL(SYS_CAP_COPY, cap_at(shared), 2, self, shared, RIGHT_ALL);
}

static cap_t part_for(uint32_t types)
{
    unsigned start = (unsigned)below(PARTS);
    for (unsigned i = 0; i < PARTS; i++) {
        unsigned p = (start + i) % PARTS;
        if (at[p] && (types == 0 || types >> parts[p].type & 1))
            return at[p];
    }
    if (types >> TYPE_CNODE & 1)
        return cap_at(one_in(2) ? HAS_SELF : HAS_SHARED);
    return types >> TYPE_ADDRESS_SPACE & 1 ? cap_at(HAS_SPACE) : cap_at(below(OWN_SLOTS));
}

/* Memory that starts again from its beginning, for slots in another CNode. */
static void retype_again(uint64_t a[6])
{
    a[0] = at[UNTYPED];
    a[1] = one_in(2) ? TYPE_UNTYPED : TYPE_ENDPOINT;
    a[2] = 12;
    a[3] = cap_at(HAS_SHARED);
    a[4] = 3 + below(INNER_SLOTS - 3);
    a[5] = 1;
}

/* What the grammar asks for, but from this CSpace instead of the pool. */
static void arguments(uint64_t op, uint64_t a[6])
{
    arguments_make(0, op, a);
    for (unsigned place = PLACE_rdi; place <= PLACE_r10; place++) {
        const struct grammar_kind_info *k = &grammar_kinds[grammar_calls[op].kind[place]];
        if (k->group == CLASS_CAP || (k->group == CLASS_CAP_OR_0 && a[place]))
            a[place] = one_in(16) ? cap_at(below(OWN_SLOTS)) : part_for(k->types);
        else if (k->group == CLASS_SLOT_ANY || k->group == CLASS_SLOT_FREE || k->group == CLASS_SLOT_FULL)
            a[place] = below(one_in(2) ? INNER_SLOTS : OWN_SLOTS);
    }
    if (op == SYS_RETYPE && !one_in(3))
        retype_again(a);
}

static uint64_t choose(void)
{
    static const uint8_t deleting[] = {SYS_THREAD_CONFIGURE, SYS_THREAD_SET_FPU, SYS_RETYPE,
                                       SYS_RETYPE,           SYS_CAP_DELETE,     SYS_CAP_REVOKE,
                                       SYS_CAP_SWAP,         SYS_TIMER_BIND,     SYS_IRQ_HANDLER_BIND,
                                       SYS_CAP_MOVE,         SYS_CAP_COPY,       SYS_NOTIFICATION_BIND};
    uint64_t op;
    if (!one_in(4))
        return deleting[below(sizeof deleting)];
    do {
        op = below(GRAMMAR_CALLS);
    } while (!grammar_calls[op].name || grammar_calls[op].blocks);
    return op;
}

/* rdi: how many calls. Then a fault, to whatever handler there is. */
static void caller_main(uint64_t count)
{
    while (count--) {
        uint64_t a[6], op = choose();
        arguments(op, a);
        fuzz_counted(op, a);
    }
    __builtin_trap();
}

static void deleter_main(uint64_t slot)
{
    if (slot)
        CALL(SYS_CAP_DELETE, self, slot);
    else
        CALL(SYS_CAP_REVOKE, self, memory);
    __builtin_trap();
}

static void thread_make(uint64_t tcb, cap_t cspace, cap_t handler, void (*function)(uint64_t),
                        uint64_t argument)
{
    char *top = stacks[function == caller_main] + STACK_BYTES - 8;
    CALL(SYS_THREAD_CONFIGURE, cap_at(tcb), cspace, cap_at(CAP_SELF_SPACE), handler,
         REVIVER_PRIORITY | WORKER_PRIORITY << 8);
    CALL(SYS_THREAD_SET_ENTRY, cap_at(tcb), (uintptr_t)function, (uintptr_t)top, argument);
}

static void make_parts(bool caller_apart)
{
    for (unsigned p = 0; p < PARTS; p++) {
        CALL(SYS_CAP_DELETE, self, mine[p]);
        uint64_t from = p == CALLER && caller_apart ? caller_memory : memory;
        CALL(SYS_RETYPE, cap_at(from), parts[p].type, parts[p].size_bits, self, mine[p], 1);
        at[p] = 0;
    }
    CALL(SYS_RETYPE, cap_at(mine[UNTYPED]), TYPE_ENDPOINT, 0, self, scratch, 1);
    CALL(SYS_CAP_DELETE, self, scratch); /* the next retype starts again from the beginning */
}

/* What the objects hold of each other before the caller does anything. */
static void connect(void)
{
    cap_t other = cap_at(mine[OTHER]);
    uint64_t root = one_in(2) ? mine[INNER] : one_in(2) ? mine[OWN] : mine[LARGE];
    CALL(SYS_CAP_COPY, cap_at(mine[OWN]), HAS_SELF, self, mine[OWN], RIGHT_ALL);
    CALL(SYS_CAP_COPY, cap_at(mine[OWN]), HAS_SPACE, self, CAP_SELF_SPACE, RIGHT_ALL);
    CALL(SYS_CAP_COPY, cap_at(mine[OWN]), HAS_SHARED, self, shared, RIGHT_ALL);
    if (one_in(2))
        CALL(SYS_CAP_DELETE, cap_at(mine[OWN]), HAS_SELF);
    if (!one_in(3))
        CALL(SYS_THREAD_CONFIGURE, other, cap_at(root), cap_at(CAP_SELF_SPACE),
             one_in(2) ? cap_at(mine[HANDLER]) : 0, REVIVER_PRIORITY);
    if (!one_in(3))
        CALL(SYS_THREAD_SET_FPU, other, cap_at(mine[STATE]));
    if (!one_in(3))
        CALL(SYS_TIMER_BIND, cap_at(mine[TIMER]),
             cap_at(mine[one_in(2)   ? TARGET
                         : one_in(2) ? OTHER
                                     : CALLER]));
    if (one_in(2))
        CALL(SYS_TIMER_SET, cap_at(mine[TIMER]), clock_read() + below(20000));
    if (one_in(3))
        CALL(SYS_NOTIFICATION_BIND, other, cap_at(mine[TARGET]));
}

/* Into the caller's CSpace, or a CNode in it; seldom nowhere. */
static void place(enum part p)
{
    uint64_t index = HAS_PARTS + p, inner = 1 + below(INNER_SLOTS - 1);
    if (p == OWN || p == CALLER || p == LARGE)
        return;
    if (p != INNER && one_in(4) && CALL(SYS_CAP_MOVE, cap_at(mine[INNER]), inner, self, mine[p]) == 0)
        at[p] = cap_at(inner << OWN_RADIX | (HAS_PARTS + INNER));
    else if (!one_in(8) && CALL(SYS_CAP_MOVE, cap_at(mine[OWN]), index, self, mine[p]) == 0)
        at[p] = cap_at(index);
}

/* The last capability to the caller. */
static void place_caller(bool in_large)
{
    if (in_large)
        CALL(SYS_CAP_MOVE, cap_at(mine[LARGE]), 100, self, mine[CALLER]);
    else if (one_in(2))
        CALL(SYS_CAP_MOVE, cap_at(mine[INNER]), 1, self, mine[CALLER]);
    else
        CALL(SYS_CAP_MOVE, cap_at(mine[OWN]), HAS_PARTS + CALLER, self, mine[CALLER]);
}

enum { NOBODY_DELETES, DELETES_LARGE, REVOKES, WAYS };

static void start_deleter(unsigned way)
{
    cap_t handler = 0;
    CALL(SYS_CAP_DELETE, self, deleter);
    CALL(SYS_RETYPE, cap_at(way == REVOKES ? memory : deleter_memory), TYPE_TCB, 0, self, deleter, 1);
    thread_make(deleter, self, handler, deleter_main, way == REVOKES ? 0 : mine[LARGE]);
    CALL(SYS_THREAD_RESUME, cap_at(deleter));
    if (way == DELETES_LARGE)
        CALL(SYS_CAP_MOVE, cap_at(mine[LARGE]), 1, self, deleter);
}

void doomed_round(void)
{
    unsigned way = (unsigned)below(WAYS);
    for (unsigned i = 3; i < INNER_SLOTS; i++)
        CALL(SYS_CAP_DELETE, cap_at(shared), i); /* what the last caller made there */
    CALL(SYS_CAP_REVOKE, self, memory);
    make_parts(way == REVOKES);
    connect();
    thread_make(mine[CALLER], cap_at(mine[OWN]), one_in(2) ? cap_at(mine[HANDLER]) : 0, caller_main,
                way == REVOKES && one_in(2) ? 0 : below(CALLS_MOST));
    if (way != NOBODY_DELETES) /* two steps each, of the 64 that an entry has */
        CALL(SYS_RETYPE, cap_at(memory), TYPE_ENDPOINT, 0, cap_at(mine[LARGE]), 2,
             way == DELETES_LARGE ? 28 + below(16) : 8 + below(24));
    if (way != NOBODY_DELETES)
        start_deleter(way);
    CALL(SYS_THREAD_RESUME, cap_at(mine[CALLER]));
    place_caller(way == DELETES_LARGE);
    for (unsigned p = 0; p < PARTS; p++)
        place(p);
    for (unsigned p = 0; p < PARTS; p++) {
        if (!(way == DELETES_LARGE && p == LARGE) && !one_in(12))
            CALL(SYS_CAP_DELETE, self, mine[p]);
    }
    for (unsigned i = 0; i < YIELDS; i++)
        CALL(SYS_YIELD);
}
