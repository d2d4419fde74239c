#include "service.h"
#include "shot.h"

/* Every yield of the other thread ends up here, right behind the syscall. When this thread was preempted
   between the clock and the stores, the other one sees a number that it did not ask for and tries again. */
_Noreturn void service_yield(const struct service_args *a)
{
    (void)a;
    volatile struct yield_page *page = (volatile struct yield_page *)SHARED_VADDR;
    for (;;) {
        uint32_t low, high;
        __asm__ volatile("mov %[op], %%eax\n\t"
                         "syscall\n\t" CLOCK_END
                         : "=&a"(low), "=&d"(high)
                         : [op] "i"(SYS_YIELD)
                         : "rbx", "rcx", "r11", "memory", "cc");
        page->time = (uint64_t)high << 32 | low;
        page->answered = page->asked;
    }
}

_Noreturn void service_next(const struct service_args *a)
{
    long result;
    do {
        result = thread_yield();
    } while (result == 0);
    service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
}
