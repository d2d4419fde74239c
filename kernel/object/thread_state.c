/* System calls that read or change what a thread is, beyond those that start and stop it (thread.c). */
#include "abi/handlers.h"
#include "abi/ipc_buffer.h"
#include "arch/arch.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/derive.h"
#include "object/thread.h"
#include "thread/sched.h"

enum { SLICE_TICKS_MAX = 1000, CPUS = 1 };

/* A thread whose registers all lie in its TCB: stopped, or waiting for the answer to a fault. */
static struct tcb *lookup_still(const struct tcb *caller, long *error)
{
    struct tcb *t = tcb_lookup(caller, caller->rdi, error);
    if (!t)
        return NULL;
    *error = caller->buffer ? ERR_IN_USE : ERR_NO_BUFFER;
    return caller->buffer && (tcb_stopped(t) || t->slow_reasons & SLOW_FAULTED) ? t : NULL;
}

/* rdi TCB. Errors: IN_USE when it runs, is ready or waits for anything but the answer to a fault. */
CALL_ON(thread_read_registers, const struct tcb *, t, lookup_still(caller, &error))
{
    /* ==== commit */
    bool by_sysret = t->resume == RESUME_SYSRET; /* which sets rcx and r11: SDM vol. 2, SYSCALL */
    uint64_t rcx = by_sysret ? t->rip : t->rcx, r11 = by_sysret ? FLAGS_AFTER_SYSCALL : t->r11;
    uint64_t rflags = by_sysret ? FLAGS_AFTER_SYSCALL : t->rflags;
    *(struct thread_registers *)caller->buffer->word =
        (struct thread_registers){t->rip, t->rsp, rflags, t->rax, t->rbx, rcx,    t->rdx, t->rsi, t->rdi,
                                  t->rbp, t->r8,  t->r9,  t->r10, r11,    t->r12, t->r13, t->r14, t->r15};
    return 0;
}

/* rdi TCB. Errors: as above; BAD_ARGUMENT when rip or rsp is not a user address. */
CALL_ON(thread_write_registers, struct tcb *, t, lookup_still(caller, &error))
{
    const struct thread_registers r = *(const volatile struct thread_registers *)caller->buffer->word;
    if (r.rip >= USER_TOP || r.rsp > USER_TOP)
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    t->rip = r.rip, t->rsp = r.rsp, t->rbp = r.rbp;
    t->rflags = (r.rflags & USER_FLAGS) | FLAGS_AFTER_SYSCALL;
    t->rax = r.rax, t->rbx = r.rbx, t->rcx = r.rcx, t->rdx = r.rdx, t->rsi = r.rsi, t->rdi = r.rdi;
    t->r8 = r.r8, t->r9 = r.r9, t->r10 = r.r10, t->r11 = r.r11;
    t->r12 = r.r12, t->r13 = r.r13, t->r14 = r.r14, t->r15 = r.r15;
    t->resume = RESUME_IRET;
    return 0;
}

/* rdi TCB, rsi priority | ceiling << 8. Errors: BAD_PRIORITY as for sys_thread_configure. */
CALL_ON(thread_set_priority, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    unsigned priority = (unsigned)caller->rsi & 0xff, ceiling = (unsigned)(caller->rsi >> 8) & 0xff;
    if (caller->rsi >> 16)
        return ERR_BAD_ARGUMENT;
    if (ceiling > caller->ceiling || priority > ceiling)
        return ERR_BAD_PRIORITY;
    /* ==== commit */
    t->ceiling = (uint8_t)ceiling;
    tcb_set_priority(t, priority);
    return 0;
}

/* A thread whose extended state is not in use by the CPU, or is the caller's own. */
static struct tcb *lookup_stopped_or_self(struct tcb *caller, long *error)
{
    struct tcb *t = tcb_lookup(caller, caller->rdi, error);
    if (!t)
        return NULL;
    *error = ERR_IN_USE;
    return t == caller || tcb_stopped(t) ? t : NULL;
}

/* rdi TCB, rsi FS base, rdx GS base. Errors: BAD_ARGUMENT for a base that is not a user address: a
   non-canonical one would fault in ring 0 (SDM vol. 2, WRMSR). */
CALL_ON(thread_set_tls, struct tcb *, t, lookup_stopped_or_self(caller, &error))
{
    if (caller->rsi >= USER_TOP || caller->rdx >= USER_TOP)
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    tcb_set_bases(t, caller->rsi, caller->rdx);
    return 0;
}

/* rdi TCB, rsi extended-state object or 0 to take it away. */
CALL_ON(thread_set_fpu, struct tcb *, t, lookup_stopped_or_self(caller, &error))
{
    long error;
    struct slot *state = NULL;
    if (caller->rsi) {
        state = cap_lookup_type(caller, caller->rsi, TYPE_EXTENDED_STATE, &error);
        if (!state)
            return error;
    }
    if (!slot_empty(&t->slots[TCB_EXTENDED]))
        return delete_first(&t->slots[TCB_EXTENDED], 1);
    /* ==== commit */
    if (state)
        derive_copy(&t->slots[TCB_EXTENDED], state, 0);
    tcb_slots_changed(t);
    return 0;
}

/* rdi TCB, rsi ticks. Counts from the thread's next slice on. */
CALL_ON(thread_set_slice, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    if (caller->rsi == 0 || caller->rsi > SLICE_TICKS_MAX)
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    t->slice_ticks = (int32_t)caller->rsi;
    return 0;
}

/* rdi TCB, rsi CPU. */
CALL_ON(thread_set_affinity, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    if (caller->rsi >= CPUS)
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    t->cpu = (uint32_t)caller->rsi;
    return 0;
}

static void breakpoints_changed(struct tcb *t)
{
    bool any = false;
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        any = any || t->breakpoint[i].kind;
    if (any)
        tcb_set_slow(t, SLOW_DEBUG);
    else
        tcb_clear_slow(t, SLOW_DEBUG);
    if (t == cpu.current)
        arch_debug_load(tcb_breakpoints(t));
}

/* An address that is not the user's would make the kernel's own accesses hit (docs/threat-model.md: a breakpoint on a kernel
   address); lengths and alignment are those of the CPU (SDM vol. 3, 17.2.5). */
static long decide_breakpoint(uint64_t address, unsigned kind, uint64_t length)
{
    if (kind < BREAK_EXECUTE || kind > BREAK_ACCESS || address >= USER_TOP)
        return ERR_BAD_ARGUMENT;
    if (length == 0 || length > (kind == BREAK_EXECUTE ? 1 : 8) || length & (length - 1))
        return ERR_BAD_ARGUMENT;
    return address & (length - 1) ? ERR_MISALIGNED : 0;
}

/* rdi TCB, rsi index, rdx address, r8 kind | length << 8, or 0. For a thread in any state. */
CALL_ON(thread_set_breakpoint, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    long error;
    if (caller->rsi >= BREAKPOINTS)
        return ERR_BAD_ARGUMENT;
    unsigned kind = (unsigned)caller->r8 & 0xff;
    uint64_t length = caller->r8 >> 8;
    error = caller->r8 == 0 ? 0 : decide_breakpoint(caller->rdx, kind, length);
    if (error)
        return error;
    /* ==== commit */
    t->breakpoint[index_nospec(caller->rsi, BREAKPOINTS)] =
        (struct breakpoint){caller->r8 ? caller->rdx : 0, (uint8_t)kind, (uint8_t)length};
    breakpoints_changed(t);
    return 0;
}
