/* IPC, faults and scheduling, step by step beside the model: every sequence of a few steps, and long random
 * ones. */
#include <stdlib.h>
#include "ipc_world.h"

/* ---- every sequence of DEPTH steps of three threads, for every order of their priorities */
enum { DEPTH = 4, THREADS = 3 };

static const struct {
    uint64_t op;
    unsigned endpoint;
} moves[] = {{SYS_RECV, 0},  {SYS_CALL, 0}, {SYS_SEND, 0}, {SYS_REPLY_RECV, 0},
             {SYS_REPLY, 0}, {SYS_CALL, 1}, {SYS_RECV, 1}, {SYS_REPLY_RECV, 1}};
enum { IPC_MOVES = sizeof moves / sizeof moves[0], OTHER_MOVES = 5, MOVES = IPC_MOVES + OTHER_MOVES };

static void move(unsigned which, bool fast)
{
    if (model.running == NOBODY_AT_ALL)
        return;
    if (which < IPC_MOVES)
        ipc_operation(moves[which].op, moves[which].endpoint, CAP_FULL, false, fast);
    else if (which == IPC_MOVES)
        ipc_yield();
    else if (which == IPC_MOVES + 1)
        ipc_suspend((model.running + 1) % THREADS);
    else if (which == IPC_MOVES + 2)
        ipc_resume((model.running + 1) % THREADS);
    else if (which == IPC_MOVES + 3)
        ipc_set_entry((model.running + 1) % THREADS);
    else
        ipc_fault();
}

/* The first two steps make partners wait; see `opening`. */
static void sequence(unsigned code, const unsigned *priority, unsigned opening, bool fast)
{
    static const unsigned openings[][2] = {{0, 0}, {1, 1}, {2, 1}, {0, 1}, {1, 0}, {8, 8}};
    ipc_reset(THREADS, priority);
    for (int t = 0; t < THREADS; t++)
        ipc_start(t);
    for (unsigned i = 0; i < 2; i++)
        move(openings[opening][i], fast);
    for (unsigned i = 0, left = code; i < DEPTH - 1 && !test_state.failing; i++, left /= MOVES)
        move(left % MOVES, fast);
    if (test_state.failing) {
        size_t end = strlen(test_state.why);
        snprintf(test_state.why + end, sizeof test_state.why - end,
                 " [sequence %u, opening %u, priorities %u %u %u]", code, opening, priority[0], priority[1],
                 priority[2]);
    }
}

static void every_sequence(bool fast)
{
    static const unsigned orders[][THREADS] = {{5, 5, 5}, {5, 6, 7}, {7, 6, 5}, {5, 5, 6},
                                               {6, 5, 5}, {5, 6, 5}, {6, 5, 6}, {0, 255, 255}};
    for (unsigned o = 0; o < sizeof orders / sizeof orders[0]; o++) {
        for (unsigned opening = 0; opening < 6; opening++) {
            for (unsigned code = 0; code < MOVES * MOVES * MOVES && !test_state.failing; code++)
                sequence(code, orders[o], opening, fast);
        }
    }
}

static void sequences_slow(void)
{
    every_sequence(false);
}

static void sequences_fast(void)
{
    every_sequence(true);
}

/* ---- long random sequences */
static unsigned some_kind(void)
{
    unsigned n = random_below(20);
    return n < 12   ? CAP_FULL
           : n < 15 ? CAP_BADGED
           : n < 17 ? CAP_RECV_ONLY
                    : CAP_NO_RIGHT + random_below(1 + NO_CAPS);
}

static void somebody_runs(void)
{
    for (unsigned i = 0; model.running == NOBODY_AT_ALL && !test_state.failing; i++) {
        int t = (int)random_below(ipc_threads);
        if (i > 20)
            ipc_halt(t);
        ipc_start(t);
    }
}

static void random_step(unsigned fast_percent)
{
    static const uint64_t ops[] = {SYS_SEND,  SYS_CALL,       SYS_CALL,      SYS_RECV,
                                   SYS_REPLY, SYS_REPLY_RECV, SYS_REPLY_RECV};
    somebody_runs();
    unsigned n = random_below(100);
    int t = (int)random_below(ipc_threads);
    if (test_state.failing)
        return;
    if (n < 70)
        ipc_operation(ops[random_below(7)], random_below(MODEL_ENDPOINTS), some_kind(), random_below(10) == 0,
                      random_below(100) < fast_percent);
    else if (n < 74)
        ipc_yield();
    else if (n < 79)
        ipc_suspend(t);
    else if (n < 82)
        ipc_resume(t);
    else if (n < 84)
        ipc_set_entry(t);
    else if (n < 88)
        ipc_fault();
    else if (n < 90)
        ipc_bad_syscall();
    else if (n < 98)
        ipc_tick();
    else
        ipc_destroy_endpoint(random_below(MODEL_ENDPOINTS - 1));
}

static void random_steps(unsigned fast_percent, unsigned rounds)
{
    for (unsigned round = 0; round < rounds && !test_state.failing; round++) {
        unsigned priority[MODEL_THREADS], spread = 1 + random_below(4);
        for (unsigned i = 0; i < MODEL_THREADS; i++)
            priority[i] = random_below(8) ? 62 + random_below(spread) : random_below(256);
        ipc_reset(2 + random_below(MODEL_THREADS - 1), priority);
        for (unsigned i = 0; i < 300 && !test_state.failing; i++)
            random_step(fast_percent);
    }
}

static void random_slow(void)
{
    random_steps(0, 1500);
}

static void random_fast(void)
{
    random_steps(100, 1500);
}

static void random_mixed(void)
{
    random_steps(50, 1500);
}

int main(void)
{
    random_seed();
    test_run("ipc: every short sequence, slow path", sequences_slow);
    test_run("ipc: every short sequence, fast paths where they go", sequences_fast);
    test_run("ipc: random sequences, slow path", random_slow);
    test_run("ipc: random sequences, fast paths where they go", random_fast);
    test_run("ipc: random sequences, both paths mixed", random_mixed);
    return test_end();
}
