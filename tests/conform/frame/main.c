/* conform.elf: does the kernel keep its contract with ring 3? Each case says "ok <name>" or "not ok <name>:
   <why>". Words on the command line: test=<glob> chooses cases by name. */
#include "frame/conform.h"
#include "frame/watch.h"

extern void (*const registry_start[])(void), (*const registry_end[])(void);

static void runner(uint64_t unused)
{
    (void)unused;
    zoo_init();
    actors_init();
    for (void (*const *set)(void) = registry_start; set < registry_end; set++)
        (*set)();
    watch_finish(cases_finish());
}

/* The runner may give its actors priorities above its own. Its slice is long, so that its end cuts no case
   that says who runs next. */
static cap_t start_runner(void)
{
    struct thread t = thread_new(runner, 0, RUNNER_PRIORITY, watch_fault_ep);
    cap_t tcb = cap_at(t.tcb);
    must(thread_configure(tcb, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), watch_fault_ep, RUNNER_PRIORITY,
                          RUNNER_CEILING),
         "cannot configure the runner");
    must(syscall2(SYS_THREAD_SET_SLICE, tcb, RUNNER_SLICE), "cannot set the runner's slice");
    must(thread_resume(tcb), "cannot start the runner");
    return tcb;
}

int main(const struct bootinfo *bi)
{
    alloc_init(bi);
    harness_init(bi);
    watch_init();
    return watch(start_runner());
}
