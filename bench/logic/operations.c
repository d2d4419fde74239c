/* The operations, and what the caches and the branch predictor know when one begins. */
#include "operations.h"

#include <x86intrin.h>
#include "world.h"

/* threads.asm */
extern uint64_t logic_entry;
void logic_nothing(void);
void logic_nulls(uint64_t rounds);
void logic_identifies(uint64_t rounds);
void logic_signals(uint64_t rounds);
void logic_calls(uint64_t rounds);
void logic_yields(uint64_t rounds);
void logic_any(uint64_t rounds);
extern uint32_t logic_operation, logic_capability;
void logic_server(void);
void logic_yielder(void);
void logic_woken(void);

static const struct operation {
    const char *name;
    void (*client)(uint64_t rounds);
    enum partner partner;
    void (*code)(void);
    uint32_t number, capability; /* of the system call, for logic_any */
    bool enters;                 /* else SYSCALL leads back at once */
} operations[] = {
    {"jumps", logic_nulls, RECEIVES, logic_server, SYS_NULL, 0, false},
    {"null", logic_nulls, RECEIVES, logic_server, SYS_NULL, 0, true},
    {"identify", logic_identifies, RECEIVES, logic_server, SYS_CAP_IDENTIFY, SLOT_ENDPOINT, true},
    {"round_trip", logic_calls, RECEIVES, logic_server, SYS_CALL, SLOT_ENDPOINT, true},
    {"no_waiter", logic_signals, RECEIVES, logic_server, SYS_SIGNAL, SLOT_NOTIFICATION, true},
    {"ping_pong", logic_signals, WAITS, logic_woken, SYS_SIGNAL, SLOT_NOTIFICATION, true},
    {"yields", logic_yields, READY, logic_yielder, SYS_YIELD, 0, true},
};
enum operation_number { JUMPS, NULL_CALL, IDENTIFY, ROUND_TRIP, NO_WAITER, PING_PONG, YIELDS };
enum condition { WARM, DATA, CODE, MISPREDICTED, CONDITIONS };

static const struct operation *now;

static bool prepare(const struct benchmark *self)
{
    now = &operations[self->variant / CONDITIONS];
    logic_entry = now->enters ? world_entry() : (uintptr_t)logic_nothing;
    world_make(now->partner, now->code);
    return true;
}

void logic_once(const struct benchmark *b)
{
    (void)b;
    now->client(1);
}

static void (*client_for(enum condition c))(uint64_t rounds)
{
    switch (c) {
    case DATA: world_evict_data(); break;
    case CODE: world_evict_code(); break;
    case MISPREDICTED: return logic_any;
    default: break;
    }
    return now->client;
}

/* Does the next entry from logic_any do what is measured? One in eight, at random: the CPU goes on to expect the others, which leave the
   world as it is, and nothing that was done before tells it. */
static bool choose(void)
{
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    bool chosen = random >> 29 == 0, is_null = now->number == SYS_NULL;
    const uint32_t numbers[] = {is_null ? SYS_CAP_IDENTIFY : SYS_NULL, now->number};
    const uint32_t slots[] = {is_null ? SLOT_ENDPOINT : 0, now->capability};
    logic_operation = numbers[chosen];
    logic_capability = slots[chosen] << SLOT_BITS;
    return chosen;
}

static uint64_t clock_now(void)
{
    unsigned cpu;
    _mm_lfence();
    uint64_t ticks = __rdtscp(&cpu);
    _mm_lfence();
    return ticks;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    enum condition c = self->variant % CONDITIONS;
    void (*client)(uint64_t rounds) = client_for(c);
    bool counts = true;
    do {
        if (c == MISPREDICTED)
            counts = choose();
        uint64_t start = clock_now();
        client(c == WARM ? ROUNDS : 1);
        *ticks = clock_now() - start;
    } while (!counts);
    if (world_is_as_made())
        return true;
    BENCH_ERROR("%s: the threads are not where they were before", self->id);
    return false;
}

#define OF(operation, condition, name)                                                                         \
    {                                                                                                          \
        .id = "logic." name, .variant = (operation) * CONDITIONS + (condition), .prepare = prepare, .sample = sample    \
    }
#define ALL(operation, name)                                                                                   \
    OF(operation, WARM, name "/warm"), OF(operation, DATA, name "/data"),                                \
        OF(operation, CODE, name "/code"), OF(operation, MISPREDICTED, name "/mispredicted")

const struct benchmark logic_benchmarks[] = {
    ALL(JUMPS, "jumps"),           ALL(NULL_CALL, "null"),      ALL(IDENTIFY, "identify"),
    ALL(ROUND_TRIP, "round_trip"), ALL(NO_WAITER, "no_waiter"), ALL(PING_PONG, "ping_pong"),
    ALL(YIELDS, "yields"),
};
const size_t logic_benchmark_count = sizeof logic_benchmarks / sizeof logic_benchmarks[0];
