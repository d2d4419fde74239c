#include "machine.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unicorn/unicorn.h>
#include "image.h"

const char *const register_names[GENERAL] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                             "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

static const int ids[GENERAL + 1] = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
    UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
    UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_CR3};

enum { HLT = 0xf4, HLT_BYTES = 1, IDLE_STEPS = 4 };
enum { FLAG_ALWAYS = 2, IRET_FRAME = 5, SYSRET_BYTES = 0x070f48, USER_CODE = 0x23, USER_DATA = 0x1b };

static uc_engine *uc;
static struct outcome *now;
static const struct fault *faulted;
static uint64_t idle, kernel_fault, entry_stack;
void (*machine_at_slow)(const struct registers *r);
bool machine_traps_in_kernel;
uint64_t machine_flags_at_entry;
static bool past_idle, halted;
static unsigned steps;

static void check(uc_err error, const char *what)
{
    if (error == UC_ERR_OK)
        return;
    fprintf(stderr, "%s: the CPU emulator: %s: %s\n", program_invocation_short_name, what, uc_strerror(error));
    exit(2);
}

static void registers_read(struct registers *r)
{
    void *to[GENERAL + 1];
    for (unsigned i = 0; i < GENERAL; i++)
        to[i] = &r->general[i];
    to[GENERAL] = &r->cr3;
    int list[GENERAL + 1];
    memcpy(list, ids, sizeof list);
    check(uc_reg_read_batch(uc, list, to, GENERAL + 1), "reading registers");
}

static void registers_write(const struct registers *r)
{
    struct registers copy = *r;
    void *from[GENERAL + 1];
    for (unsigned i = 0; i < GENERAL; i++)
        from[i] = &copy.general[i];
    from[GENERAL] = &copy.cr3;
    int list[GENERAL + 1];
    memcpy(list, ids, sizeof list);
    check(uc_reg_write_batch(uc, list, from, GENERAL + 1), "writing registers");
}

static struct machine_watch watch; /* its functions are NULL when nobody watches */

/* IRETQ is not executed here, so only this tells a watcher of it. */
static void watch_iretq(uint64_t address, unsigned size)
{
    uint64_t rsp;
    check(uc_reg_read(uc, UC_X86_REG_RSP, &rsp), "reading rsp");
    watch.instruction(address, size);
    for (unsigned i = 0; i < IRET_FRAME; i++)
        watch.access(false, rsp + i * sizeof rsp, sizeof rsp);
}

static bool is_iretq(uint64_t rip)
{
    const unsigned char *bytes = image_at(rip);
    return bytes && bytes[0] == 0x48 && bytes[1] == 0xcf;
}

static void at_exit(uc_engine *engine, uint64_t address, uint32_t size, void *user)
{
    (void)user;
    if (address == idle && !past_idle)
        now->exit = EXIT_IDLE;
    else if (address == kernel_fault && !machine_traps_in_kernel)
        now->exit = EXIT_KERNEL;
    else if (is_iretq(address))
        now->exit = EXIT_IRET;
    else
        return;
    if (now->exit == EXIT_IRET && watch.instruction)
        watch_iretq(address, size);
    check(uc_emu_stop(engine), "stopping");
}

static void at_slow(uc_engine *engine, uint64_t address, uint32_t size, void *user)
{
    struct registers r;
    (void)engine, (void)address, (void)size, (void)user;
    now->slow = true;
    extended_read_anew();
    registers_read(&r);
    if (faulted) /* the frame and the vector are on the kernel's stack */
        r.general[RSP] = ((const uint64_t *)image_at(r.general[RSP]))[1 + offsetof(struct fault, rsp) / 8];
    if (machine_at_slow)
        machine_at_slow(&r);
}

static void hook(uint64_t address, uc_cb_hookcode_t function)
{
    uc_hook handle;
    check(uc_hook_add(uc, &handle, UC_HOOK_CODE, (void *)(uintptr_t)function, NULL, address, address),
          "a hook");
}

static uint64_t carried; /* the last instruction that was executed in the emulator's place */

/* What the emulator does not know: carried out here, it goes on behind it. */
static void at_extended(uc_engine *engine, uint64_t address, uint32_t size, void *user)
{
    (void)size, (void)user;
    if (past_idle)
        return;
    unsigned bytes = extended_carry(address, now->wrong, sizeof now->wrong);
    if (bytes == NOT_CARRIED)
        return;
    if (bytes) {
        carried = address;
        if (watch.instruction)
            watch.instruction(address, bytes);
        machine_go_to(address + bytes);
        return;
    }
    now->exit = EXIT_WRONG;
    check(uc_emu_stop(engine), "stopping");
}

static void hook_extended(uint64_t address)
{
    hook(address, at_extended);
}

/* A run takes microseconds. One that has used seconds of CPU time (not of the clock on the wall) is a loop. */
enum { LOOP_SECONDS = 5 };
static volatile uint64_t runs;
static volatile sig_atomic_t endless;

static void at_seconds(int signal)
{
    static uint64_t before;
    (void)signal;
    if (runs == before) {
        endless = 1;
        uc_emu_stop(uc);
    }
    before = runs;
}

void machine_watch_for_loops(void)
{
    struct itimerval every = {{LOOP_SECONDS, 0}, {LOOP_SECONDS, 0}};
    struct sigaction action = {.sa_handler = at_seconds, .sa_flags = SA_RESTART};
    if (sigaction(SIGVTALRM, &action, NULL) || setitimer(ITIMER_VIRTUAL, &every, NULL)) {
        perror("equiv: no timer of CPU time");
        exit(EXIT_FAILURE);
    }
}

void machine_map(void *memory, uint64_t size)
{
    check(uc_mem_map_ptr(uc, (uintptr_t)memory, size, UC_PROT_READ | UC_PROT_WRITE, memory),
          "mapping the state");
}

void machine_init(void)
{
    check(uc_open(UC_ARCH_X86, UC_MODE_64, &uc), "starting");
#ifdef uc_ctl_tlb_mode
    /* No page tables are here. Unicorn 2.1 looks up the upper half in them all the same, unless told so; 2.0 never does. */
    check(uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL), "addresses without page tables");
#endif
    for (unsigned i = 0; i < image.segments; i++) {
        const struct segment *s = &image.segment[i];
        uint32_t may = UC_PROT_READ | (s->flags & PF_W ? (uint32_t)UC_PROT_WRITE : 0) |
                       (s->flags & PF_X ? (uint32_t)UC_PROT_EXEC : 0);
        check(uc_mem_map_ptr(uc, s->vaddr, s->size, may, s->bytes), "mapping the image");
    }
    machine_watch_for_loops();
    idle = image_symbol("leave_kernel.idle");
    entry_stack = image_symbol("kernel_stack_top");
    kernel_fault = image_symbol("trap_in_kernel");
    hook(idle, at_exit);
    hook(kernel_fault, at_exit);
    hook(image_symbol("leave_kernel.iretq"), at_exit);
    hook(image_symbol("fast_reply_fault.iretq"), at_exit);
    hook(image_symbol("syscall_slow"), at_slow);
    hook(image_symbol("trap_common"), at_slow);
    struct mutants mutants = image_mutants();
    extended_find(0, mutants.from, hook_extended);
    extended_find(mutants.to, UINT64_MAX, hook_extended);
}

void machine_knows(uint64_t from, uint64_t to)
{
    extended_find(from, to, hook_extended);
    for (uint64_t at = from; at < to; at++) {
        if (is_iretq(at))
            hook(at, at_exit);
    }
}

/* The emulator's own count of instructions would make it clear a gigabyte. */
static void at_idle_step(uc_engine *engine, uint64_t address)
{
    const unsigned char *bytes = image_at(address);
    halted = bytes && *bytes == HLT;
    if (halted || steps++ == IDLE_STEPS)
        check(uc_emu_stop(engine), "stopping");
}

static void at_instruction(uc_engine *engine, uint64_t address, uint32_t size, void *user)
{
    (void)engine, (void)user;
    if (past_idle)
        at_idle_step(engine, address);
    else if (is_iretq(address))
        at_exit(engine, address, size, user);
    else if (address != carried) /* Unicorn 2.1 calls this for such an instruction, too, 2.0 does not */
        watch.instruction(address, size);
}

static void at_access(uc_engine *engine, uc_mem_type type, uint64_t address, int size, int64_t value,
                      void *user)
{
    (void)engine, (void)value, (void)user;
    watch.access(type == UC_MEM_WRITE, address, (unsigned)size);
}

/* begin > end: everywhere. */
static void hook_everywhere(int what, void *function)
{
    uc_hook handle;
    check(uc_hook_add(uc, &handle, what, function, NULL, 1, 0), "a hook");
}

void machine_watch(struct machine_watch by)
{
    watch = by;
    hook_everywhere(UC_HOOK_CODE, (void *)(uintptr_t)at_instruction);
    hook_everywhere(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, (void *)(uintptr_t)at_access);
}

uint64_t machine_register(unsigned i)
{
    uint64_t value;
    check(uc_reg_read(uc, ids[i], &value), "reading a register");
    return value;
}

void machine_set_register(unsigned i, uint64_t value)
{
    check(uc_reg_write(uc, ids[i], &value), "writing a register");
}

uint64_t machine_flags(void)
{
    uint64_t flags;
    check(uc_reg_read(uc, UC_X86_REG_RFLAGS, &flags), "reading the flags");
    return flags;
}

bool machine_halts(void)
{
    uint64_t rip;
    check(uc_reg_read(uc, UC_X86_REG_RIP, &rip), "reading rip");
    past_idle = true, steps = 0, halted = false;
    uc_err error = uc_emu_start(uc, rip, 0, 0, 0);
    past_idle = false;
    check(uc_reg_read(uc, UC_X86_REG_RIP, &rip), "reading rip");
    machine_go_to(rip + HLT_BYTES);
    return error == UC_ERR_OK && halted;
}

void machine_go_to(uint64_t rip)
{
    check(uc_reg_write(uc, UC_X86_REG_RIP, &rip), "writing rip");
}

static void text_may_be_written(bool may)
{
    for (unsigned i = 0; i < image.segments; i++) {
        const struct segment *s = &image.segment[i];
        if (s->flags & PF_X)
            check(uc_mem_protect(uc, s->vaddr, s->size,
                                 UC_PROT_READ | UC_PROT_EXEC | (may ? (uint32_t)UC_PROT_WRITE : 0)),
                  "protecting the text");
    }
}

void machine_call(uint64_t function, uint64_t argument)
{
    uint64_t rsp = image_symbol("kernel_stack_top") - 8, back = image_symbol("syscall_entry_compat");
    memcpy(image_at(rsp), &back, sizeof back);
    machine_set_register(RSP, rsp);
    machine_set_register(RDI, argument);
    text_may_be_written(true);
    uc_err error = uc_emu_start(uc, function, back, 0, 0);
    text_may_be_written(false);
    check(error, "a function of the kernel");
}

void machine_enters_at(uint64_t stack)
{
    entry_stack = stack;
}

/* SYSRET is an invalid opcode while EFER.SCE is 0, as it is here: so the CPU stops at it. */
static bool stopped_at_sysret(uint64_t rip)
{
    const unsigned char *bytes = image_at(rip);
    return bytes && bytes[0] == (SYSRET_BYTES & 0xff) && bytes[1] == (SYSRET_BYTES >> 8 & 0xff) &&
           bytes[2] == SYSRET_BYTES >> 16;
}

static void leave_by_iret(struct outcome *o)
{
    const uint64_t *frame = image_at(o->registers.general[RSP]);
    if (!frame || frame[1] != USER_CODE || frame[4] != USER_DATA) {
        o->exit = EXIT_WRONG;
        snprintf(o->wrong, sizeof o->wrong, "IRETQ off the kernel's stack, or not to ring 3");
        return;
    }
    o->rip = frame[0];
    o->rflags = frame[2];
    o->registers.general[RSP] = frame[3];
}

static void put_frame(const struct fault *f)
{
    bool coded = f->vector == VECTOR_OF_PAGE_FAULT;
    uint64_t words = FAULT_FRAME_WORDS - !coded, rsp = entry_stack - 8 * words;
    memcpy(image_at(rsp), coded ? &f->error : &f->rip, 8 * words);
    check(uc_reg_write(uc, UC_X86_REG_RSP, &rsp), "writing rsp");
    check(uc_reg_write(uc, UC_X86_REG_CR2, &f->cr2), "writing CR2");
}

void machine_run(uint64_t entry, const struct registers *user, const struct fault *fault, struct outcome *o)
{
    uint64_t flags = machine_flags_at_entry | FLAG_ALWAYS, rip, offset;
    *o = (struct outcome){.exit = EXIT_SYSRET};
    now = o;
    faulted = fault;
    registers_write(user);
    if (fault)
        put_frame(fault);
    check(uc_reg_write(uc, UC_X86_REG_RFLAGS, &flags), "writing the flags");
    extended_start();
    runs++;
    endless = 0;
    uc_err error = uc_emu_start(uc, entry, 0, 0, 0);
    registers_read(&o->registers);
    o->extended = extended;
    check(uc_reg_read(uc, UC_X86_REG_RIP, &rip), "reading rip");
    if (endless) {
        o->exit = EXIT_WRONG;
        snprintf(o->wrong, sizeof o->wrong, "it does not end: after %d s of CPU time it is at 0x%lx",
                 LOOP_SECONDS, rip);
    } else if (o->exit == EXIT_IRET && error == UC_ERR_OK) {
        leave_by_iret(o);
    } else if (o->exit == EXIT_SYSRET && error == UC_ERR_INSN_INVALID && stopped_at_sysret(rip)) {
        o->rip = o->registers.general[RCX];
        o->rflags = o->registers.general[R11];
    } else if (o->exit != EXIT_IDLE && o->exit != EXIT_KERNEL && !*o->wrong) {
        o->exit = EXIT_WRONG;
        const char *name = image_name(rip, &offset);
        snprintf(o->wrong, sizeof o->wrong, "it ended at %s + 0x%lx: %s", name ? name : "0",
                 name ? offset : rip, uc_strerror(error));
    }
}
