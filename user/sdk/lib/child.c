/* What a parent does to its children. */
#include "own.h"

/* Behind the last child's are other threads. Slot 0 is always empty. */
static cap_t thread_in(seL4_Word base, microkit_child child)
{
    return cap_at(child <= MICROKIT_MAX_CHANNEL_ID ? base + child : 0);
}

static cap_t thread_of(microkit_child child)
{
    return thread_in(BASE_TCB_CAP, child);
}

static cap_t stand_in_of(microkit_child child)
{
    return thread_in(BASE_STAND_IN_CAP, child);
}

static struct thread_registers *buffer_registers(void)
{
    return (struct thread_registers *)((struct ipc_buffer *)BATON_IPC_BUFFER)->word;
}

/* Children that were made to run since their fault was received: a bit each. */
static seL4_Word revived;

/* The stand-in begins anew at the next stop; a call that it holds at this moment ends as if it had answered. */
static void stand_in_ends(microkit_child child)
{
    const struct thread_registers kept = *buffer_registers();
    if (thread_suspend(stand_in_of(child)) == 0 && thread_read_registers(stand_in_of(child)) == 0 &&
        buffer_registers()->rbx != 0)
        thread_set_entry(stand_in_of(child), buffer_registers()->rbx, STACK_END, cap_at(INPUT_CAP));
    *buffer_registers() = kept;
}

/* Whoever waits for the child's answer gets none. For that the thread starts anew, and where it was: if it is resumed, it goes on,
   and its answer goes nowhere. */
static long stop(microkit_child child)
{
    long result = thread_suspend(thread_of(child));
    if (result < 0 || cap_identify(stand_in_of(child)) != TYPE_TCB)
        return result;
    const struct thread_registers kept = *buffer_registers();
    result = thread_read_registers(thread_of(child));
    if (result == 0)
        result = thread_set_entry(thread_of(child), 0, 0, 0);
    if (result == 0)
        result = thread_write_registers(thread_of(child));
    *buffer_registers() = kept;
    thread_resume(stand_in_of(child)); /* an error: it runs already */
    return result;
}

/* If it is a child, it answers for itself again. */
void baton_revived(seL4_Word slot)
{
    bool is_child = slot >= BASE_TCB_CAP && slot <= BASE_TCB_CAP + MICROKIT_MAX_CHANNEL_ID;
    revived |= is_child ? 1ull << (slot - BASE_TCB_CAP) : ~0ull; /* a slot of <cspace>: of whom is not known */
    if (is_child)
        stand_in_ends((microkit_child)(slot - BASE_TCB_CAP));
}

static void must(long result, const char *what, microkit_child child)
{
    if (result < 0)
        baton_crash(what, child, result);
}

void microkit_pd_stop(microkit_child pd)
{
    must(stop(pd), "microkit_pd_stop of child ", pd);
}

/* It begins with an empty stack, and with its data as in its file if it has reset="true". */
void microkit_pd_restart(microkit_child pd, seL4_Word entry_point)
{
    must(thread_suspend(thread_of(pd)), "microkit_pd_restart of child ", pd);
    must(thread_set_entry(thread_of(pd), entry_point, STACK_END, 0), "microkit_pd_restart of child ", pd);
    baton_revived(BASE_TCB_CAP + pd);
    must(thread_resume(thread_of(pd)), "microkit_pd_restart of child ", pd);
}

/* A child that runs goes on. */
void microkit_pd_resume(microkit_child pd)
{
    baton_revived(BASE_TCB_CAP + pd);
    long result = thread_resume(thread_of(pd));
    must(result == ERR_IN_USE ? 0 : result, "microkit_pd_resume of child ", pd);
}

/* The words of a child's fault as the kernel has them, and where they go. The two arrays are one: the first are read before they are
   written. */
struct words {
    seL4_Word address, ip, code, sp, vector, flags;
};

static seL4_Word put(const seL4_Word *words, seL4_Word count, seL4_Word label)
{
    for (seL4_Word i = 0; i < count; i++)
        seL4_SetMR((int)i, words[i]);
    return label;
}

enum { FETCH = 16, SOFTWARE_BREAK = 3, SINGLE_STEP = 2, INSTRUCTION_BREAK = 0 };

static seL4_Word say_debug(const struct words *w)
{
    seL4_Word reason = w->vector == 3                ? SOFTWARE_BREAK
                       : (w->code & DEBUG_STEP) != 0 ? SINGLE_STEP
                                                     : INSTRUCTION_BREAK;
    unsigned hit = (w->code & 0xf) != 0 ? (unsigned)__builtin_ctzl(w->code & 0xf) : 0;
    const seL4_Word words[] = {w->ip, reason, w->ip, hit};
    return put(words, seL4_DebugException_Length, seL4_Fault_DebugException);
}

/* The registers of the child that its message does not have. */
static seL4_Word say_syscall(microkit_child child, const struct words *w)
{
    const struct thread_registers *r = buffer_registers();
    seL4_Word words[seL4_UnknownSyscall_Length] = {0};
    if (thread_read_registers(thread_of(child)) == 0) {
        const seL4_Word read[] = {r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->rbp, r->r8,
                                  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
        __builtin_memcpy(words, read, sizeof read);
    }
    words[seL4_UnknownSyscall_FaultIP] = w->ip;
    words[seL4_UnknownSyscall_SP] = w->sp;
    words[seL4_UnknownSyscall_FLAGS] = w->flags;
    words[seL4_UnknownSyscall_Syscall] = w->address;
    return put(words, seL4_UnknownSyscall_Length, seL4_Fault_UnknownSyscall);
}

static seL4_MessageInfo_t say(microkit_child child, seL4_Word label, const struct words *w)
{
    const seL4_Word page[] = {w->ip, w->address, (w->code & FETCH) != 0, w->code};
    const seL4_Word exception[] = {w->ip, w->sp, w->flags, w->vector, w->code};
    switch (label) {
    case FAULT_PAGE:
        put(page, seL4_VMFault_Length, 0);
        return seL4_MessageInfo_new(seL4_Fault_VMFault, 0, 0, seL4_VMFault_Length);
    case FAULT_SYSCALL: return seL4_MessageInfo_new(say_syscall(child, w), 0, 0, seL4_UnknownSyscall_Length);
    case FAULT_DEBUG: return seL4_MessageInfo_new(say_debug(w), 0, 0, seL4_DebugException_Length);
    default:
        put(exception, seL4_UserException_Length, 0);
        return seL4_MessageInfo_new(seL4_Fault_UserException, 0, 0, seL4_UserException_Length);
    }
}

/* After an exception or an unknown call the answer's first words are where and how the child goes on. */
static bool go_on(microkit_child child, seL4_Word fault_label, seL4_MessageInfo_t answer)
{
    struct thread_registers *r = buffer_registers();
    seL4_Word words = seL4_MessageInfo_get_length(answer), at = 0;
    if (fault_label == seL4_Fault_VMFault || fault_label == seL4_Fault_DebugException)
        return true;
    if (seL4_MessageInfo_get_label(answer) != 0)
        return false;
    if (fault_label == seL4_Fault_UnknownSyscall)
        at = seL4_UnknownSyscall_FaultIP;
    seL4_Word next[3] = {0};
    for (seL4_Word i = 0; i < 3 && at + i < words; i++)
        next[i] = seL4_GetMR((int)(at + i));
    if (words <= at || thread_read_registers(thread_of(child)) < 0)
        return true;
    r->rip = next[0];
    r->rsp = words > at + 1 ? next[1] : r->rsp;
    r->rflags = words > at + 2 ? next[2] : r->rflags;
    return thread_write_registers(thread_of(child)) == 0;
}

/* Called by the loop with the fault's words in the buffer: does the child go on? One that neither goes on nor was made to run
   otherwise is dead, until its parent thinks better of it. */
int baton_fault(microkit_child child, seL4_Word label)
{
    const struct words w = {seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2),
                            seL4_GetMR(3), seL4_GetMR(4), seL4_GetMR(5)};
    seL4_MessageInfo_t message = say(child, label, &w), answer = seL4_MessageInfo_new(0, 0, 0, 0);
    revived &= ~(1ull << child);
    if (fault(child, message, &answer) && go_on(child, seL4_MessageInfo_get_label(message), answer))
        return 1;
    if ((revived >> child & 1) == 0)
        stop(child);
    return 0;
}
