#include "debug/checking.h"

#include "debug/debug.h"
#include "thread/sched.h"
#include "thread/tcb.h"

enum { CALLS = 128, ERRORS = 32, OUTCOMES = 3, WAITERS = 1024 };

static bool on;
static uint32_t counts[CALLS][ERRORS + OUTCOMES]; /* errors by -rax, then the outcomes */
static struct waiter {
    const struct tcb *thread;
    uint64_t number;
} waiter[WAITERS];
static unsigned waiters;

static const struct tcb *caller_last;
static struct tcb call_last; /* a copy of the caller's registers */

#define SYSCALL(n, name, doc) [n] = #name,
static const char *const call_names[CALLS] = {
#include "abi/abi_each.h"
};
#define ERROR(n, name, doc) [-(n)] = #name,
#define OUTCOME(n, name, doc) [ERRORS + (n)] = #name,
static const char *const result_names[ERRORS + OUTCOMES] = {
#include "abi/abi_each.h"
};

static bool waits(const struct tcb *t)
{
    return t != cpu.current && !sched_ready(t) && t->wait != 0;
}

/* Any rax above the last outcome is a value, and counted as a value. */
static void count(uint64_t number, int64_t rax)
{
    assert(number < CALLS && rax > -ERRORS);
    counts[number][rax < 0 ? -rax : ERRORS + (rax < OUTCOMES ? rax : OUTCOMES - 1)]++;
}

void coverage_start(void)
{
    on = true;
}

void coverage_begin(const struct tcb *caller, uint64_t r14, uint64_t r15)
{
    caller_last = caller;
    call_last = *caller;
    call_last.r14 = r14;
    call_last.r15 = r15;
}

void coverage_print_call(void)
{
    const struct tcb *t = &call_last;
    kprintf(
        "last system call: %lx of thread %p: rdi %lx rsi %lx rdx %lx r8 %lx r9 %lx r10 %lx r14 %lx r15 %lx\n",
        t->rax, (const void *)caller_last, t->rdi, t->rsi, t->rdx, t->r8, t->r9, t->r10, t->r14, t->r15);
}

void coverage_call(const struct tcb *caller, uint64_t number, long result)
{
    if (!on || caller != caller_last || number >= CALLS || !call_names[number])
        return;
    if (!waits(caller))
        count(number, result);
    else if (waiters < WAITERS)
        waiter[waiters++] = (struct waiter){caller, number};
}

void coverage_entry(void)
{
    for (unsigned i = 0; i < waiters;) {
        struct waiter w = waiter[i];
        if (waits(w.thread)) {
            i++;
            continue;
        }
        count(w.number, (int64_t)w.thread->rax);
        waiter[i] = waiter[--waiters];
    }
}

void coverage_gone(const struct tcb *t)
{
    if (t == caller_last)
        caller_last = NULL;
    for (unsigned i = 0; i < waiters;) {
        if (waiter[i].thread != t) {
            i++;
            continue;
        }
        count(waiter[i].number, (int64_t)t->rax);
        waiter[i] = waiter[--waiters];
    }
}

void coverage_dump(void)
{
    for (unsigned n = 0; n < CALLS; n++) {
        for (unsigned r = 0; r < ERRORS + OUTCOMES; r++) {
            if (counts[n][r])
                kprintf("coverage %s %s %u\n", call_names[n], result_names[r], counts[n][r]);
        }
    }
}
