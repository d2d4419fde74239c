/* Threads and interrupts by seL4's names. */
#include "own.h"

/* Its parent's wish: what stands in for it ends. */
static long resume_in(seL4_TCB thread)
{
    baton_revived(thread);
    return thread_resume(cap_at(thread));
}

seL4_Error baton_error(long result)
{
    switch (result) {
    case ERR_BAD_CAP: return seL4_FailedLookup;
    case ERR_WRONG_TYPE:
    case ERR_NO_RIGHT: return seL4_InvalidCapability;
    case ERR_BAD_ARGUMENT: return seL4_InvalidArgument;
    default: return result < 0 ? seL4_IllegalOperation : seL4_NoError;
    }
}

/* What a call with this capability returned, as seL4 says it. */
static seL4_Error done(seL4_Word call, seL4_CPtr slot, long result)
{
    baton_refused(call, slot, result);
    return baton_error(result);
}

seL4_Error seL4_IRQHandler_Ack(seL4_IRQHandler handler)
{
    return done(SYS_IRQ_HANDLER_ACK, handler, irq_handler_ack(cap_at(handler)));
}

seL4_Error seL4_TCB_Suspend(seL4_TCB thread)
{
    return done(SYS_THREAD_SUSPEND, thread, thread_suspend(cap_at(thread)));
}

seL4_Error seL4_TCB_Resume(seL4_TCB thread)
{
    long result = resume_in(thread);
    return result == ERR_IN_USE ? seL4_NoError : done(SYS_THREAD_RESUME, thread, result);
}

static struct thread_registers *kernel_registers(void)
{
    return (struct thread_registers *)((struct ipc_buffer *)BATON_IPC_BUFFER)->word;
}

/* The kernel leaves the registers in the buffer's words, in the order that the context has, too. */
_Static_assert(offsetof(seL4_UserContext, fs_base) == sizeof(struct thread_registers), "same order");

static void copy(void *to, const void *from, seL4_Word count)
{
    seL4_Word all = sizeof(struct thread_registers) / sizeof(seL4_Word), words = count < all ? count : all;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

seL4_Error seL4_TCB_ReadRegisters(seL4_TCB thread, seL4_Bool suspend, seL4_Uint8 arch_flags, seL4_Word count,
                                  seL4_UserContext *registers)
{
    (void)arch_flags;
    long result = suspend ? thread_suspend(cap_at(thread)) : 0;
    if (result == 0)
        result = thread_read_registers(cap_at(thread));
    if (result == 0)
        copy(registers, kernel_registers(), count);
    return done(SYS_THREAD_READ_REGISTERS, thread, result);
}

seL4_Error seL4_TCB_WriteRegisters(seL4_TCB thread, seL4_Bool resume, seL4_Uint8 arch_flags, seL4_Word count,
                                   seL4_UserContext *registers)
{
    (void)arch_flags;
    long result = thread_suspend(cap_at(thread));
    if (result == 0)
        result = thread_read_registers(cap_at(thread));
    if (result < 0)
        return done(SYS_THREAD_READ_REGISTERS, thread, result);
    copy(kernel_registers(), registers, count);
    result = thread_write_registers(cap_at(thread));
    if (result == 0 && resume)
        result = resume_in(thread);
    return done(SYS_THREAD_WRITE_REGISTERS, thread, result);
}

seL4_Error seL4_TCB_SetBreakpoint(seL4_TCB thread, seL4_Uint16 number, seL4_Word address, seL4_Word type,
                                  seL4_Word size, seL4_Word access)
{
    if (type == seL4_InstructionBreakpoint)
        return done(SYS_THREAD_SET_BREAKPOINT, thread,
                    thread_set_breakpoint(cap_at(thread), number, address, BREAK_EXECUTE, 1));
    if (type != seL4_DataBreakpoint)
        return seL4_InvalidArgument;
    unsigned kind =
        access == seL4_BreakOnWrite ? BREAK_WRITE : BREAK_ACCESS; /* x86 has none for reading alone */
    return done(SYS_THREAD_SET_BREAKPOINT, thread,
                thread_set_breakpoint(cap_at(thread), number, address, kind, (unsigned)size));
}

seL4_Error seL4_TCB_UnsetBreakpoint(seL4_TCB thread, seL4_Uint16 number)
{
    return done(SYS_THREAD_SET_BREAKPOINT, thread, thread_set_breakpoint(cap_at(thread), number, 0, 0, 0));
}
