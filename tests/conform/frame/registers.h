/* One system call with a pattern in every register, and what every register holds after it. */
#ifndef CONFORM_REGISTERS_H
#define CONFORM_REGISTERS_H

#include "ipc_buffer.h"
#include "frame/shared.h"

enum {
    FLAG_TF = 1 << 8,
    FLAG_IF = 1 << 9,
    FLAG_DF = 1 << 10,
    FLAG_NT = 1 << 14,
    FLAG_RF = 1 << 16,
    FLAG_AC = 1 << 18,
    FLAG_ID = 1 << 21,
    FLAGS_STATUS = 0x8d5,      /* CF PF AF ZF SF OF */
    FLAGS_OWN = 0x244dd5,      /* what ring 3 can change: those, TF DF NT AC ID */
    FLAGS_FIXED = FLAG_IF | 2, /* what it has in any case */
};

/* Loads all registers from shared()->regs[k].in (rsp: the address of .out, right after in[FLAGS]), SYSCALL,
   and stores them all in .out. The last of the two instructions before it is POPF, of in[FLAGS]. */
void regs_syscall_0(uint64_t unused);
void regs_syscall_1(uint64_t unused);
extern const char regs_return_syscall_0[], regs_return_syscall_1[]; /* the instruction after each SYSCALL */
/* The same of set 0 with another instruction: a write to TOUCH_VADDR, and INT3. */
void regs_touch(uint64_t unused);
void regs_break(uint64_t unused);
extern const char regs_return_touch[], regs_return_break[];

/* A pattern in every register, of its own for each k; in[FLAGS] is the fixed value. */
struct regs *regs_prepare(unsigned k, uint64_t op, uint64_t rdi);
/* Every register is what the contract says of all system calls: rsp rbp kept, rcx r11 rflags. */
void regs_expect_common(unsigned k);
/* Registers that hold what they held before. `but`: a bit for each register that is not looked at. */
void regs_expect_kept(unsigned k, uint32_t but);
/* A message: words and label as regs_prepare(from) loaded them; badge; rax and rbx 0. */
void regs_expect_message(unsigned k, unsigned from, uint64_t badge);

/* The actor begins anew with an IPC buffer, which is mapped here, too: where it is to have, or has, the
   registers that it writes and reads of other threads. */
struct thread_registers *regs_window(unsigned who);

enum { TOUCH_VADDR = SHARED_VADDR + 0x100000 }; /* its page table is that of the shared memory */

#define BIT(reg) (1u << (reg))

#endif
