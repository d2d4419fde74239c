/* Objects whose end is begun and not finished, while others still hold them. A round makes an object, X, out of some memory, lets threads
   wait at it, and gives a capability to a thread as its fault handler or CSpace, or to a timer. Then somebody who goes with it revokes that
   memory, and by chance the steps of an entry end while X is being taken apart. The thread faults, and the reviver makes some calls
   to those who hold what is left of X. */
#include "fuzz.h"

enum { STACK_BYTES = 1024, WAITERS = 8, SHELF_RADIX = 5, LARGE_RADIX = 7, INSIDE = 100 };
/* An entry has 64 steps; each of these takes two, and the end of the one who revokes some. */
enum { FILLERS = 22, MORE_FILLERS = 10 };

static uint64_t memory, other_memory, inside, x, shelf, live, deleter, timer, note, state,
    badged; /* slots of ours */
static uint64_t waiter[WAITERS];
static char stacks[2][STACK_BYTES] __attribute__((aligned(16)));

static const cap_t self = CAP_SELF_CNODE << SLOT_BITS;

#define CALL(op, ...) fuzz_call(op, (const uint64_t[6]){__VA_ARGS__})

void halves_init(void)
{
    memory = object_new(TYPE_UNTYPED, 14);
    other_memory = object_new(TYPE_UNTYPED, 10);
    inside = object_new(TYPE_UNTYPED, 13);
    shelf = object_new(TYPE_CNODE, SHELF_RADIX);
    timer = object_new(TYPE_TIMER, 0);
    note = object_new(TYPE_NOTIFICATION, 0);
    state = object_new(TYPE_EXTENDED_STATE, 0);
    x = slot_new();
    live = slot_new();
    deleter = slot_new();
    badged = slot_new();
    for (unsigned i = 0; i < WAITERS; i++)
        waiter[i] = object_new(TYPE_TCB, 0);
}

static void fault(uint64_t unused)
{
    (void)unused;
    __builtin_trap();
}

static void revoke(uint64_t unused)
{
    CALL(SYS_CAP_REVOKE, self, memory);
    fault(unused);
}

static void start(uint64_t tcb, cap_t cspace, cap_t handler, void (*function)(uint64_t))
{
    char *top = stacks[function == revoke] + STACK_BYTES - 8;
    CALL(SYS_THREAD_CONFIGURE, cap_at(tcb), cspace, cap_at(CAP_SELF_SPACE), handler,
         REVIVER_PRIORITY | WORKER_PRIORITY << 8);
    CALL(SYS_THREAD_SET_ENTRY, cap_at(tcb), (uintptr_t)function, (uintptr_t)top, 0);
    CALL(SYS_THREAD_RESUME, cap_at(tcb));
}

/* They are more urgent than the reviver, and wait at once. */
static void let_wait(uint64_t op)
{
    for (uint64_t i = below(WAITERS + 1); i--;) {
        cap_t t = cap_at(waiter[i]);
        CALL(SYS_THREAD_SUSPEND, t);
        CALL(SYS_THREAD_CONFIGURE, t, self, cap_at(CAP_SELF_SPACE), 0, WORKER_PRIORITY | WORKER_PRIORITY << 8);
        CALL(SYS_THREAD_SET_ENTRY, t, (uintptr_t)agent, cap_at(x), op);
        CALL(SYS_THREAD_RESUME, t);
    }
}

/* The object, and what the thread has of it: a CSpace, or its fault handler. */
static void make_x(cap_t *cspace, cap_t *handler)
{
    static const uint8_t types[] = {TYPE_ENDPOINT, TYPE_CNODE, TYPE_NOTIFICATION};
    unsigned type = types[below(sizeof types)];
    CALL(SYS_RETYPE, cap_at(memory), type, type == TYPE_CNODE ? LARGE_RADIX : 0, self, x, 1);
    switch (type) {
    case TYPE_ENDPOINT:
        CALL(SYS_CAP_MINT, self, badged, self, x, RIGHT_ALL, 1 + below(3));
        *handler = cap_at(one_in(2) ? badged : x);
        let_wait(one_in(2) ? SYS_RECV : SYS_SEND);
        break;
    case TYPE_NOTIFICATION:
        CALL(SYS_TIMER_BIND, cap_at(timer), cap_at(x));
        let_wait(SYS_WAIT);
        break;
    default:
        CALL(SYS_CAP_COPY, cap_at(x), INSIDE, self, note, RIGHT_ALL);
        if (one_in(
                2)) /* more than an entry takes out: what begins to configure the thread anew does not end it */
            CALL(SYS_RETYPE, cap_at(inside), TYPE_ENDPOINT, 0, cap_at(x), 0, INSIDE);
        *cspace = cap_at(x);
    }
}

static void one_call(void)
{
    cap_t t = cap_at(live);
    switch (below(8)) {
    case 0: CALL(SYS_YIELD); break; /* the thread faults */
    case 1: CALL(SYS_THREAD_RESUME, t); break;
    case 2:
        CALL(SYS_THREAD_CONFIGURE, t, self, cap_at(CAP_SELF_SPACE), 0, REVIVER_PRIORITY | WORKER_PRIORITY << 8);
        break;
    case 3: CALL(SYS_THREAD_SET_FPU, t, cap_at(state)); break;
    case 4: CALL(SYS_TIMER_BIND, cap_at(timer), cap_at(note)); break;
    case 5: CALL(SYS_TIMER_SET, cap_at(timer), clock_read()); break;
    case 6: CALL(SYS_RETYPE, cap_at(memory), TYPE_ENDPOINT, 0, self, deleter, 1); break;
    default: CALL(SYS_CAP_DELETE, self, one_in(2) ? live : x); break;
    }
}

/* Untyped memory in a CNode that is made of it: what is revoked takes itself away. Then it is done, however many entries it took: an
   error would be about an address that means nothing any more, or something else. */
static void revoke_from_inside(void)
{
    uint64_t index = below(1 << LARGE_RADIX);
    CALL(SYS_RETYPE, cap_at(memory), TYPE_UNTYPED, 13, self, x, 1);
    CALL(SYS_RETYPE, cap_at(x), TYPE_CNODE, LARGE_RADIX, self, live, 1);
    CALL(SYS_RETYPE, cap_at(memory), TYPE_ENDPOINT, 0, cap_at(live), 0, below(index + 1));
    CALL(SYS_CAP_MOVE, cap_at(live), index, self, x);
    must(CALL(SYS_CAP_REVOKE, cap_at(live), index), "revoke a capability that goes on the way");
}

void halves_round(void)
{
    cap_t cspace = self, handler = 0;
    CALL(SYS_CAP_DELETE, self, live);
    CALL(SYS_CAP_REVOKE, self, memory);
    CALL(SYS_CAP_REVOKE, self, inside);
    if (one_in(6)) {
        revoke_from_inside();
        return;
    }
    CALL(SYS_TIMER_BIND, cap_at(timer), 0);
    make_x(&cspace, &handler);
    CALL(SYS_RETYPE, cap_at(memory), TYPE_ENDPOINT, 0, cap_at(shelf), 0, FILLERS + below(MORE_FILLERS));
    CALL(SYS_RETYPE, cap_at(memory), TYPE_TCB, 0, self, deleter, 1);
    CALL(SYS_RETYPE, cap_at(other_memory), TYPE_TCB, 0, self, live, 1);
    start(deleter, self, 0, revoke);
    start(live, cspace, handler, fault);
    if (one_in(2))
        CALL(SYS_THREAD_SUSPEND, cap_at(live));
    CALL(SYS_YIELD);
    for (uint64_t i = below(4); i--;)
        one_call();
}
