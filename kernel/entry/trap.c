/* Exceptions and interrupts in ring 3, and all interrupts. */
#include "abi/abi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/debugreg.h"
#include "arch/x86_64/trap.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "entry/trap.h"
#include "ipc/ipc.h"
#include "object/irq.h"

/* No handler has that vector: one that came late, after its handler was deleted, or a device's mistake. A
   spurious interrupt is not in service (SDM vol. 3, 11.9), but a device may send that vector, too: then it is
   in service, and without its end nothing would ever come after it. */
void trap_unexpected(unsigned vector)
{
    if (vector == VECTOR_SPURIOUS && !apic_in_service(vector))
        return;
    if (unasked_line(UNASKED_VECTOR))
        kprintf("baton: interrupt vector %x has no handler\n", vector);
    apic_eoi();
}

/* A function of its own, so that a tick costs nothing more. */
static __attribute__((noinline)) void device_interrupt(unsigned vector)
{
    if (irq_raise(vector))
        apic_eoi();
    else
        trap_unexpected(vector);
}

void trap_interrupt(uint64_t vector)
{
    trace(TRACE_IRQ, vector, 0);
    if (vector == VECTOR_CLOCK)
        tick_interrupt();
    else
        device_interrupt((unsigned)vector);
    check_entry();
}

/* The vector is an exception's: is it an interrupt all the same? None is in service when an exception comes. */
bool trap_sent_by_device(uint64_t vector)
{
    return vector > VECTOR_PAGE_FAULT && apic_in_service((unsigned)vector);
}

static unsigned fault_label(uint64_t vector)
{
    switch (vector) {
    case VECTOR_DEBUG:
    case 3: return FAULT_DEBUG;
    case 6: return FAULT_INSTRUCTION;
    case 7: return FAULT_NO_FPU;
    case 10:
    case 11:
    case 12:
    case 13: return FAULT_PROTECTION;
    case VECTOR_PAGE_FAULT: return FAULT_PAGE;
    default: return FAULT_ARITHMETIC;
    }
}

static inline void raise(struct tcb *t, uint64_t vector, uint64_t address, uint64_t error)
{
    fault_raise(t, fault_label(vector), address, error, vector);
    check_entry();
}

/* A function of its own, so that a page fault costs nothing more. */
static __attribute__((noinline)) void other_exception(struct tcb *t, uint64_t vector, uint64_t error)
{
    if (trap_sent_by_device(vector))
        trap_interrupt(vector);
    else
        raise(t, vector, 0, vector == VECTOR_DEBUG ? debug_reason(t->breakpoint, &t->rflags) : error);
}

void trap_user(struct tcb *t, uint64_t vector, uint64_t error)
{
    if (vector >= VECTOR_FIRST_IRQ)
        trap_interrupt(vector);
    else if (vector != VECTOR_PAGE_FAULT)
        other_exception(t, vector, error);
    else
        raise(t, vector, read_cr2(), error);
}
