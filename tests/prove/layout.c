/* Where the fields of the kernel's structures lie and what its constants are, as the kernel's own headers say.
   Compiled to assembly only; layout.py reads the lines "->NAME value..." of it. None of this is ever typed in.
 */
#include "abi/ipc_buffer.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/flaw.h"
#include "arch/x86_64/trap.h"
#include "cap/slot.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/sched.h"
#include "thread/tcb.h"

/* In three parts: %c takes no more than 31 bits. */
#define PART(name, n) "i"((int)((uint64_t)(name) >> (n)*24 & 0xffffff))
#define CONSTANT(name)                                                                                         \
    __asm__ volatile("->constant " #name " %c0 %c1 %c2" : : PART(name, 0), PART(name, 1), PART(name, 2))
#define SIZE(type) __asm__ volatile("->struct " #type " %c0" : : "i"(sizeof(struct type)))
#define FIELD(type, name)                                                                                      \
    __asm__ volatile("->field " #type " " #name " %c0 %c1"                                                     \
                     :                                                                                         \
                     : "i"(offsetof(struct type, name)), "i"(sizeof(((struct type *)0)->name)))

static void tcb(void)
{
    SIZE(tcb);
    FIELD(tcb, rip);
    FIELD(tcb, rsp);
    FIELD(tcb, rbp);
    FIELD(tcb, cr3);
    FIELD(tcb, cspace);
    FIELD(tcb, cspace_mask);
    FIELD(tcb, key);
    FIELD(tcb, reply_to);
    FIELD(tcb, wait);
    FIELD(tcb, rax);
    FIELD(tcb, rdi);
    FIELD(tcb, rsi);
    FIELD(tcb, rdx);
    FIELD(tcb, r8);
    FIELD(tcb, r9);
    FIELD(tcb, r10);
    FIELD(tcb, r12);
    FIELD(tcb, r13);
    FIELD(tcb, r14);
    FIELD(tcb, r15);
    FIELD(tcb, rbx);
    FIELD(tcb, rcx);
    FIELD(tcb, r11);
    FIELD(tcb, rflags);
    FIELD(tcb, resume);
    FIELD(tcb, priority);
    FIELD(tcb, ceiling);
    FIELD(tcb, queue);
    FIELD(tcb, send_kind);
    FIELD(tcb, send_long);
    FIELD(tcb, slow_reasons);
    FIELD(tcb, extended_key);
    FIELD(tcb, slice_left);
    FIELD(tcb, next);
    FIELD(tcb, prev);
    FIELD(tcb, send_badge);
    FIELD(tcb, fault_label);
    FIELD(tcb, fault_address);
    FIELD(tcb, fault_error);
    FIELD(tcb, fault_vector);
    FIELD(tcb, buffer);
    FIELD(tcb, extended);
    FIELD(tcb, fs_base);
    FIELD(tcb, gs_base);
    FIELD(tcb, slice_ticks);
    FIELD(tcb, cpu);
    FIELD(tcb, bound);
    FIELD(tcb, slots[TCB_FAULT].object);
    FIELD(tcb, slots[TCB_FAULT].data);
    FIELD(tcb, slots[TCB_FAULT].prev);
    FIELD(tcb, slots[TCB_FAULT].next);
}

static void others(void)
{
    SIZE(cpu);
    FIELD(cpu, current);
    FIELD(cpu, threshold);
    FIELD(cpu, highest);
    FIELD(cpu, queues);
    FIELD(cpu, stack_top);
    FIELD(cpu, slice_left);
    FIELD(cpu, kernel_cr3);
    FIELD(cpu, entry_stack);
    FIELD(cpu, spec_ctrl);
    FIELD(cpu, data_selector);
    FIELD(cpu, extended);
    FIELD(cpu, cr0_barred);
    FIELD(cpu, cr4);
    FIELD(cpu, cr4_bases);
    FIELD(cpu, ready_bits);
    SIZE(cpu_features);
    FIELD(cpu_features, pcid);
    SIZE(run_queue);
    FIELD(run_queue, head);
    FIELD(run_queue, tail);
    FIELD(run_queue, below);
    FIELD(run_queue, key);
    SIZE(slot);
    FIELD(slot, object);
    FIELD(slot, data);
    FIELD(slot, prev);
    FIELD(slot, next);
    SIZE(irq_handler);
    FIELD(irq_handler, notification.object);
    FIELD(irq_handler, notification.data);
    FIELD(irq_handler, notification.prev);
    FIELD(irq_handler, notification.next);
    FIELD(irq_handler, line);
    FIELD(irq_handler, used);
    FIELD(irq_handler, pending);
    FIELD(irq_handler, again);
    FIELD(irq_handler, zero);
    SIZE(timer);
    FIELD(timer, place);
    FIELD(timer, below);
    FIELD(timer, deadline);
    FIELD(timer, target.object);
    FIELD(timer, target.data);
    FIELD(timer, target.prev);
    FIELD(timer, target.next);
    SIZE(endpoint);
    FIELD(endpoint, recv);
    FIELD(endpoint, recv_tail);
    FIELD(endpoint, send);
    FIELD(endpoint, tail);
    FIELD(endpoint, scan);
    FIELD(endpoint, scan_badge);
    SIZE(notification);
    FIELD(notification, pending);
    FIELD(notification, head);
    FIELD(notification, tail);
    FIELD(notification, bound);
    SIZE(ipc_buffer);
    FIELD(ipc_buffer, words);
    FIELD(ipc_buffer, caps);
    FIELD(ipc_buffer, word);
}

static void constants(void)
{
    CONSTANT(SYS_NULL);
    CONSTANT(FLAGS_OF_RING_3);
    CONSTANT(SYS_CALL);
    CONSTANT(SYS_REPLY_RECV);
    CONSTANT(SYS_CAP_IDENTIFY);
    CONSTANT(SYS_RECV);
    CONSTANT(SYS_SIGNAL);
    CONSTANT(SYS_WAIT);
    CONSTANT(SYS_YIELD);
    CONSTANT(SYS_LONG_CALL);
    CONSTANT(SYS_LONG_REPLY_RECV);
    CONSTANT(IPC_BUFFER_WORDS);
    CONSTANT(TYPE_NULL);
    CONSTANT(TYPE_ENDPOINT);
    CONSTANT(TYPE_NOTIFICATION);
    CONSTANT(TYPE_DYING);
    CONSTANT(TYPE_BITS_TCB);
    CONSTANT(TYPE_BITS_ENDPOINT);
    CONSTANT(TYPE_BITS_NOTIFICATION);
    CONSTANT(RIGHT_SEND);
    CONSTANT(RIGHT_RECV);
    CONSTANT(RIGHT_GRANT);
    CONSTANT(RIGHT_SIGNAL);
    CONSTANT(RIGHT_WAIT);
    CONSTANT(SLOT_BITS);
    CONSTANT(SLOT_TYPE_SHIFT);
    CONSTANT(SLOT_RIGHTS_SHIFT);
    CONSTANT(USER_TOP);
    CONSTANT(SLOW_FOLLOWED);
    CONSTANT(SLOW_FAULTED);
    CONSTANT(SLOW_SIGNALLED);
    CONSTANT(SLOW_OWES);
    CONSTANT(SLOW_EXTENDED);
    CONSTANT(SLOW_STATE);
    CONSTANT(SLOW_BASES);
    CONSTANT(SLOW_SECOND);
    CONSTANT(STATE_ALL);
    CONSTANT(MITIGATE_FPU);
    CONSTANT(SLOW_IDLE);
    CONSTANT(THRESHOLD_NEVER);
    CONSTANT(FLAGS_AFTER_SYSCALL);
    CONSTANT(RESUME_SYSRET);
    CONSTANT(RESUME_IRET);
    CONSTANT(REF_ENDPOINT);
    CONSTANT(REF_NOTIFICATION);
    CONSTANT(REF_SLOT);
    CONSTANT(REF_READY);
    CONSTANT(READY_ALONE);
    CONSTANT(READY_UNSETTLED);
    CONSTANT(IN_LINE_RETURNED);
    CONSTANT(IN_LINE_NOTIFIED);
    CONSTANT(READY_RETURNED);
    CONSTANT(READY_NOTIFIED);
    CONSTANT(GOT_NOTIFIED);
    CONSTANT(SEND_CALL);
    CONSTANT(LONG_NONE);
    CONSTANT(VECTOR_PAGE_FAULT);
    CONSTANT(VECTOR_STUB_BYTES);
    CONSTANT(VECTOR_CLOCK);
    CONSTANT(IRQ_VECTOR_FIRST);
    CONSTANT(IRQ_VECTORS);
    CONSTANT(IRQ_VECTOR_MIDDLE);
    CONSTANT(IRQ_LEVEL);
}

/* What the theorems in caps/ speak of besides. */
static void of_caps(void)
{
    enum { TCB_SLOTS_AT = offsetof(struct tcb, slots) };
    CONSTANT(TCB_SLOTS_AT);
    CONSTANT(TYPE_UNTYPED);
    CONSTANT(TYPE_CNODE);
    CONSTANT(TYPE_TCB);
    CONSTANT(TYPE_ADDRESS_SPACE);
    CONSTANT(TYPE_PAGE_TABLE);
    CONSTANT(TYPE_FRAME);
    CONSTANT(TYPE_IRQ_CONTROL);
    CONSTANT(TYPE_IRQ_HANDLER);
    CONSTANT(TYPE_REPLY);
    CONSTANT(TYPE_IO_PORT);
    CONSTANT(TYPE_DEBUG);
    CONSTANT(TYPE_BITS_PAGE_TABLE);
    CONSTANT(RIGHT_READ);
    CONSTANT(RIGHT_WRITE);
    CONSTANT(RIGHT_EXECUTE);
    CONSTANT(ERR_BAD_CAP);
    CONSTANT(ERR_WRONG_TYPE);
    CONSTANT(ERR_NO_RIGHT);
    CONSTANT(ERR_BAD_ARGUMENT);
    CONSTANT(ERR_MISALIGNED);
    CONSTANT(ERR_OCCUPIED);
    CONSTANT(ERR_IN_USE);
    CONSTANT(ERR_NO_TABLE);
    CONSTANT(ERR_NOT_MAPPED);
    CONSTANT(SLOT_REVOCABLE);
    CONSTANT(SLOT_FIRST_BADGED);
    CONSTANT(SLOT_IN_TCB);
    CONSTANT(SLOT_DEVICE);
    CONSTANT(SLOT_BADGED);
    CONSTANT(SLOT_FLAGS);
    CONSTANT(CNODE_RADIX_MAX);
    CONSTANT(UNTYPED_BITS_MAX);
    CONSTANT(PTE_PRESENT);
    CONSTANT(PTE_WRITE);
    CONSTANT(PTE_USER);
    CONSTANT(PTE_LARGE);
    CONSTANT(PTE_NX);
    CONSTANT(PTE_ADDRESS);
    CONSTANT(PHYSMAP);
    CONSTANT(PRIORITIES);
    CONSTANT(SLOW_DEBUG);
    CONSTANT(SLOW_TRACED);
}

void layout(void);
void layout(void)
{
    tcb();
    others();
    constants();
    of_caps();
}
