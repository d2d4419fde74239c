#include "rules.h"

#include <stdio.h>
#include <string.h>
#include "arch/x86_64/flaw.h"
#include "calls.h"
#include "image.h"

enum { RETURN_STACK = 32, INT3 = 0xcc, HISTORY_JUMPS = 49, SELECTOR_BYTES = 2 };

static const struct run *run;
static char *said;

static bool in_force(uint32_t mitigation)
{
    return booted.on_paths & mitigation;
}

static bool to_ring_3(void)
{
    return run->way.exit != EXIT_IDLE;
}

/* Does another address space run now than before? */
static bool crossed(void)
{
    return run->way.through != IN_PLACE && run->cr3_before != run->cr3_after;
}

static bool by_c(void)
{
    return run->way.through == BY_C || run->way.through == IN_PLACE;
}

static bool wrong(const struct event *e, const char *what)
{
    uint64_t offset = 0;
    const char *name = e ? image_name(e->at, &offset) : NULL;
    if (name)
        snprintf(said, WHY, "%s: at %s + 0x%lx", what, name, offset);
    else
        snprintf(said, WHY, "%s", what);
    return false;
}

/* ---- events */
static unsigned count_of(enum kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < trace.count; i++)
        n += trace.event[i].kind == kind;
    return n;
}

/* Number n of a kind; trace.count: there are not that many. */
static unsigned number_of(enum kind kind, unsigned n)
{
    for (unsigned i = 0; i < trace.count; i++) {
        if (trace.event[i].kind == kind && n-- == 0)
            return i;
    }
    return trace.count;
}

/* What ring 3 could have trained: an indirect branch or a return, except those of the loop over the branch
 * history. */
static bool predicted(const struct event *e)
{
    return (e->kind == INDIRECT || e->kind == RETURN) && !trace_in_history(e->at);
}

static unsigned first_predicted(void)
{
    unsigned i = 0;
    while (i < trace.count && !predicted(&trace.event[i]))
        i++;
    return i;
}

static unsigned behind_predicted(void)
{
    unsigned i = trace.count;
    while (i > 0 && !predicted(&trace.event[i - 1]))
        i--;
    return i;
}

static const struct event *event(unsigned i)
{
    return i < trace.count ? &trace.event[i] : NULL;
}

/* ---- barriers of branch prediction */

/* IBPB: for `entry` before C has jumped to where ring 3 might want it, for `ibpb` after C, and no other;
 * each a 1. */
static bool ibpb_right(void)
{
    unsigned entry = by_c() && in_force(MITIGATE_ENTRY), space = crossed() && in_force(MITIGATE_IBPB);
    for (unsigned i = 0; i < trace.count; i++) {
        if (trace.event[i].kind == PRED_CMD && trace.event[i].value != 1)
            return wrong(&trace.event[i], "what is written to IA32_PRED_CMD is not 1, and no barrier");
    }
    if (count_of(PRED_CMD) < entry + space)
        return wrong(NULL, entry ? "an IBPB is missing, at the entry of C or between two address spaces"
                                 : "no IBPB between two address spaces");
    if (count_of(PRED_CMD) > entry + space)
        return wrong(event(number_of(PRED_CMD, entry + space)), "an IBPB that nobody asks for");
    if (entry && number_of(PRED_CMD, 0) > first_predicted())
        return wrong(event(first_predicted()), "this branch is predicted before the IBPB at the entry of C");
    if (space && by_c() && number_of(PRED_CMD, entry) < behind_predicted())
        return wrong(event(number_of(PRED_CMD, entry)), "C runs on after the IBPB between two address spaces");
    return true;
}

/* IBRS is on while C runs, and then as it was at the entry; the other bits are never changed. The boot runs without. */
static bool ibrs_right(void)
{
    bool asked = by_c() && in_force(MITIGATE_IBRS);
    unsigned writes = asked ? to_ring_3() ? 2 : 1 : 0;
    if (run->way.through == FROM_BOOT && in_force(MITIGATE_IBRS))
        return (count_of(SPEC_CTRL) == 1 &&
                trace.event[number_of(SPEC_CTRL, 0)].value == run->start.spec_ctrl) ||
               wrong(NULL, "the first thread begins with IBRS on");
    const struct event *on = event(number_of(SPEC_CTRL, 0)), *off = event(number_of(SPEC_CTRL, 1));
    if (count_of(SPEC_CTRL) > writes)
        return wrong(event(number_of(SPEC_CTRL, writes)), "IA32_SPEC_CTRL is written, and nobody asks for it");
    if (count_of(SPEC_CTRL) < writes)
        return wrong(NULL, on ? "IA32_SPEC_CTRL is not written on the way out"
                              : "IA32_SPEC_CTRL is not written at the entry of C");
    if (!asked)
        return true;
    if (on->value != (FIRMWARES | IBRS))
        return wrong(on,
                     "IBRS is not turned on at the entry of C, or another bit of IA32_SPEC_CTRL is changed");
    if (number_of(SPEC_CTRL, 0) > first_predicted())
        return wrong(event(first_predicted()), "this branch is predicted before IBRS is on");
    if (writes < 2)
        return true;
    if (off->value != run->start.spec_ctrl)
        return wrong(off, "IA32_SPEC_CTRL is not on the way out what it was where the entry came");
    return number_of(SPEC_CTRL, 1) > behind_predicted() || wrong(off, "C runs on with IBRS off");
}

static bool history_right(void)
{
    unsigned asked = by_c() && in_force(MITIGATE_BHB), i = number_of(HISTORY, 0);
    if (count_of(HISTORY) > asked)
        return wrong(event(i), "the branch history is cleared, and nobody asks for it");
    if (count_of(HISTORY) < asked)
        return wrong(NULL, "the branch history is not cleared at the entry of C");
    if (asked && count_of(HISTORY_JUMP) < HISTORY_JUMPS)
        return wrong(event(i), "too few jumps to overwrite the branch history");
    if (asked && i > first_predicted())
        return wrong(event(first_predicted()), "this branch is predicted before the branch history is cleared");
    return !asked || number_of(FENCE, 0) < first_predicted() ||
           wrong(event(i), "no LFENCE after the loop over the branch history");
}

/* ---- the return stack: what each RET would be led to, as the CPU keeps it */
static bool stops(uint64_t address)
{
    const unsigned char *text = image_at(address);
    return text && *text == INT3;
}

/* How many of the last that were pushed and not yet taken lead to a stop, up to the first one that does not. */
static unsigned harmless_entries(unsigned *last_push)
{
    uint64_t stack[RETURN_STACK] = {0};
    unsigned top = 0, harmless = 0;
    for (unsigned i = 0; i < trace.count; i++) {
        if (trace.event[i].kind == CALL)
            stack[top++ % RETURN_STACK] = trace.event[i].value, *last_push = i;
        else if (trace.event[i].kind == RETURN)
            stack[--top % RETURN_STACK] = 0;
    }
    while (harmless < RETURN_STACK && stops(stack[(top - 1 - harmless) % RETURN_STACK]))
        harmless++;
    return harmless;
}

static bool return_stack_right(void)
{
    bool asked = crossed() && in_force(MITIGATE_RSB);
    unsigned last = 0, harmless = harmless_entries(&last),
             barrier = count_of(PRED_CMD) ? number_of(PRED_CMD, count_of(PRED_CMD) - 1) : 0;
    if (!asked)
        return harmless == 0 || wrong(event(last), "the return stack is filled, and nobody asks for it");
    if (harmless < RETURN_STACK) {
        snprintf(said, WHY,
                 "%u of the 32 entries of the return stack lead to a stop when the next address space runs",
                 harmless);
        return false;
    }
    for (unsigned i = last + 1; i < trace.count; i++) {
        if (trace.event[i].kind == FENCE)
            return barrier < last || wrong(event(barrier), "an IBPB after the filling of the return stack");
    }
    return wrong(event(last), "no LFENCE after the filling of the return stack");
}

/* ---- buffers */

/* VERW comes after the last access to memory; IRETQ's own are those of the last instruction, and its operand
 * is its own. */
static bool verw_right(void)
{
    bool asked = in_force(MITIGATE_VERW) && to_ring_3() && run->way.through != NOTHING;
    unsigned i = number_of(VERW, 0);
    if (count_of(VERW) > asked)
        return wrong(event(i), "VERW, and nobody asks for it");
    if (!asked)
        return true;
    if (count_of(VERW) == 0)
        return wrong(NULL, "no VERW on the way to ring 3");
    if (trace.event[i].value != image_symbol("cpu") + offsetof(struct cpu, data_selector))
        return wrong(event(i), "VERW does not ask for cpu.data_selector");
    uint64_t last = trace.event[trace.count - 1].at, own = trace.event[i].at;
    for (unsigned k = i + 1; k < trace.count; k++) {
        const struct event *e = &trace.event[k];
        if ((e->kind == LOAD || e->kind == STORE) && e->at != own &&
            !(run->way.exit == EXIT_IRET && e->at == last))
            return wrong(e, "memory is touched after VERW");
    }
    return true;
}

/* ---- which part of the kernel is touched while ring 3's CR3 is in force */
static bool in_window(uint64_t address)
{
    return address >= booted.window_start && address < booted.window_end;
}

static bool outside_window(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const struct event *e = &trace.event[i];
        if (((e->kind == LOAD || e->kind == STORE) && !in_window(e->value)) || e->kind == C_BEGINS) {
            wrong(e, "touched while CR3 is ring 3's: it is no part of the window");
            return true;
        }
    }
    return false;
}

/* The kernel's root is in force when the way begins in it: in the idle thread or the boot. */
static bool from_kernel(void)
{
    return run->start.registers.cr3 == kernel.cpu->kernel_cr3;
}

/* With KPTI the kernel runs on its own root, from its entry on and to its end. */
static bool kpti_right(void)
{
    unsigned writes = count_of(CR3), first = number_of(CR3, 0), last = number_of(CR3, writes - 1);
    uint64_t back = run->way.through == IN_PLACE ? run->start.registers.cr3 : run->cr3_after;
    if (run->way.through == NOTHING)
        return writes == 0 || wrong(event(first), "CR3 is written where nothing of the kernel is touched");
    if (!from_kernel() && (!writes || trace.event[first].value != kernel.cpu->kernel_cr3))
        return wrong(event(first), "the first value of CR3 is not the kernel's");
    if ((!from_kernel() && outside_window(0, first)) || (to_ring_3() && outside_window(last, trace.count)))
        return false;
    return !to_ring_3() || (writes && trace.event[last].value == back) ||
           wrong(event(last), "the last value of CR3 is not that of the thread that runs");
}

static bool cr3_right(void)
{
    if (in_force(MITIGATE_KPTI))
        return kpti_right();
    return count_of(CR3) == crossed() ||
           wrong(event(number_of(CR3, 0)),
                 crossed() ? "CR3 is not written once" : "CR3 is written in one address space");
}

/* When a thread without extended state runs behind one with it: saved and cleared, or left as it was. */
static bool extended_right(void)
{
    const struct tcb *from = thread(SELF);
    uint64_t registers = run->outcome.extended.state;
    if (!(from->slow_reasons & SLOW_STATE) || run->next.slow_reasons & SLOW_STATE)
        return true;
    if (in_force(MITIGATE_FPU))
        return (registers != HERE_STATE && from->extended && *(uint64_t *)from->extended == HERE_STATE &&
                !kernel.cpu->extended) ||
               wrong(NULL, "extended state is not saved and cleared for a thread without any");
    return (registers == HERE_STATE && kernel.cpu->extended == from->extended) ||
           wrong(NULL, "extended state is cleared, and nobody asks for it");
}

/* ---- all */

/* CLAC before C, for entries by the IDT: with SYSCALL the CPU clears AC by itself. */
static bool clac_right(void)
{
    unsigned asked = booted.smap && by_c() && run->start.vector != VECTOR_NONE, i = number_of(CLAC, 0);
    if (count_of(CLAC) != asked)
        return wrong(event(i), asked ? "no CLAC before C" : "CLAC without SMAP");
    return !asked || i < number_of(C_BEGINS, 0) || wrong(event(i), "CLAC after C's beginning");
}

/* As compilers rely on it and backtraces need it: the direction flag is clear, and rbp is 0 unless a trap in ring 0 has to
 * show where it came from. */
static bool c_right(void)
{
    unsigned first = number_of(C_BEGINS, 0);
    if (count_of(BACKWARDS))
        return wrong(event(number_of(BACKWARDS, 0)), "C begins with the direction flag set");
    return !by_c() || run->way.through == IN_PLACE || from_kernel() || trace.event[first].value == 0 ||
           wrong(event(first), "C begins with another rbp than the 0 that ends backtraces");
}

/* The idle thread waits with an empty stack for interrupts that may come, and again when one has come back to it (an NMI). */
static bool idle_right(uint64_t top)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!machine_halts())
            return wrong(NULL, "the idle thread does not halt, or not again");
        if (!(machine_flags() & FLAG_IF))
            return wrong(NULL, "the idle thread halts with interrupts off");
    }
    return machine_register(RSP) == top || wrong(NULL, "the idle thread's stack is not empty");
}

/* Between two entries nothing lies on the kernel's stack. */
static bool stack_right(void)
{
    uint64_t top = image_symbol("kernel_stack_top");
    if (run->way.through == FROM_BOOT && trace.event[number_of(STORE, 0)].value != top - sizeof(uint64_t))
        return wrong(event(number_of(STORE, 0)), "the boot's stack is not given up");
    if (run->outcome.exit == EXIT_IDLE)
        return idle_right(top);
    return true;
}

/* A thread keeps its registers across a quick call, in them or in its TCB: all but rax, which has the result, and r11. A call that
 * is to be made again has no result, and goes back to its SYSCALL. */
static bool quick_right(void)
{
    const struct tcb *t = thread(SELF);
    uint64_t came[GENERAL];
    const uint64_t kept[GENERAL] = {t->rax, t->rip, t->rdx, t->rbx, t->rsp, t->rbp, t->rsi, t->rdi,
                                    t->r8,  t->r9,  t->r10, 0,      t->r12, t->r13, t->r14, t->r15};
    const uint64_t *now = kernel.cpu->current == t ? run->outcome.registers.general : kept;
    bool again = run->start.again;
    memcpy(came, run->start.registers.general, sizeof came);
    came[RCX] -= again ? SYSCALL_BYTES : 0;
    for (unsigned i = 0; i < GENERAL && call_is_quick(&run->start); i++) {
        if (i == R11 || (now[i] == came[i]) == (i != RAX || again))
            continue;
        snprintf(said, WHY, "who made a quick call finds a wrong %s", register_names[i]);
        return false;
    }
    return kernel.cpu->current == t || !call_is_quick(&run->start) || t->resume == RESUME_SYSRET ||
           wrong(NULL, "who made a quick call does not go back by SYSRET");
}

/* Registers of the thread to which IRETQ goes back: its TCB's, or those with which it came. */
static bool registers_right(void)
{
    const struct tcb *t = &run->next;
    const uint64_t *came = run->start.registers.general, *now = run->outcome.registers.general;
    const uint64_t kept[GENERAL] = {t->rax, t->rcx, t->rdx, t->rbx, t->rsp, t->rbp, t->rsi, t->rdi,
                                    t->r8,  t->r9,  t->r10, t->r11, t->r12, t->r13, t->r14, t->r15};
    bool same = run->way.through == IN_PLACE || kernel.cpu->current == thread(SELF);
    for (unsigned i = 0; i < GENERAL && run->way.exit == EXIT_IRET; i++) {
        if (now[i] == (!same ? kept[i] : i == RSP ? run->start.user_rsp : came[i]))
            continue;
        snprintf(said, WHY, "who is gone back to finds %s changed", register_names[i]);
        return false;
    }
    return true;
}

static bool ended_right(void)
{
    if (run->outcome.exit == EXIT_WRONG)
        return wrong(NULL, run->outcome.wrong);
    if (run->outcome.exit != run->way.exit)
        return wrong(NULL, "it does not leave the kernel as it should");
    if (run->start.faults && !(thread(SELF)->slow_reasons & SLOW_FAULTED))
        return wrong(NULL, "it is no fault");
    if (thread(SELF)->slow_reasons & SLOW_FAULTED && thread(SELF)->fault_error != run->start.error)
        return wrong(NULL, "the fault has another error code than the CPU pushed");
    return (count_of(C_BEGINS) != 0) == by_c() || wrong(NULL, by_c() ? "no C ran" : "C ran");
}

bool rules_hold(const struct run *r, char *why)
{
    run = r, said = why;
    return ended_right() && registers_right() && quick_right() && ibpb_right() && ibrs_right() &&
           history_right() && return_stack_right() && verw_right() && cr3_right() && clac_right() &&
           c_right() && stack_right() && extended_right();
}
