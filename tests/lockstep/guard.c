/* The kernel's variables, so that a state can be kept and come back; and what stops a kernel that is broken on purpose. */
#define _GNU_SOURCE
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include "arch_host.h"
#include "kernel.h"
#include "pages.h"

enum { KEPT_STATES = 3, PARTS_MOST = 4, KEPT_MOST = 4 << 20, BLOCKS_MOST = 1 << 20 };

static struct part {
    char *start;
    size_t bytes;
} parts[PARTS_MOST];
static unsigned part_count;
static char *kept[KEPT_STATES];
static sigjmp_buf back;
static volatile int guarding;
volatile unsigned long guarded_calls;
static uintptr_t library;     /* where it begins */
static unsigned char *blocks; /* by address in it: gone through; not among the variables that come back */

static void add_part(char *start, char *end)
{
    if (start < end)
        parts[part_count++] = (struct part){start, (size_t)(end - start)};
}

/* The writable part of this library, but for what is read-only once it is linked. */
static int find_variables(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    uintptr_t here = (uintptr_t)&host;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + p->p_vaddr, end = start + p->p_memsz;
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W) || here < start || here >= end)
            continue;
        for (unsigned k = 0; k < info->dlpi_phnum; k++) {
            const ElfW(Phdr) *r = &info->dlpi_phdr[k];
            uintptr_t kept_end = (info->dlpi_addr + r->p_vaddr + r->p_memsz + 4095) & ~4095ul;
            if (r->p_type == PT_GNU_RELRO && kept_end > start)
                start = kept_end;
        }
        add_part((char *)start, (char *)end);
        library = info->dlpi_addr;
        return 1;
    }
    return 0;
}

static void come_back(int how)
{
    if (guarding)
        siglongjmp(back, how);
}

/* The signal of ticked(), which changes a page itself: so it does not come while crashed() is at one. */
static sigset_t ticks;

static void crashed(int signal, siginfo_t *info, void *unused)
{
    (void)unused;
    if (signal == SIGSEGV && pages_changes(info->si_addr))
        return;
    if (!guarding)
        _exit(4);
    sigprocmask(SIG_UNBLOCK, &ticks, NULL);
    come_back(ENDED_IN_SIGNAL);
}

/* By CPU time: a step takes less than a millisecond of it. */
static void ticked(int signal)
{
    static unsigned long seen;
    static unsigned times;
    (void)signal;
    times = seen == guarded_calls ? times + 1 : 0;
    seen = guarded_calls;
    if (times > 2)
        come_back(ENDED_NEVER);
}

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    uintptr_t at = (uintptr_t)__builtin_return_address(0) - library;
    if (blocks && at < BLOCKS_MOST)
        blocks[at] = 1;
}

bool lockstep_block(uint64_t at)
{
    return blocks[at];
}

static void *memory(size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void lockstep_init(void)
{
    if (mmap((void *)ARENA, ARENA_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)ARENA)
        abort();
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    sigemptyset(&ticks);
    sigaddset(&ticks, SIGVTALRM);
    const struct sigaction at_crash = {
        .sa_sigaction = crashed, .sa_mask = ticks, .sa_flags = SA_NODEFER | SA_SIGINFO};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &at_crash, NULL);
    sigaction(SIGVTALRM, &(struct sigaction){.sa_handler = ticked, .sa_flags = SA_NODEFER | SA_RESTART}, NULL);
    const struct timeval every = {.tv_usec = 300000};
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){every, every}, NULL);
    add_part((char *)ARENA, (char *)ARENA + ARENA_BYTES);
    for (unsigned i = 0; i < KEPT_STATES; i++)
        kept[i] = memory(KEPT_MOST);
    dl_iterate_phdr(find_variables, NULL);
    blocks = memory(BLOCKS_MOST);
}

void lockstep_keep(unsigned which)
{
    char *to = kept[which];
    for (unsigned i = 0; i < part_count; to += parts[i++].bytes)
        memcpy(to, parts[i].start, parts[i].bytes);
}

/* What this file itself knows is the same in all kept states, but for the count. */
void lockstep_restore(unsigned which)
{
    const char *from = kept[which];
    unsigned count = part_count;
    struct part part[PARTS_MOST];
    unsigned long calls = guarded_calls;
    memcpy(part, parts, sizeof part);
    for (unsigned i = 0; i < count; from += part[i++].bytes)
        memcpy(part[i].start, from, part[i].bytes);
    guarded_calls = calls;
}

/* The variables as they are now become the first of the states of pages.h. */
void guard_pages(void)
{
    char *start[PARTS_MOST];
    size_t bytes[PARTS_MOST];
    for (unsigned i = 0; i < part_count; i++)
        start[i] = parts[i].start, bytes[i] = parts[i].bytes;
    pages_begin(start, bytes, part_count);
}

void guard_restore(unsigned which)
{
    unsigned long calls = guarded_calls;
    pages_restore(which);
    guarded_calls = calls;
}

int guarded(void (*f)(const uint64_t *), const uint64_t *argument)
{
    int how = sigsetjmp(back, 0);
    if (how == 0) {
        guarded_calls++;
        guarding = 1;
        host.guarded = true;
        if (setjmp(host.escape) == 0)
            f(argument);
        else
            how = ENDED_IN_PANIC;
    }
    host.guarded = false;
    guarding = 0;
    return how;
}

const char *lockstep_console(void)
{
    return host.console;
}
