/* The structure offsets and constants that NASM needs. Compiled to assembly; the Makefile turns each line
   .ascii "->NAME value" of it into "NAME equ value" in build/offsets.inc. Never typed by hand. */
#include "abi/handlers.h"
#include "abi/ipc_buffer.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mitigate.h"
#include "arch/x86_64/trap.h"
#include "cap/slot.h"
#include "object/delete.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/timer.h"
#include "thread/sched.h"
#include "thread/tcb.h"

#define EMIT(name, value) __asm__ volatile(".ascii \"->" #name " %c0\"" : : "i"(value))
#define TCB(NAME, field) EMIT(TCB_##NAME, offsetof(struct tcb, field))

/* Of a sender, in one comparison: it calls, with no long message. */
_Static_assert(offsetof(struct tcb, send_long) == offsetof(struct tcb, send_kind) + 1, "SEND_PLAIN_CALL");
enum { SEND_PLAIN_CALL = SEND_CALL | LONG_NONE << 8 };

void offsets(void);
void offsets(void)
{
    TCB(RIP, rip);
    TCB(RSP, rsp);
    TCB(RBP, rbp);
    TCB(CR3, cr3);
    TCB(CSPACE, cspace);
    TCB(CSPACE_MASK, cspace_mask);
    TCB(KEY, key);
    TCB(REPLY_TO, reply_to);
    TCB(WAIT, wait);
    TCB(RAX, rax);
    TCB(RBX, rbx);
    TCB(RCX, rcx);
    TCB(RDX, rdx);
    TCB(RSI, rsi);
    TCB(RDI, rdi);
    TCB(R8, r8);
    TCB(R9, r9);
    TCB(R10, r10);
    TCB(R11, r11);
    TCB(R12, r12);
    TCB(R13, r13);
    TCB(R14, r14);
    TCB(R15, r15);
    TCB(RFLAGS, rflags);
    TCB(RESUME, resume);
    TCB(PRIORITY, priority);
    TCB(QUEUE, queue);
    TCB(SEND_KIND, send_kind); /* and send_long */
    TCB(SEND_BADGE, send_badge);
    TCB(NEXT, next);
    TCB(PREV, prev);
    TCB(SLICE_LEFT, slice_left);
    TCB(SLICE_TICKS, slice_ticks);
    TCB(SLOW_REASONS, slow_reasons);
    TCB(EXTENDED_KEY, extended_key);
    TCB(EXTENDED, extended);
    TCB(FS_BASE, fs_base);
    TCB(GS_BASE, gs_base);
    TCB(FAULT_LABEL, fault_label);
    TCB(FAULT_ADDRESS, fault_address);
    TCB(FAULT_ERROR, fault_error);
    TCB(FAULT_VECTOR, fault_vector);
    TCB(BUFFER, buffer);
    EMIT(TCB_FAULT_OBJECT, offsetof(struct tcb, slots[TCB_FAULT].object));
    EMIT(TCB_FAULT_BADGE, offsetof(struct tcb, slots[TCB_FAULT].data));
    EMIT(TCB_FAULT_TYPE, offsetof(struct tcb, slots[TCB_FAULT].prev) + SLOT_TYPE_SHIFT / 8);
    EMIT(HANDLERS, HANDLERS);
    EMIT(QUICK_FIRST, QUICK_FIRST);
    EMIT(QUICK_CALLS, QUICK_CALLS);
    EMIT(SYSCALL_BYTES, SYSCALL_BYTES);
    EMIT(RESTART, RESTART);
    EMIT(CALLER_SPACE_CHANGED, CALLER_SPACE_CHANGED);
    EMIT(CALLER_MARKS, CALLER_MARKS);
    EMIT(BUFFER_WORDS, offsetof(struct ipc_buffer, words));
    EMIT(BUFFER_CAPS, offsetof(struct ipc_buffer, caps));
    EMIT(BUFFER_WORD, offsetof(struct ipc_buffer, word));
    EMIT(IPC_BUFFER_WORDS, IPC_BUFFER_WORDS);
    EMIT(CPU_CURRENT, offsetof(struct cpu, current));
    EMIT(CPU_THRESHOLD, offsetof(struct cpu, threshold));
    EMIT(CPU_STACK_TOP, offsetof(struct cpu, stack_top));
    EMIT(CPU_SLICE_LEFT, offsetof(struct cpu, slice_left));
    EMIT(CPU_HIGHEST, offsetof(struct cpu, highest));
    EMIT(CPU_QUEUES, offsetof(struct cpu, queues));
    EMIT(CPU_READY_BITS, offsetof(struct cpu, ready_bits));
    EMIT(QUEUE_HEAD, offsetof(struct run_queue, head));
    EMIT(QUEUE_TAIL, offsetof(struct run_queue, tail));
    EMIT(QUEUE_BELOW, offsetof(struct run_queue, below));
    EMIT(QUEUE_KEY, offsetof(struct run_queue, key));
    EMIT(QUEUE_BITS, __builtin_ctz(sizeof(struct run_queue)));
    EMIT(NOTIFICATION_PENDING, offsetof(struct notification, pending));
    EMIT(NOTIFICATION_HEAD, offsetof(struct notification, head));
    EMIT(NOTIFICATION_BOUND, offsetof(struct notification, bound));
    EMIT(IRQ_BITS, __builtin_ctz(sizeof(struct irq_handler)));
    EMIT(IRQ_LINE, offsetof(struct irq_handler, line));
    EMIT(IRQ_USED, offsetof(struct irq_handler, used));
    EMIT(IRQ_PENDING, offsetof(struct irq_handler, pending));
    EMIT(IRQ_VECTOR_FIRST, IRQ_VECTOR_FIRST);
    EMIT(IRQ_VECTOR_MIDDLE, IRQ_VECTOR_MIDDLE);
    EMIT(IRQ_VECTORS, IRQ_VECTORS);
    EMIT(INTERRUPT_STUB_BYTES, INTERRUPT_STUB_BYTES);
    EMIT(TIMER_PLACE, offsetof(struct timer, place));
    EMIT(TIMER_BELOW, offsetof(struct timer, below));
    EMIT(TIMER_DEADLINE, offsetof(struct timer, deadline));
    EMIT(TIMER_TARGET, offsetof(struct timer, target));
    EMIT(VECTOR_CLOCK, VECTOR_CLOCK);
    EMIT(CLOCK_RATIO_BITS, CLOCK_RATIO_BITS);
    EMIT(APIC_EOI, APIC_EOI);
    EMIT(APIC_INITIAL, APIC_INITIAL);
    EMIT(MSR_APIC_EOI, MSR_X2APIC + APIC_EOI / 16);
    EMIT(MSR_APIC_INITIAL, MSR_X2APIC + APIC_INITIAL / 16);
    EMIT(READY_UNSETTLED, READY_UNSETTLED);
    EMIT(READY_ALONE, READY_ALONE);
    EMIT(IN_LINE_RETURNED, IN_LINE_RETURNED);
    EMIT(IN_LINE_NOTIFIED, IN_LINE_NOTIFIED);
    EMIT(READY_RETURNED, READY_RETURNED);
    EMIT(READY_NOTIFIED, READY_NOTIFIED);
    EMIT(REF_NOTIFICATION, REF_NOTIFICATION);
    EMIT(REF_READY, REF_READY);
    EMIT(REF_ENDPOINT, REF_ENDPOINT);
    EMIT(REF_GRANTS, REF_GRANTS);
    EMIT(SLOW_FAULTED, SLOW_FAULTED);
    EMIT(SLOW_SIGNALLED, SLOW_SIGNALLED);
    EMIT(SLOW_STATE, SLOW_STATE);
    EMIT(SLOW_BASES, SLOW_BASES);
    EMIT(CPU_EXTENDED, offsetof(struct cpu, extended));
    EMIT(CPU_CR0_BARRED, offsetof(struct cpu, cr0_barred));
    EMIT(CPU_CR4, offsetof(struct cpu, cr4));
    EMIT(CPU_CR4_BASES, offsetof(struct cpu, cr4_bases));
    EMIT(STATE_ALL, STATE_ALL);
    EMIT(FLAGS_OF_RING_3, FLAGS_OF_RING_3);
    EMIT(CPU_DATA_SELECTOR, offsetof(struct cpu, data_selector));
    EMIT(CPU_KERNEL_CR3, offsetof(struct cpu, kernel_cr3));
    EMIT(CPU_ENTRY_STACK, offsetof(struct cpu, entry_stack));
    EMIT(CPU_SPEC_CTRL, offsetof(struct cpu, spec_ctrl));
    EMIT(MITIGATE_VERW, MITIGATE_VERW);
    EMIT(MITIGATE_IBPB, MITIGATE_IBPB);
    EMIT(MITIGATE_RSB, MITIGATE_RSB);
    EMIT(MITIGATE_IBRS, MITIGATE_IBRS);
    EMIT(MITIGATE_ENTRY, MITIGATE_ENTRY);
    EMIT(MITIGATE_BHB, MITIGATE_BHB);
    EMIT(MITIGATE_FPU, MITIGATE_FPU);
    EMIT(SITE_CLAC, SITE_CLAC);
    EMIT(SLOT_OBJECT, offsetof(struct slot, object));
    EMIT(SLOT_DATA, offsetof(struct slot, data));
    EMIT(SLOT_TYPE, offsetof(struct slot, prev) + SLOT_TYPE_SHIFT / 8);
    EMIT(SLOT_RIGHTS, offsetof(struct slot, prev) + SLOT_RIGHTS_SHIFT / 8);
    EMIT(EP_RECV, offsetof(struct endpoint, recv) - REF_ENDPOINT); /* from a tagged reference */
    EMIT(EP_SEND, offsetof(struct endpoint, send) - REF_ENDPOINT);
    EMIT(EP_TAIL, offsetof(struct endpoint, tail) - REF_ENDPOINT);
    EMIT(EP_SCAN, offsetof(struct endpoint, scan) - REF_ENDPOINT);
    EMIT(SEND_PLAIN_CALL, SEND_PLAIN_CALL);
    EMIT(RESUME_SYSRET, RESUME_SYSRET);
    EMIT(RESUME_IRET, RESUME_IRET);
    EMIT(RESUME_IDLE, RESUME_IDLE);
    EMIT(SEL_USER_DATA, SEL_USER_DATA);
    EMIT(SEL_USER_CODE, SEL_USER_CODE);
}
