/* System-call stubs. An IPC message is the register file: rdi is the endpoint's address, then its badge;
   rsi the label; rdx r8 r9 r10 r12 r13 r14 r15 words 0 to 7. All eight words always travel, so a caller
   clears what it does not use. Register contract: docs/design.md section 4, numbers: kernel/abi/abi.def. */
#ifndef BATON_SYSCALL_H
#define BATON_SYSCALL_H

#include <stdint.h>
#include "abi.h"

typedef uint64_t cap_t; /* a capability address */

/* The address of slot `index` of the program's root CNode. */
static inline cap_t cap_at(uint64_t index)
{
    return index << SLOT_BITS;
}

struct msg {
    uint64_t label;
    uint64_t word[8];
    uint64_t badge; /* of the capability that the sender used; 0 in a reply */
};

/* One IPC system call with `m` as the message both ways. Returns GOT_MESSAGE or an error below 0. */
static inline long ipc(uint64_t op, cap_t ep, struct msg *m)
{
    register uint64_t rdx __asm__("rdx") = m->word[0];
    register uint64_t r8 __asm__("r8") = m->word[1];
    register uint64_t r9 __asm__("r9") = m->word[2];
    register uint64_t r10 __asm__("r10") = m->word[3];
    register uint64_t r12 __asm__("r12") = m->word[4];
    register uint64_t r13 __asm__("r13") = m->word[5];
    register uint64_t r14 __asm__("r14") = m->word[6];
    register uint64_t r15 __asm__("r15") = m->word[7];
    uint64_t rdi = ep, rsi = m->label;
    long rax = (long)op;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+r"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12),
                       "+r"(r13), "+r"(r14), "+r"(r15)
                     :
                     : "rbx", "rcx", "r11", "memory", "cc");
    m->label = rsi, m->badge = rdi;
    m->word[0] = rdx, m->word[1] = r8, m->word[2] = r9, m->word[3] = r10;
    m->word[4] = r12, m->word[5] = r13, m->word[6] = r14, m->word[7] = r15;
    return rax;
}

static inline long ipc_send(cap_t ep, struct msg *m)
{
    return ipc(SYS_SEND, ep, m);
}

static inline long ipc_recv(cap_t ep, struct msg *m)
{
    return ipc(SYS_RECV, ep, m);
}

static inline long ipc_call(cap_t ep, struct msg *m)
{
    return ipc(SYS_CALL, ep, m);
}

static inline long ipc_reply(struct msg *m)
{
    return ipc(SYS_REPLY, 0, m);
}

static inline long ipc_reply_recv(cap_t ep, struct msg *m)
{
    return ipc(SYS_REPLY_RECV, ep, m);
}

/* As ipc_send, but ERR_EMPTY at once when nobody waits to receive. */
static inline long ipc_send_nb(cap_t ep, struct msg *m)
{
    return ipc(SYS_SEND_NB, ep, m);
}

/* As ipc_recv, but ERR_EMPTY at once when there is nothing. */
static inline long ipc_recv_nb(cap_t ep, struct msg *m)
{
    return ipc(SYS_RECV_NB, ep, m);
}

/* Long messages: the thread's IPC buffer (ipc_buffer.h) goes with it. */
static inline long ipc_long_send(cap_t ep, struct msg *m)
{
    return ipc(SYS_LONG_SEND, ep, m);
}

static inline long ipc_long_call(cap_t ep, struct msg *m)
{
    return ipc(SYS_LONG_CALL, ep, m);
}

/* `reply` is a saved reply, which is used up, or 0: the call that was received last. */
static inline long ipc_reply_to(cap_t reply, struct msg *m)
{
    return ipc(SYS_REPLY, reply, m);
}

static inline long ipc_long_reply(cap_t reply, struct msg *m)
{
    return ipc(SYS_LONG_REPLY, reply, m);
}

static inline long ipc_long_reply_recv(cap_t ep, struct msg *m)
{
    return ipc(SYS_LONG_REPLY_RECV, ep, m);
}

/* Any other system call: keeps every register but rax, rcx and r11. */
static inline long syscall6(uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t a3, uint64_t a4,
                            uint64_t a5)
{
    register uint64_t r8 __asm__("r8") = a3;
    register uint64_t r9 __asm__("r9") = a4;
    register uint64_t r10 __asm__("r10") = a5;
    long rax = (long)op;
    __asm__ volatile("syscall"
                     : "+a"(rax)
                     : "D"(rdi), "S"(rsi), "d"(rdx), "r"(r8), "r"(r9), "r"(r10)
                     : "rcx", "r11", "memory", "cc");
    return rax;
}

static inline long syscall2(uint64_t op, uint64_t rdi, uint64_t rsi)
{
    long rax = (long)op;
    __asm__ volatile("syscall" : "+a"(rax) : "D"(rdi), "S"(rsi) : "rcx", "r11", "memory", "cc");
    return rax;
}

static inline long sys_null(void)
{
    return syscall2(SYS_NULL, 0, 0);
}

static inline long thread_yield(void)
{
    return syscall2(SYS_YIELD, 0, 0);
}

static inline long thread_suspend(cap_t tcb)
{
    return syscall2(SYS_THREAD_SUSPEND, tcb, 0);
}

static inline long thread_resume(cap_t tcb)
{
    return syscall2(SYS_THREAD_RESUME, tcb, 0);
}

/* `fault_ep` may be 0: then a fault stops the thread. `ceiling`: the highest priority that it may give. */
static inline long thread_configure(cap_t tcb, cap_t cnode, cap_t space, cap_t fault_ep, unsigned priority,
                                    unsigned ceiling)
{
    return syscall6(SYS_THREAD_CONFIGURE, tcb, cnode, space, fault_ep, priority | ceiling << 8, 0);
}

static inline long thread_set_entry(cap_t tcb, uint64_t rip, uint64_t rsp, uint64_t rdi)
{
    return syscall6(SYS_THREAD_SET_ENTRY, tcb, rip, rsp, rdi, 0, 0);
}

static inline long thread_set_affinity(cap_t tcb, uint64_t cpu)
{
    return syscall2(SYS_THREAD_SET_AFFINITY, tcb, cpu);
}

/* `kind`: BREAK_EXECUTE (length 1), BREAK_WRITE or BREAK_ACCESS (1, 2, 4 or 8); 0 and length 0 to remove it. */
static inline long thread_set_breakpoint(cap_t tcb, uint64_t index, uint64_t vaddr, unsigned kind,
                                         unsigned length)
{
    return syscall6(SYS_THREAD_SET_BREAKPOINT, tcb, index, vaddr, kind | length << 8, 0, 0);
}

/* Into and from the words of the caller's IPC buffer: struct thread_registers. */
static inline long thread_read_registers(cap_t tcb)
{
    return syscall2(SYS_THREAD_READ_REGISTERS, tcb, 0);
}

static inline long thread_write_registers(cap_t tcb)
{
    return syscall2(SYS_THREAD_WRITE_REGISTERS, tcb, 0);
}

static inline long thread_set_priority(cap_t tcb, unsigned priority, unsigned ceiling)
{
    return syscall2(SYS_THREAD_SET_PRIORITY, tcb, priority | ceiling << 8);
}

static inline long thread_set_tls(cap_t tcb, uint64_t fs_base, uint64_t gs_base)
{
    return syscall6(SYS_THREAD_SET_TLS, tcb, fs_base, gs_base, 0, 0, 0);
}

/* `state` 0: it may not use SSE and AVX any more. */
static inline long thread_set_fpu(cap_t tcb, cap_t state)
{
    return syscall2(SYS_THREAD_SET_FPU, tcb, state);
}

static inline long thread_set_slice(cap_t tcb, uint64_t ticks)
{
    return syscall2(SYS_THREAD_SET_SLICE, tcb, ticks);
}

/* `attributes`: RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE, and CACHE_... for device memory; ignored for a page table. */
static inline long memory_map(cap_t memory, cap_t space, uint64_t vaddr, unsigned attributes)
{
    return syscall6(SYS_MEMORY_MAP, memory, space, vaddr, attributes, 0, 0);
}

/* A page table that is unmapped is empty, wherever it is mapped next. */
static inline long memory_unmap(cap_t memory)
{
    return syscall2(SYS_MEMORY_UNMAP, memory, 0);
}

static inline long memory_protect(cap_t frame, unsigned attributes)
{
    return syscall2(SYS_MEMORY_PROTECT, frame, attributes);
}

/* Frames in `count` consecutive slots of a CNode from `first` on, at most 256, which lie one behind the other from
   `vaddr` on. After a call: those that are left, none but for an error, which is of the first of them. */
struct frames {
    uint64_t first, vaddr, count;
};

static inline long frames_call(uint64_t op, cap_t cnode, struct frames *f, cap_t space, uint64_t attributes)
{
    register uint64_t rdx __asm__("rdx") = space;
    register uint64_t r8 __asm__("r8") = f->vaddr;
    register uint64_t r9 __asm__("r9") = attributes;
    register uint64_t r10 __asm__("r10") = f->count;
    long rax = (long)op;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+S"(f->first), "+r"(r8), "+r"(r10)
                     : "D"(cnode), "r"(rdx), "r"(r9)
                     : "rbx", "rcx", "r11", "memory", "cc");
    f->vaddr = r8, f->count = r10;
    return rax;
}

static inline long memory_map_many(cap_t cnode, struct frames *f, cap_t space, unsigned attributes)
{
    return frames_call(SYS_MEMORY_MAP_MANY, cnode, f, space, attributes);
}

/* `vaddr` stays as it is here, and for memory_protect_many. */
static inline long memory_unmap_many(cap_t cnode, struct frames *f)
{
    return frames_call(SYS_MEMORY_UNMAP_MANY, cnode, f, 0, 0);
}

static inline long memory_protect_many(cap_t cnode, struct frames *f, unsigned attributes)
{
    return frames_call(SYS_MEMORY_PROTECT_MANY, cnode, f, 0, attributes);
}

/* The physical address of a frame, or an error. */
static inline long frame_address(cap_t frame)
{
    return syscall2(SYS_FRAME_ADDRESS, frame, 0);
}

static inline long retype(cap_t untyped, unsigned type, unsigned size_bits, cap_t cnode, uint64_t index,
                          uint64_t count)
{
    return syscall6(SYS_RETYPE, untyped, type, size_bits, cnode, index, count);
}

static inline long cap_copy(cap_t to, uint64_t to_index, cap_t from, uint64_t from_index, unsigned rights)
{
    return syscall6(SYS_CAP_COPY, to, to_index, from, from_index, rights, 0);
}

/* `badge` is the badge of an endpoint capability, or the guard of a CNode capability (see cnode_guard). */
static inline long cap_mint(cap_t to, uint64_t to_index, cap_t from, uint64_t from_index, unsigned rights,
                            uint64_t badge)
{
    return syscall6(SYS_CAP_MINT, to, to_index, from, from_index, rights, badge);
}

static inline long cap_move(cap_t to, uint64_t to_index, cap_t from, uint64_t from_index)
{
    return syscall6(SYS_CAP_MOVE, to, to_index, from, from_index, 0, 0);
}

static inline long cap_delete(cap_t cnode, uint64_t index)
{
    return syscall2(SYS_CAP_DELETE, cnode, index);
}

/* Deletes all that was derived from the capability in that slot. */
static inline long cap_revoke(cap_t cnode, uint64_t index)
{
    return syscall2(SYS_CAP_REVOKE, cnode, index);
}

/* Ends with ERR_CANCELED the waits of all that send or call with the badge of the endpoint capability in that slot. */
static inline long cap_cancel_badged(cap_t cnode, uint64_t index)
{
    return syscall2(SYS_CAP_CANCEL_BADGED, cnode, index);
}

static inline long cap_swap(cap_t cnode, uint64_t index, cap_t other, uint64_t other_index)
{
    return syscall6(SYS_CAP_SWAP, cnode, index, other, other_index, 0, 0);
}

/* Puts the right to answer the call that was received last into an empty slot. */
static inline long reply_save(cap_t cnode, uint64_t index)
{
    return syscall2(SYS_REPLY_SAVE, cnode, index);
}

static inline long notification_signal(cap_t notification)
{
    return syscall2(SYS_SIGNAL, notification, 0);
}

/* Waits for a signal; its badge bits are in *bits. Returns GOT_NOTIFIED or an error. */
static inline long notification_wait(cap_t notification, uint64_t *bits)
{
    struct msg m = {0};
    long result = ipc(SYS_WAIT, notification, &m);
    *bits = m.badge;
    return result;
}

/* The same without waiting: ERR_EMPTY when there was no signal. */
static inline long notification_poll(cap_t notification, uint64_t *bits)
{
    struct msg m = {0};
    long result = ipc(SYS_POLL, notification, &m);
    *bits = m.badge;
    return result;
}

static inline long notification_bind(cap_t tcb, cap_t notification)
{
    return syscall2(SYS_NOTIFICATION_BIND, tcb, notification);
}

/* A handler of that line's interrupts: a global number with IRQ_LEVEL and IRQ_LOW, or an ISA line with IRQ_ISA. It is
   masked until the first irq_handler_ack. */
static inline long irq_handler_get(cap_t control, uint64_t line, cap_t cnode, uint64_t index)
{
    return syscall6(SYS_IRQ_HANDLER_GET, control, line, cnode, index, 0, 0);
}

/* The data that a device must write to bootinfo.msi_address, or an error. */
static inline long irq_msi_get(cap_t control, cap_t cnode, uint64_t index)
{
    return syscall6(SYS_IRQ_MSI_GET, control, cnode, index, 0, 0, 0);
}

static inline long irq_handler_ack(cap_t handler)
{
    return syscall2(SYS_IRQ_HANDLER_ACK, handler, 0);
}

/* What the handler's interrupts signal; 0: nothing. */
static inline long irq_handler_bind(cap_t handler, cap_t notification)
{
    return syscall2(SYS_IRQ_HANDLER_BIND, handler, notification);
}

/* What the timer signals at its deadline; 0: nothing. */
static inline long timer_bind(cap_t timer, cap_t notification)
{
    return syscall2(SYS_TIMER_BIND, timer, notification);
}

/* `deadline` is in ticks of clock_read(); a past one signals at once. */
static inline long timer_set(cap_t timer, uint64_t deadline)
{
    return syscall2(SYS_TIMER_SET, timer, deadline);
}

static inline long timer_cancel(cap_t timer)
{
    return syscall2(SYS_TIMER_CANCEL, timer, 0);
}

/* Now, in ticks of the time-stamp counter: bootinfo.tsc_hz in a second. */
static inline uint64_t clock_read(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* The type of a capability (TYPE_...), or an error. */
static inline long cap_identify(cap_t cap)
{
    return syscall2(SYS_CAP_IDENTIFY, cap, 0);
}

/* The `badge` argument of cap_mint that gives a CNode capability a guard of `bits` bits (0 to 16). */
static inline uint64_t cnode_guard(unsigned bits, uint64_t value)
{
    return value << 8 | bits;
}

/* `bytes` is 1, 2 or 4. Returns the value, or an error. */
static inline long io_in(cap_t ports, uint64_t port, uint64_t bytes)
{
    return syscall6(SYS_IO_IN, ports, port, bytes, 0, 0, 0);
}

static inline long io_out(cap_t ports, uint64_t port, uint64_t bytes, uint64_t value)
{
    return syscall6(SYS_IO_OUT, ports, port, bytes, value, 0, 0);
}

static inline long debug_putchar(cap_t debug, char c)
{
    return syscall2(SYS_DEBUG_PUTCHAR, debug, (uint8_t)c);
}

/* what: DUMP_ALL, DUMP_THREADS ... */
static inline long debug_dump(cap_t debug, unsigned what)
{
    return syscall2(SYS_DEBUG_DUMP, debug, what);
}

static inline void debug_exit(cap_t debug, unsigned code)
{
    syscall2(SYS_DEBUG_EXIT, debug, code);
}

#endif
