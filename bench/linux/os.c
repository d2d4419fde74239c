#define _GNU_SOURCE
#include "os.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>

enum { PRIORITY = 10 };

int os_cpu;
bool os_real_time;
static pid_t partner;
static void *fault_page;
static unsigned fault_length;
static uint64_t fault_mark;

static int last_cpu(void)
{
    cpu_set_t may;
    if (sched_getaffinity(0, sizeof may, &may) != 0)
        return -1;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (CPU_ISSET((unsigned)cpu, &may))
            return cpu;
    }
    return -1;
}

bool os_settle(int cpu)
{
    cpu_set_t one;
    struct sched_param priority = {.sched_priority = PRIORITY};
    os_cpu = cpu >= 0 ? cpu : last_cpu();
    if (os_cpu < 0 || os_cpu >= CPU_SETSIZE)
        return false;
    CPU_ZERO(&one);
    CPU_SET((unsigned)os_cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        return false;
    os_real_time = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
    (void)mlockall(MCL_CURRENT | MCL_FUTURE); /* this may be forbidden; then a sample may meet a page fault */
    return true;
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t os_tsc_hz(void)
{
    const struct timespec wait = {.tv_nsec = 100000000};
    uint64_t time = nanoseconds(), ticks = __rdtsc();
    nanosleep(&wait, NULL);
    ticks = __rdtsc() - ticks;
    time = nanoseconds() - time;
    return (uint64_t)((double)ticks * 1e9 / (double)time);
}

static void *pages(size_t size, int how)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    (void)munlock(memory, size); /* mlockall has locked it, too */
    return memory;
}

void *os_shared(size_t size)
{
    return pages(size, MAP_SHARED);
}

void *os_private(size_t size)
{
    return pages(size, MAP_PRIVATE);
}

bool partner_start(void (*body)(void))
{
    pid_t parent = getpid();
    partner = fork();
    if (partner == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) /* it has been killed already, and nobody sends that signal */
            _exit(1);
        body();
        _exit(0);
    }
    return partner > 0;
}

void partner_end(void)
{
    kill(partner, SIGKILL);
    waitpid(partner, NULL, 0);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)number;
    if (info->si_addr != fault_page)
        _exit(3);
    registers[REG_RIP] += fault_length;
    registers[REG_RAX] = (greg_t)fault_mark;
}

bool os_skip_faults(void *page, unsigned length, uint64_t mark)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    fault_page = page, fault_length = length, fault_mark = mark;
    return sigaction(SIGSEGV, &action, NULL) == 0;
}
