/* The servers of the ipc benchmarks. In their hot loops a message stays in the registers that it came in: a
   server does no more than set rax, rdi and rsi and look at the result. It answers with label + badge as the
   label, so that the client sees that both arrived and that it was the server who answered. */
#include "service.h"
#include "shot.h"

/* The message in its registers; `m` is what service_check left to be sent. */
#define MESSAGE_REGISTERS(m)                                                                                   \
    register uint64_t w0 __asm__("rdx") = (m).word[0];                                                         \
    register uint64_t w1 __asm__("r8") = (m).word[1];                                                          \
    register uint64_t w2 __asm__("r9") = (m).word[2];                                                          \
    register uint64_t w3 __asm__("r10") = (m).word[3];                                                         \
    register uint64_t w4 __asm__("r12") = (m).word[4];                                                         \
    register uint64_t w5 __asm__("r13") = (m).word[5];                                                         \
    register uint64_t w6 __asm__("r14") = (m).word[6];                                                         \
    register uint64_t w7 __asm__("r15") = (m).word[7];                                                         \
    register uint64_t label __asm__("rsi") = (m).label;                                                        \
    uint64_t result
#define MESSAGE_OPERANDS                                                                                       \
    "=&a"(result), "+r"(label), "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7)

/* Round trip: `1:` to the jump back is the server's whole share of the measured region. `before` is what it does
   with each message. */
#define ECHO_LOOP(before)                                                                                      \
    __asm__ volatile("jmp 2f\n\t"                                                                              \
                     "1:\n\t" before "lea (%%rsi,%%rdi), %%rsi\n\t"                                            \
                     "2:\n\t"                                                                                  \
                     "mov %[ep], %%rdi\n\t"                                                                    \
                     "mov %[op], %%eax\n\t"                                                                    \
                     "syscall\n\t"                                                                             \
                     "test %%rax, %%rax\n\t"                                                                   \
                     "jz 1b\n\t"                                                                               \
                     : MESSAGE_OPERANDS                                                                        \
                     : [ep] "m"(ep), [op] "i"(SYS_REPLY_RECV)                                                  \
                     : "rdi", "rbx", "rcx", "r11", "memory", "cc")

/* The key that a server keeps in a register of its extended state, or in its thread-local storage, is in the answer: so
   whoever loses that state is seen. The compiler itself uses no such register. */
#define USE_SSE                                                                                                \
    "movq %%xmm0, %%rbx\n\t"                                                                                   \
    "add %%rbx, %%rsi\n\t"
#define USE_TLS "add %%fs:0, %%rsi\n\t"

_Noreturn void service_echo(const struct service_args *a)
{
    struct msg m = {0};
    service_check(a, &m);
    cap_t ep = cap_at(a->ep);
    if (a->state & STATE_SSE)
        __asm__ volatile("movq %0, %%xmm0" : : "r"(SSE_KEY));
    MESSAGE_REGISTERS(m);
    switch (a->state) {
    case STATE_SSE: ECHO_LOOP(USE_SSE); break;
    case STATE_TLS: ECHO_LOOP(USE_TLS); break;
    case STATE_SSE | STATE_TLS: ECHO_LOOP(USE_SSE USE_TLS); break;
    default:
        if (a->clear)
            ECHO_LOOP(CLEAR_WORDS);
        else
            ECHO_LOOP("");
    }
    service_fail(a, FAILURE_RECEIVE, result);
}

/* Call, one way: the clock stops right after the receive. The answer's label is the time, and label and badge
   go back in the sum in word 0. */
#define STAMP_LOOP(op_number)                                                                                  \
    __asm__ volatile("1:\n\t"                                                                                  \
                     "mov %[ep], %%rdi\n\t"                                                                    \
                     "mov %[op], %%eax\n\t"                                                                    \
                     "syscall\n\t" CLOCK_END "shl $32, %%rdx\n\t"                                              \
                     "or %%rax, %%rdx\n\t"                                                                     \
                     "add %%rsi, %%rdi\n\t"                                                                    \
                     "mov %%rdx, %%rsi\n\t"                                                                    \
                     "lea (%%r11,%%rdi), %%rdx\n\t"                                                            \
                     "test %%rbx, %%rbx\n\t"                                                                   \
                     "jz 1b\n\t"                                                                               \
                     "mov %%rbx, %%rax\n\t"                                                                    \
                     : MESSAGE_OPERANDS                                                                        \
                     : [ep] "m"(ep), [op] "i"(op_number)                                                       \
                     : "rdi", "rbx", "rcx", "r11", "memory", "cc")

_Noreturn void service_stamp_recv(const struct service_args *a)
{
    struct msg m = {0};
    service_check(a, &m);
    cap_t ep = cap_at(a->ep);
    MESSAGE_REGISTERS(m);
    STAMP_LOOP(SYS_REPLY_RECV);
    service_fail(a, FAILURE_RECEIVE, result);
}

/* The same from the other side: it calls, and the clock stops right behind the call. */
_Noreturn void service_caller(const struct service_args *a)
{
    struct msg m = {0};
    cap_t ep = cap_at(a->ep);
    MESSAGE_REGISTERS(m);
    STAMP_LOOP(SYS_CALL);
    service_fail(a, FAILURE_RECEIVE, result);
}

/* Only calls, with what came back. */
_Noreturn void service_client(const struct service_args *a)
{
    struct msg m = {0};
    cap_t ep = cap_at(a->ep);
    MESSAGE_REGISTERS(m);
    __asm__ volatile("1:\n\t"
                     "mov %[ep], %%rdi\n\t"
                     "mov %[op], %%eax\n\t"
                     "syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jz 1b\n\t"
                     : MESSAGE_OPERANDS
                     : [ep] "m"(ep), [op] "i"(SYS_CALL)
                     : "rdi", "rbx", "rcx", "r11", "memory", "cc");
    service_fail(a, FAILURE_RECEIVE, result);
}

/* Reply and receive, one way: the clock starts just before it; the client's next call fetches the time, as
   the label of an answer that nobody measures. */
#define STAMP_REPLY_LOOP(clear)                                                                                \
    __asm__ volatile("jmp 2f\n\t"                                                                              \
                     "1:\n\t"                                                                                  \
                     "mov %%rdx, %%rbx\n\t" CLOCK_START("%[low]", "%[high]") clear                             \
                     "lea (%%rsi,%%rdi), %%rsi\n\t"                                                            \
                     "mov %[ep], %%rdi\n\t"                                                                    \
                     "mov %[op], %%eax\n\t"                                                                    \
                     "syscall\n\t"                                                                             \
                     "test %%rax, %%rax\n\t"                                                                   \
                     "jnz 3f\n\t"                                                                              \
                     "mov %[high], %%esi\n\t"                                                                  \
                     "mov %[low], %%eax\n\t"                                                                   \
                     "shl $32, %%rsi\n\t"                                                                      \
                     "or %%rax, %%rsi\n\t"                                                                     \
                     "2:\n\t"                                                                                  \
                     "mov %[ep], %%rdi\n\t"                                                                    \
                     "mov %[op], %%eax\n\t"                                                                    \
                     "syscall\n\t"                                                                             \
                     "test %%rax, %%rax\n\t"                                                                   \
                     "jz 1b\n\t"                                                                               \
                     "3:\n\t"                                                                                  \
                     : MESSAGE_OPERANDS, [low] "=m"(low), [high] "=m"(high)                                    \
                     : [ep] "m"(ep), [op] "i"(SYS_REPLY_RECV)                                                  \
                     : "rdi", "rbx", "rcx", "r11", "memory", "cc")

_Noreturn void service_stamp_reply(const struct service_args *a)
{
    struct msg m = {0};
    service_check(a, &m);
    cap_t ep = cap_at(a->ep);
    uint32_t low, high;
    MESSAGE_REGISTERS(m);
    if (a->clear)
        STAMP_REPLY_LOOP(CLEAR_WORDS);
    else
        STAMP_REPLY_LOOP("");
    service_fail(a, FAILURE_RECEIVE, result);
}
