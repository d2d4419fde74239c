#include "service.h"

/* The shortest loop there is: what it adds to a measurement is five instructions. */
#define LOOP_WHILE_NOTIFIED(result, at, op_number)                                                             \
    __asm__ volatile("1:\n\t"                                                                                  \
                     "mov %[where], %%rdi\n\t"                                                                 \
                     "mov %[op], %%eax\n\t"                                                                    \
                     "syscall\n\t"                                                                             \
                     "cmp %[notified], %%eax\n\t"                                                              \
                     "je 1b"                                                                                   \
                     : "=a"(result)                                                                            \
                     : [where] "r"(at), [op] "i"(op_number), [notified] "i"(GOT_NOTIFIED)                      \
                     : "rdi", "rsi", "rdx", "rcx", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",       \
                       "r15", "memory", "cc")

_Noreturn void service_waiter(const struct service_args *a)
{
    register uint64_t notification __asm__("rbp") = cap_at(a->ep);
    long result;
    LOOP_WHILE_NOTIFIED(result, notification, SYS_WAIT);
    service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
}

_Noreturn void service_listener(const struct service_args *a)
{
    register uint64_t endpoint __asm__("rbp") = cap_at(a->ep);
    long result;
    LOOP_WHILE_NOTIFIED(result, endpoint, SYS_RECV);
    service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
}

_Noreturn void service_pong(const struct service_args *a)
{
    uint64_t bits;
    long result;
    do {
        result = notification_wait(cap_at(a->ep), &bits);
        if (result == GOT_NOTIFIED)
            result = notification_signal(cap_at(a->frame));
    } while (result == 0);
    service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
}
