/* Operations of Linux, between the same two readings of the clock as Baton's: raw system calls, without the C
   library's wrappers. Round trips are with another process on the same CPU. */
#define _GNU_SOURCE
#include "operations.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "os.h"
#include "shot.h"

enum { PAGE = 4096, MARK = 77, TRIES = 1000, LOAD_LENGTH = 2, MESSAGE = 8 };

/* rdi, rsi, rdx, r10, r8, r9 are a system call's arguments. */
static void arguments(uint64_t rdi, uint64_t rsi, uint64_t rdx)
{
    shot.target = rdi, shot.label = rsi, shot.word[0] = rdx;
}

/* ---- calls that come back at once */

static bool prepare_nothing(const struct benchmark *self)
{
    (void)self;
    return true;
}

static bool sample_getppid(const struct benchmark *self, uint64_t *ticks)
{
    SHOT(PLAIN_BODY, SYS_getppid);
    *ticks = shot_ticks();
    if (shot.result == (uint64_t)getppid())
        return true;
    BENCH_ERROR("%s: it is another process's child", self->id);
    return false;
}

static bool sample_fcntl(const struct benchmark *self, uint64_t *ticks)
{
    arguments(STDOUT_FILENO, F_GETFD, 0);
    SHOT(PLAIN_BODY, SYS_fcntl);
    *ticks = shot_ticks();
    if (shot.result <= FD_CLOEXEC)
        return true;
    BENCH_ERROR("%s: standard output is closed", self->id);
    return false;
}

/* ---- yield: there and back */

static volatile uint32_t *turn; /* shared */

static bool share_turn(const struct benchmark *self, void (*body)(void))
{
    turn = os_shared(PAGE);
    if (turn && partner_start(body))
        return true;
    BENCH_ERROR("%s: no memory or process for the partner", self->id);
    return false;
}

static void yield_for_ever(void)
{
    for (;;) {
        ++*turn;
        sched_yield();
    }
}

static bool prepare_yield(const struct benchmark *self)
{
    return share_turn(self, yield_for_ever);
}

/* Only a round in which the partner had just one turn counts. */
static bool sample_yield(const struct benchmark *self, uint64_t *ticks)
{
    for (int i = 0; i < TRIES; i++) {
        uint32_t before = *turn;
        SHOT(PLAIN_BODY, SYS_sched_yield);
        *ticks = shot_ticks();
        if (*turn == before + 1)
            return true;
    }
    BENCH_ERROR("%s: the two do not take turns", self->id);
    return false;
}

/* ---- futex: there and back */

#define FUTEX_ROUND                                                                                            \
    "mov " SHOT_TARGET ", %%rdi\n\t"                                                                           \
    "movl $1, (%%rdi)\n\t"                                                                                     \
    "mov $1, %%esi\n\t" /* FUTEX_WAKE */                                                                       \
    "mov $1, %%edx\n\t"                                                                                        \
    "mov %[op], %%eax\n\t"                                                                                     \
    "syscall\n\t"                                                                                              \
    "xor %%esi, %%esi\n\t" /* FUTEX_WAIT while it is 1 */                                                      \
    "xor %%r10d, %%r10d\n\t"                                                                                   \
    "mov %[op], %%eax\n\t"                                                                                     \
    "syscall\n\t"

static void futex_for_ever(void)
{
    for (;;) {
        while (*turn == 0)
            syscall(SYS_futex, turn, 0, 0, NULL, NULL, 0);
        *turn = 0;
        syscall(SYS_futex, turn, 1, 1, NULL, NULL, 0);
    }
}

static bool prepare_futex(const struct benchmark *self)
{
    return share_turn(self, futex_for_ever);
}

/* A signal may end the wait too early: then it was no round. */
static bool sample_futex(const struct benchmark *self, uint64_t *ticks)
{
    for (int i = 0; i < TRIES; i++) {
        arguments((uint64_t)(uintptr_t)turn, 0, 0);
        SHOT(FUTEX_ROUND, SYS_futex);
        *ticks = shot_ticks();
        if (*turn == 0)
            return true;
    }
    BENCH_ERROR("%s: the partner does not answer", self->id);
    return false;
}

/* ---- a message through file descriptors: there and back */

#define WRITE_THEN_READ                                                                                        \
    PLAIN_BODY                                                                                                 \
    "mov %%r12d, %%edi\n\t"                                                                                    \
    "xor %%eax, %%eax\n\t"                                                                                     \
    "syscall\n\t"
_Static_assert(SYS_read == 0, "WRITE_THEN_READ");

static int near_out, near_in, far_out, far_in; /* of this process; of the partner */
static uint64_t message;

static void echo_for_ever(void)
{
    uint64_t text;
    while (read(far_in, &text, sizeof text) > 0 && write(far_out, &text, sizeof text) > 0)
        ;
}

static bool start_echo(const struct benchmark *self, bool made)
{
    message = 1;
    if (made && partner_start(echo_for_ever))
        return true;
    BENCH_ERROR("%s: no descriptors or process for the partner", self->id);
    return false;
}

static bool prepare_pipe(const struct benchmark *self)
{
    int there[2], back[2];
    bool made = pipe(there) == 0 && pipe(back) == 0;
    near_out = there[1], far_in = there[0], far_out = back[1], near_in = back[0];
    return start_echo(self, made);
}

static bool prepare_socket(const struct benchmark *self)
{
    int ends[2];
    bool made = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
    near_out = near_in = ends[0], far_out = far_in = ends[1];
    return start_echo(self, made);
}

static bool prepare_eventfd(const struct benchmark *self)
{
    near_out = far_in = eventfd(0, 0);
    near_in = far_out = eventfd(0, 0);
    return start_echo(self, near_out >= 0 && near_in >= 0);
}

static bool sample_echo(const struct benchmark *self, uint64_t *ticks)
{
    arguments((uint64_t)near_out, (uint64_t)(uintptr_t)&message, MESSAGE);
    shot.word[4] = (uint64_t)near_in; /* r12 */
    SHOT(WRITE_THEN_READ, SYS_write);
    *ticks = shot_ticks();
    if (shot.result == MESSAGE && message == 1)
        return true;
    BENCH_ERROR("%s: the partner does not answer", self->id);
    return false;
}

static void finish_echo(void)
{
    partner_end();
    close(near_out), close(near_in), close(far_out), close(far_in);
}

/* ---- page faults */

#define LOAD_BODY "mov " SHOT_TARGET ", %%rdi\n\tmov (%%rdi), %%eax\n\t" /* LOAD_LENGTH is the load's */
#define STORE_BODY "mov " SHOT_TARGET ", %%rdi\n\tmovl %[op], (%%rdi)\n\t"

static void *page;

static bool prepare_page(const struct benchmark *self)
{
    page = self->variant ? os_private(PAGE) : os_shared(PAGE);
    if (page) {
        *(volatile uint32_t *)page = MARK;
        return true;
    }
    BENCH_ERROR("%s: no memory", self->id);
    return false;
}

static void finish_page(void)
{
    munmap(page, PAGE);
}

static bool take_away(const struct benchmark *self)
{
    if (madvise(page, PAGE, MADV_DONTNEED) == 0)
        return true;
    BENCH_ERROR("%s: the page cannot be taken away", self->id);
    return false;
}

/* The page is there; only this address space has no entry for it. */
static bool sample_minor(const struct benchmark *self, uint64_t *ticks)
{
    if (!take_away(self))
        return false;
    arguments((uint64_t)(uintptr_t)page, 0, 0);
    SHOT(LOAD_BODY, 0);
    *ticks = shot_ticks();
    if (shot.result == MARK)
        return true;
    BENCH_ERROR("%s: the page holds something else", self->id);
    return false;
}

/* The kernel finds and clears a page. */
static bool sample_anonymous(const struct benchmark *self, uint64_t *ticks)
{
    if (!take_away(self))
        return false;
    arguments((uint64_t)(uintptr_t)page, 0, 0);
    SHOT(STORE_BODY, MARK);
    *ticks = shot_ticks();
    if (((volatile uint32_t *)page)[0] == MARK && ((volatile uint32_t *)page)[1] == 0)
        return true;
    BENCH_ERROR("%s: the page is not a new one", self->id);
    return false;
}

static bool prepare_fault(const struct benchmark *self)
{
    page = os_private(PAGE);
    if (page && mprotect(page, PAGE, PROT_NONE) == 0 && os_skip_faults(page, LOAD_LENGTH, MARK))
        return true;
    BENCH_ERROR("%s: no page to fault at", self->id);
    return false;
}

/* The handler skips the load; nothing is mapped. */
static bool sample_fault(const struct benchmark *self, uint64_t *ticks)
{
    arguments((uint64_t)(uintptr_t)page, 0, 0);
    SHOT(LOAD_BODY, 0);
    *ticks = shot_ticks();
    if (shot.result == MARK)
        return true;
    BENCH_ERROR("%s: the handler did not run", self->id);
    return false;
}

#define LINUX(name, v, prepare_, sample_, finish_)                                                             \
    {                                                                                                          \
        .id = "linux." name, .variant = v, .prepare = prepare_, .sample = sample_, .finish = finish_           \
    }
const struct benchmark linux_benchmarks[] = {
    LINUX("getppid", 0, prepare_nothing, sample_getppid, NULL),
    LINUX("fcntl", 0, prepare_nothing, sample_fcntl, NULL),
    LINUX("sched_yield", 0, prepare_yield, sample_yield, partner_end),
    LINUX("futex", 0, prepare_futex, sample_futex, partner_end),
    LINUX("eventfd", 0, prepare_eventfd, sample_echo, finish_echo),
    LINUX("pipe", 0, prepare_pipe, sample_echo, finish_echo),
    LINUX("socket", 0, prepare_socket, sample_echo, finish_echo),
    LINUX("fault_minor", 0, prepare_page, sample_minor, finish_page),
    LINUX("fault_anonymous", 1, prepare_page, sample_anonymous, finish_page),
    LINUX("sigsegv", 0, prepare_fault, sample_fault, finish_page),
};
const size_t linux_benchmark_count = sizeof linux_benchmarks / sizeof linux_benchmarks[0];

bool linux_can(const struct benchmark *b)
{
    return os_real_time || b->sample != sample_yield;
}
