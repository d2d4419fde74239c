#include "service.h"

/* The low half of the clock, again and again, until somebody more urgent takes the CPU away: the last reading
   stands in the page. Three instructions, so that it is never old. */
_Noreturn void service_spin(const struct service_args *a)
{
    (void)a;
    __asm__ volatile("1:\n\t"
                     "rdtsc\n\t"
                     "mov %%eax, %0\n\t"
                     "jmp 1b"
                     : "=m"(*(volatile uint32_t *)&((volatile struct yield_page *)SHARED_VADDR)->time)
                     :
                     : "rax", "rdx", "memory");
    __builtin_unreachable();
}
