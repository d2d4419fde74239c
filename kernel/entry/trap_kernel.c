/* What may come in ring 0, and what must not. */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/debugreg.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mitigate.h"
#include "arch/x86_64/trap.h"
#include "debug/debug.h"
#include "entry/trap.h"
#include "thread/sched.h"

enum { RFLAGS_IF = 1 << 9 };

static const char *const names[32] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "NMI",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack fault",
    [13] = "general protection",
    [14] = "page fault",
    [16] = "x87 error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD error",
    [21] = "control protection",
};

static const char *trap_name(uint64_t vector)
{
    return vector < 32 && names[vector] ? names[vector] : "interrupt";
}

static void print_registers(const struct trap_frame *f)
{
    kprintf("rip %p  rsp %p  rflags %lx  cs %lx ss %lx\n", (void *)f->rip, (void *)f->rsp, f->rflags, f->cs,
            f->ss);
    kprintf("rax %p  rbx %p  rcx %p\n", (void *)f->rax, (void *)f->rbx, (void *)f->rcx);
    kprintf("rdx %p  rsi %p  rdi %p\n", (void *)f->rdx, (void *)f->rsi, (void *)f->rdi);
    kprintf("rbp %p  r8  %p  r9  %p\n", (void *)f->rbp, (void *)f->r8, (void *)f->r9);
    kprintf("r10 %p  r11 %p  r12 %p\n", (void *)f->r10, (void *)f->r11, (void *)f->r12);
    kprintf("r13 %p  r14 %p  r15 %p\n", (void *)f->r13, (void *)f->r14, (void *)f->r15);
    kprintf("cr2 %p  cr3 %p  thread %p\n", (void *)read_cr2(), (void *)read_cr3(), (void *)cpu.current);
}

/* An NMI says that something outside is wrong, but not what: the first is reported, with where it came, the
   others are only counted, and all goes on. The CPU holds back the next until an IRETQ, and the first IRETQ
   must be the one that goes back: nothing here may fault. */
static uint64_t nmi_count;

static void nmi_taken(uint64_t rip)
{
    if (nmi_count++ == 0)
        kprintf("\nbaton: an NMI at %p; those that follow are only counted\n", (void *)rip);
}

/* MOV SS and POP SS hold back a data breakpoint that they hit until the next instruction is done; when that one
   enters the kernel, the exception comes in ring 0, before the first instruction here, after SYSCALL on the
   user's stack pointer (CVE-2018-8897, CVE-2018-1087; SDM vol. 3, 6.8.3): so #DB has a stack of its own, and
   what hit is forgotten. When that instruction was INT1, the frame of its #DB was on that very stack and is
   overwritten: nobody knows any more where the thread was, and it goes on, by its own fault, where nothing is
   ever mapped. When it was an NMI instead of an instruction, the way back leads past its entry, to where it
   came: an IRETQ to there would let in another NMI, over the frame of the first. */
static bool debug_at_entry(struct trap_frame *f)
{
    uint64_t stub = f->rip - entries->vector_stubs;
    bool at_stub = stub < (uint64_t)VECTORS * VECTOR_STUB_BYTES && stub % VECTOR_STUB_BYTES == 0;
    if (f->vector != VECTOR_DEBUG || !(at_stub || is_fast_entry(f->rip)))
        return false;
    debug_take();
    if (at_stub && stub == VECTOR_DEBUG * VECTOR_STUB_BYTES) {
        f->rip = USER_TOP, f->cs = SEL_USER_CODE;
        f->rsp = 0, f->ss = SEL_USER_DATA;
        f->rflags = FLAGS_AFTER_SYSCALL;
    }
    if (at_stub && stub == VECTOR_NMI * VECTOR_STUB_BYTES) {
        arch_copy_words(&f->rip, (const uint64_t *)f->rsp, 5); /* rip cs rflags rsp ss */
        nmi_taken(f->rip);
    }
    return true;
}

bool trap_kernel(struct trap_frame *f)
{
    if (f->vector == VECTOR_PROTECTION && f->rip == (uintptr_t)wrmsr_may_fail) {
        f->rip = (uintptr_t)wrmsr_failed;
        return true;
    }
    if (f->vector == VECTOR_NMI) {
        nmi_taken(f->rip);
        return true;
    }
    if (f->vector >= VECTOR_FIRST_IRQ && cpu.current == &idle_tcb) {
        trap_interrupt(f->vector);
        return false;
    }
    /* Otherwise none comes, nor is there a local APIC yet. */
    if (f->rflags & RFLAGS_IF && trap_sent_by_device(f->vector)) {
        trap_unexpected((unsigned)f->vector);
        return true;
    }
    if (debug_at_entry(f))
        return true;
    panic_begin();
    kprintf("%s (vector %lu, error %lx) in %s\n", trap_name(f->vector), f->vector, f->error,
            f->cs & 3 ? "ring 3" : "the kernel");
    print_registers(f);
    if (f->vector == VECTOR_MACHINE_CHECK)
        machine_check_print();
    panic_end(f->rip, f->rbp);
}
