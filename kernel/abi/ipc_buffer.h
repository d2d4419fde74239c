/* The IPC buffer of a thread: a frame that thread_configure names. A long message is the register message and
   this. The kernel reads the sender's and writes the receiver's when the message is handed over. */
#ifndef BATON_IPC_BUFFER_H
#define BATON_IPC_BUFFER_H

#include <stddef.h>
#include <stdint.h>

enum { IPC_BUFFER_WORDS = 112, IPC_BUFFER_CAPS = 3, IPC_BUFFER_OWN = 8 };

struct ipc_buffer {
    uint64_t words; /* how many of word[] are sent; received: how many came, 0 to IPC_BUFFER_WORDS */
    uint64_t caps; /* how many of cap[] are sent (needs RIGHT_GRANT on the endpoint); received: how many came */
    uint64_t cap[IPC_BUFFER_CAPS];   /* their addresses in the sender's CSpace */
    uint64_t receive_cnode;          /* where the receiver wants them: a CNode's address in its CSpace, */
    uint64_t receive_index;          /* and the first of the slots, which must be empty */
    uint64_t own[IPC_BUFFER_OWN];    /* the program's: the kernel skips them; with word[] one array of 120 */
    uint64_t word[IPC_BUFFER_WORDS]; /* message words 8 and up */
};

_Static_assert(sizeof(struct ipc_buffer) <= 4096, "an IPC buffer is one frame");
_Static_assert(offsetof(struct ipc_buffer, own) + IPC_BUFFER_OWN * 8 == offsetof(struct ipc_buffer, word),
               "own[] and word[] are one array");

/* What thread_read_registers puts, and thread_write_registers finds, at the beginning of the buffer's words. */
struct thread_registers {
    uint64_t rip, rsp, rflags, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
};

#endif
