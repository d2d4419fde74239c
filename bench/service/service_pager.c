#include "service.h"

/* reply_recv of a pager: of the message only word 0 matters. What the other seven registers hold goes to a
   thread that faulted, which cannot see it, or to the benchmark; so they are not cleared. */
static inline long pager_reply_recv(uint64_t op, cap_t ep, uint64_t *badge, uint64_t *label, uint64_t *word)
{
    register uint64_t rdi __asm__("rdi") = ep;
    register uint64_t rsi __asm__("rsi") = *label;
    register uint64_t rdx __asm__("rdx") = *word;
    long rax = (long)op;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+r"(rdi), "+r"(rsi), "+r"(rdx)
                     :
                     : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    *badge = rdi, *label = rsi, *word = rdx;
    return rax;
}

/* A fault meets only the checks that a pager cannot do without: who, what, where. */
_Noreturn void service_pager(const struct service_args *a)
{
    const cap_t ep = cap_at(a->ep), frame = cap_at(a->frame), space = cap_at(a->space);
    uint64_t faults = 0, badge, label = 0, word = 0;
    long result = pager_reply_recv(SYS_RECV, ep, &badge, &label, &word);
    for (;; result = pager_reply_recv(SYS_REPLY_RECV, ep, &badge, &label, &word)) {
        if (result != GOT_MESSAGE)
            service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
        if (badge == FAULT_BADGE) {
            if (label != FAULT_PAGE || word != FAULT_VADDR)
                service_fail(a, FAILURE_UNEXPECTED_FAULT, word);
            long error = memory_map(frame, space, FAULT_VADDR, RIGHT_READ);
            if (error != 0)
                service_fail(a, FAILURE_MAP, (uint64_t)error);
            faults++;
        } else { /* from the benchmark, between two samples: take the page away again */
            long error = memory_unmap(frame);
            if (error != 0)
                service_fail(a, FAILURE_UNMAP, (uint64_t)error);
            word = faults;
        }
    }
}
