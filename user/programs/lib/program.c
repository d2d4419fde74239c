/* The one endpoint and the one notification of a process, and what they are good for. */
#include "program.h"

#include <libc.h>
#include <setjmp.h>
#include <string.h>

enum { SERVER = 1, SIGNAL = 2, MOST_ARGUMENTS = 32 };

static microkit_msginfo ask(seL4_Word label, seL4_Word words)
{
    return baton_ppcall(baton_address(SERVER), microkit_msginfo_new(label, (seL4_Uint16)words));
}

static _Bool went_well(microkit_msginfo answer)
{
    return microkit_msginfo_get_label(answer) == SERVICE_OK;
}

/* The kernel leaves nothing in the registers of a message. */
void program_wait(void)
{
    register seL4_Word rax __asm__("rax") = BATON_SYS_WAIT;
    register seL4_Word rdi __asm__("rdi") = baton_address(SIGNAL);
    __asm__ volatile("syscall"
                     : "+r"(rax), "+r"(rdi)
                     :
                     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "memory");
}

void __libc_write(const char *text, size_t bytes)
{
    while (bytes > 0) {
        size_t part = bytes < PROC_TEXT ? bytes : PROC_TEXT;
        seL4_SetMR(0, part);
        memcpy(&BATON_IPC_BUFFER->msg[1], text, part);
        if (!went_well(ask(PROC_WRITE, 1 + (part + 7) / 8)))
            return;
        size_t put = seL4_GetMR(0);
        if (put == 0)
            program_wait();
        text += put;
        bytes -= put;
    }
}

size_t program_read(char *to, size_t bytes)
{
    for (;;) {
        seL4_SetMR(0, bytes < PROC_TEXT ? bytes : PROC_TEXT);
        microkit_msginfo answer = ask(PROC_READ, 1);
        if (microkit_msginfo_get_label(answer) == PROC_LATER) {
            program_wait();
            continue;
        }
        size_t came = went_well(answer) ? seL4_GetMR(0) : 0;
        memcpy(to, &BATON_IPC_BUFFER->msg[1], came);
        return came;
    }
}

static seL4_Word memory(size_t more, size_t less)
{
    seL4_SetMR(0, more);
    seL4_SetMR(1, less);
    return went_well(ask(PROC_MEMORY, 2)) ? seL4_GetMR(0) : 0;
}

void *program_memory(size_t pages)
{
    return (void *)memory(pages, 0); /* NOLINT: an address from the server */
}

_Bool program_memory_back(size_t pages)
{
    return memory(0, pages) != 0;
}

static jmp_buf cloned;

/* The copy begins here, on a stack that is good for nothing else. */
static _Noreturn void clone_start(void)
{
    longjmp(cloned, 1);
}

seL4_Word program_clone(void)
{
    static _Alignas(16) char stack[512];
    if (setjmp(cloned) != 0)
        return 0;
    seL4_SetMR(0, (seL4_Word)clone_start);
    seL4_SetMR(1, (seL4_Word)(stack + sizeof stack) - sizeof(seL4_Word));
    return went_well(ask(PROC_CLONE, 2)) ? seL4_GetMR(0) : PROGRAM_NO_CLONE;
}

enum proc_end program_wait_for(seL4_Word pid, seL4_Word *code)
{
    for (;;) {
        seL4_SetMR(0, pid);
        microkit_msginfo answer = ask(PROC_WAIT, 1);
        if (microkit_msginfo_get_label(answer) == PROC_LATER) {
            program_wait();
            continue;
        }
        bool ended = went_well(answer);
        *code = ended ? seL4_GetMR(1) : 0;
        return ended ? (enum proc_end)seL4_GetMR(0) : PROC_RUNS;
    }
}

_Noreturn void program_exit(int code)
{
    seL4_SetMR(0, (seL4_Word)code);
    ask(PROC_EXIT, 1);
    __builtin_trap();
}

/* As the server leaves it: how many, where the heap begins, and the words, each ended by a NUL. */
struct arguments {
    seL4_Word count, heap;
    char text[];
};

__attribute__((used)) _Noreturn void program_start(const struct arguments *a);

_Noreturn void program_start(const struct arguments *a)
{
    static char *word[MOST_ARGUMENTS + 1];
    static char copy[PROC_ARGUMENT_BYTES];
    int count = 0;
    size_t at = 0;
    memcpy(copy, a->text, sizeof copy);
    for (; count < MOST_ARGUMENTS && (seL4_Word)count < a->count; at += strlen(copy + at) + 1)
        word[count++] = copy + at;
    program_exit(main(count, word));
}

/* The stack is a multiple of 16 at the start. */
__asm__(".section .text\n.global _start\n_start:\n\txor %ebp, %ebp\n\tcall program_start\n\tud2\n");
