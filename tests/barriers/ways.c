#include "ways.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "arch/x86_64/flaw.h"
#include "boot.h"
#include "calls.h"
#include "image.h"
#include "residue.h"
#include "states.h"

enum {
    ERROR_CODE = 0x1230,
    STUB_BYTES = 16,
    FRAME_WORDS = 5,
    PAGE = 4096,
    KERNEL_ROOT = 0x9000,
    BOOT_STACK = 0x400
};
enum { CODE_OF_KERNEL = 0x08, DATA_OF_KERNEL = 0x10, CODE_OF_USER = 0x23, DATA_OF_USER = 0x1b };
enum {
    VECTOR_NMI = 2,
    VECTOR_OPCODE = 6,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE = 14,
    VECTOR_ALIGNMENT = 17,
    VECTOR_CLOCK = 0x20,
    VECTOR_SPURIOUS = 0xff
};
enum { STACK_OF_NMI = 2 }; /* descriptors.c: its IST */

/* A state of a path of the footprint, entered otherwise. more: what is to be changed; may set error, the code that the CPU pushes. */
struct other {
    struct way way;
    struct path path;
    unsigned vector;
    void (*more)(struct start *start);
};

static void partner_was_interrupted(struct start *start)
{
    (void)start;
    kernel.cpu->slice_left = 1;
    thread(PARTNER)->resume = RESUME_IRET;
}

static void slice_ends(struct start *start)
{
    (void)start;
    kernel.cpu->slice_left = 1;
}

static void nobody_ready(const struct path *p)
{
    nobody_waits(p);
    memset(kernel.cpu->ready_bits, 0, sizeof kernel.cpu->ready_bits);
    memset(kernel.queue, 0, 256 * sizeof *kernel.queue);
    thread(WATCHER)->wait = 0;
}

/* The pager, or the driver, has a slow reason: the fast path has entered when it finds that out. */
static void partner_is_slow(struct start *start)
{
    (void)start;
    thread(PARTNER)->slow_reasons = SLOW_DEBUG;
    state_finish();
}

/* In the kernel IBRS is on, where it has to be asked for. */
static void in_kernel(struct start *start)
{
    if (booted.on_paths & MITIGATE_IBRS)
        start->spec_ctrl |= IBRS;
}

static void idle_runs(struct start *start)
{
    in_kernel(start);
    kernel.cpu->current = kernel.idle;
    start->registers.cr3 = KERNEL_ROOT;
}

static void with_code(struct start *start)
{
    start->error = ERROR_CODE;
}

/* The first thread begins by IRETQ. rax, and what lies above the stack, are its CR3: code that takes one of them for the one in
 * force does not write it. */
static void boot_ends(struct start *start)
{
    uint64_t top = image_symbol("kernel_stack_top");
    kernel.cpu->current = thread(PARTNER);
    thread(PARTNER)->resume = RESUME_IRET;
    start->entry = image_symbol("resume_user");
    start->registers.cr3 = KERNEL_ROOT;
    start->registers.general[RSP] = top - BOOT_STACK;
    start->registers.general[RAX] = thread(PARTNER)->cr3;
    memcpy(image_at(top), &thread(PARTNER)->cr3, sizeof thread(PARTNER)->cr3);
}

#define SLOW_WAY(state, space, operation, exit)                                                                \
    {                                                                                                          \
        "", state, space, ENTRY_SLOW, operation, exit, 0                                                       \
    }

static const struct other others[] = {
    {{"interrupt/same", BY_C, EXIT_IRET}, SLOW_WAY(nothing, SAME, 0, 0), VECTOR_SPURIOUS, NULL},
    {{"interrupt/same/iret", BY_C, EXIT_IRET},
     SLOW_WAY(partner_is_ready, SAME, 0, 0),
     VECTOR_CLOCK,
     partner_was_interrupted},
    {{"interrupt/cross/iret", BY_C, EXIT_IRET},
     SLOW_WAY(partner_is_ready, CROSS, 0, 0),
     VECTOR_CLOCK,
     partner_was_interrupted},
    {{"interrupt/cross/sysret", BY_C, EXIT_SYSRET},
     SLOW_WAY(partner_is_ready, CROSS, 0, 0),
     VECTOR_CLOCK,
     slice_ends},
    {{"exception/same", BY_C, EXIT_SYSRET}, SLOW_WAY(pager_receives, SAME, 0, 0), VECTOR_OPCODE, NULL},
    {{"exception/cross", BY_C, EXIT_SYSRET}, SLOW_WAY(pager_receives, CROSS, 0, 0), VECTOR_OPCODE, NULL},
    {{"exception/code/cross", BY_C, EXIT_SYSRET},
     SLOW_WAY(pager_receives, CROSS, 0, 0),
     VECTOR_PROTECTION,
     with_code},
    {{"exception/alignment/cross", BY_C, EXIT_SYSRET},
     SLOW_WAY(pager_receives, CROSS, 0, 0),
     VECTOR_ALIGNMENT,
     NULL},
    {{"exception/alignment/code/cross", BY_C, EXIT_SYSRET},
     SLOW_WAY(pager_receives, CROSS, 0, 0),
     VECTOR_ALIGNMENT,
     with_code},
    {{"fault.page/bail/cross", BY_C, EXIT_SYSRET},
     {"", pager_receives, CROSS, ENTRY_PAGE_FAULT, 0, 0, 0},
     VECTOR_PAGE,
     partner_is_slow},
    {{"irq.device/bail/cross", BY_C, EXIT_SYSRET},
     {"", urgent_waits, CROSS, ENTRY_DEVICE, 0, 0, 0},
     0,
     partner_is_slow},
    {{"irq.latency/bail/cross", BY_C, EXIT_SYSRET},
     {"", urgent_waits, CROSS, ENTRY_CLOCK, 0, 0, 0},
     0,
     partner_is_slow},
    {{"ipc.call/bail/cross", BY_C, EXIT_SYSRET},
     {"", partner_receives, CROSS, ENTRY_SYSCALL, SYS_CALL, 0, 0},
     VECTOR_NONE,
     partner_is_slow},
    {{"call/traced/cross", BY_C, EXIT_SYSRET},
     SLOW_WAY(partner_receives, CROSS, SYS_CALL, 0),
     VECTOR_NONE,
     traced},
    {{"call/traced/quick", BY_C, EXIT_SYSRET},
     SLOW_WAY(identify, SAME, SYS_CAP_IDENTIFY, 0),
     VECTOR_NONE,
     traced},
    {{"call/unknown/cross", BY_C, EXIT_SYSRET},
     SLOW_WAY(pager_receives, CROSS, 0x1000, 0),
     VECTOR_NONE,
     is_unknown},
    {{"call/quick/cross", BY_C, EXIT_SYSRET},
     SLOW_WAY(partner_sends, CROSS, SYS_CAP_CANCEL_BADGED, 0),
     VECTOR_NONE,
     cancels_urgent},
    {{"call/quick/again", BY_C, EXIT_SYSRET}, SLOW_WAY(nothing, SAME, SYS_RETYPE, 0), VECTOR_NONE, restarts},
    {{"call/quick/no space", BY_C, EXIT_SYSRET},
     SLOW_WAY(nothing, SAME, SYS_CAP_REVOKE, 0),
     VECTOR_NONE,
     revokes_own_space},
    {{"nmi", IN_PLACE, EXIT_IRET}, SLOW_WAY(nothing, SAME, 0, 0), VECTOR_NMI, NULL},
    {{"nmi/in the kernel", IN_PLACE, EXIT_IRET}, SLOW_WAY(nothing, SAME, 0, 0), VECTOR_NMI, in_kernel},
    {{"idle", BY_C, EXIT_IDLE}, SLOW_WAY(nobody_ready, SAME, SYS_WAIT, 0), VECTOR_NONE, NULL},
    {{"boot", FROM_BOOT, EXIT_IRET}, SLOW_WAY(nothing, CROSS, 0, 0), VECTOR_NONE, boot_ends},
    {{"idle/interrupt", BY_C, EXIT_IDLE}, SLOW_WAY(nobody_ready, SAME, 0, 0), VECTOR_SPURIOUS, idle_runs},
};
enum { OTHERS = sizeof others / sizeof others[0] };

unsigned way_count(void)
{
    return path_count + OTHERS;
}

static void plant(uint64_t *to)
{
    *to = random_next() | 1ull << 62;
}

/* Not rax, rdi and rcx, which may say what a system call is to do, and where it came from. */
static void plant_registers(struct start *start)
{
    for (unsigned i = 0; i < GENERAL; i++) {
        bool asked = start->vector == VECTOR_NONE && (i == RAX || i == RDI || i == RCX);
        if (!asked)
            plant(&start->registers.general[i]);
    }
}

static void plant_threads(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        uint64_t *const all[] = {&t->rdi, &t->rsi, &t->rdx, &t->r8,  &t->r9,  &t->r10, &t->r12, &t->r13,
                                 &t->r14, &t->r15, &t->rbx, &t->rcx, &t->r11, &t->rbp, &t->rsp, &t->rax};
        for (unsigned r = 0; r < sizeof all / sizeof all[0]; r++)
            plant(all[r]);
    }
}

/* What the CPU pushes when it comes from ring 3, or from the idle thread. */
static void push_frame(struct start *start, uint64_t stack)
{
    bool idle = kernel.cpu->current == kernel.idle;
    bool coded = start->error != 0;
    const uint64_t frame[FRAME_WORDS] = {random_next() % USER_TOP, idle ? CODE_OF_KERNEL : CODE_OF_USER,
                                         FLAGS_AFTER_SYSCALL, start->registers.general[RSP],
                                         idle ? DATA_OF_KERNEL : DATA_OF_USER};
    uint64_t rsp = stack - sizeof frame - (coded ? 8 : 0);
    memcpy(image_at(stack - sizeof frame), frame, sizeof frame);
    if (coded)
        memcpy(image_at(rsp), &start->error, sizeof start->error);
    start->user_rsp = start->registers.general[RSP];
    start->registers.general[RSP] = rsp;
    start->stack = stack;
}

static void enter_by_vector(struct start *start)
{
    uint64_t kernel_stack = image_symbol("kernel_stack_top"), stack = booted.entry_stack;
    if (start->vector == VECTOR_NMI)
        stack = booted.stacks + (STACK_OF_NMI + 1) * PAGE;
    if (kernel.cpu->current == kernel.idle)
        stack = kernel_stack;
    start->entry = image_symbol("vector_stubs") + start->vector * STUB_BYTES;
    push_frame(start, stack);
}

/* What the boot has set, and what is in no state of the footprint. */
static void set_cpu(void)
{
    kernel.cpu->entry_stack = booted.stacks + PAGE;
    kernel.cpu->spec_ctrl = FIRMWARES;
    kernel.cpu->kernel_cr3 = KERNEL_ROOT;
    ((struct tcb *)image_at(image_symbol("idle_tcb")))->cr3 = KERNEL_ROOT;
}

static struct way way_of_path(const struct path *p)
{
    bool tick = p->build == nothing && path_is_fault(p); /* which the fast path leaves to C */
    enum through through = path_is_slow(p) || tick                         ? BY_C
                           : p->operation == SYS_NULL && !path_is_fault(p) ? NOTHING
                                                                           : FAST;
    return (struct way){p->name, through, p->exit};
}

struct way way_state(unsigned i, struct start *start)
{
    static struct fault fault;
    const struct other *o = i < path_count ? NULL : &others[i - path_count];
    const struct path *p = o ? &o->path : &paths[i];
    random_start(i + 1);
    residue_wipe();
    path_state(p, &start->registers, &fault);
    start->vector = path_is_fault(p) ? path_vector(p) : o ? o->vector : VECTOR_NONE;
    start->entry = path_entry(p);
    start->spec_ctrl = FIRMWARES, start->error = 0, start->again = start->faults = false;
    start->fault = path_is_fault(p) ? &fault : NULL;
    start->stack = start->user_rsp = 0;
    plant_threads();
    plant_registers(start);
    set_cpu();
    machine_flags_at_entry = start->vector == VECTOR_NONE ? 0 : FLAG_DF; /* which SYSCALL clears */
    if (o && o->more)
        o->more(start);
    if (start->fault)
        start->error = fault.error, fault.rsp = start->user_rsp = start->registers.general[RSP],
        start->stack = booted.entry_stack;
    else if (start->vector != VECTOR_NONE)
        enter_by_vector(start);
    return o ? o->way : way_of_path(p);
}
