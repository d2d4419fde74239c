#include "frame/registers.h"

/* Absolute addresses: no register is free to hold one. Offsets: in 0, out 136, saved rsp 272. */
#define REGS_AROUND(name, base, instruction)                                                                   \
    __asm__(".text; .globl regs_" #name ", regs_return_" #name "\n"                                            \
            "regs_" #name ":\n\t"                                                                              \
            "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n\t"                             \
            "mov %rsp, " #base "+272\n\t"                                                                      \
            "mov " #base "+0, %rax; mov " #base "+8, %rbx; mov " #base "+16, %rcx\n\t"                         \
            "mov " #base "+24, %rdx; mov " #base "+32, %rsi; mov " #base "+40, %rdi\n\t"                       \
            "mov " #base "+48, %rbp; mov " #base "+64, %r8; mov " #base "+72, %r9\n\t"                         \
            "mov " #base "+80, %r10; mov " #base "+88, %r11; mov " #base "+96, %r12\n\t"                       \
            "mov " #base "+104, %r13; mov " #base "+112, %r14; mov " #base "+120, %r15\n\t"                    \
            "mov $" #base "+128, %rsp\n\t"                                                                     \
            "popfq\n\t" instruction "\n"                                                                       \
            "regs_return_" #name ":\n\t"                                                                       \
            "mov %rsp, " #base "+136+56\n\t"                                                                   \
            "mov " #base "+272, %rsp\n\t"                                                                      \
            "pushfq\n\t"                                                                                       \
            "mov %rax, " #base "+136+0; mov %rbx, " #base "+136+8; mov %rcx, " #base "+136+16\n\t"             \
            "mov %rdx, " #base "+136+24; mov %rsi, " #base "+136+32; mov %rdi, " #base "+136+40\n\t"           \
            "mov %rbp, " #base "+136+48; mov %r8, " #base "+136+64; mov %r9, " #base "+136+72\n\t"             \
            "mov %r10, " #base "+136+80; mov %r11, " #base "+136+88; mov %r12, " #base "+136+96\n\t"           \
            "mov %r13, " #base "+136+104; mov %r14, " #base "+136+112; mov %r15, " #base "+136+120\n\t"        \
            "popq " #base "+136+128\n\t"                                                                       \
            "pushq $0x202\n\t"                                                                                 \
            "popfq\n\t"                                                                                        \
            "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"                                   \
            "ret\n")

_Static_assert(SHARED_VADDR == 0x20000000 && sizeof(struct regs) == 512, "the addresses below");
_Static_assert(offsetof(struct regs, out) == 136 && offsetof(struct regs, saved_rsp) == 272, "and offsets");
_Static_assert(RBP == 6 && RSP == 7 && R8 == 8 && R15 == 15 && FLAGS == 16, "the order of registers");
REGS_AROUND(syscall_0, 0x20000000, "syscall");
REGS_AROUND(syscall_1, 0x20000200, "syscall");
REGS_AROUND(touch, 0x20000000, "movb $1, 0x20100000");
REGS_AROUND(break, 0x20000000, "int3");
_Static_assert(TOUCH_VADDR == 0x20100000, "what regs_touch writes to");

static const unsigned message_regs[] = {RSI, RDX, R8, R9, R10, R12, R13, R14, R15};

static const char *const reg_names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",   "r8",
                                        "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rflags"};

struct regs *regs_prepare(unsigned k, uint64_t op, uint64_t rdi)
{
    struct regs *r = &shared()->regs[k];
    memset(r, 0, sizeof *r);
    for (unsigned i = 0; i < FLAGS; i++)
        r->in[i] = pattern(7000 + k, i);
    r->in[RAX] = op;
    r->in[RDI] = rdi;
    r->in[RSP] = (uint64_t)(uintptr_t)r->out;
    r->in[FLAGS] = FLAGS_AFTER_SYSCALL;
    return r;
}

static void expect_reg(unsigned k, unsigned reg, uint64_t want)
{
    expect_is(shared()->regs[k].out[reg], want, reg_names[reg], __FILE__, __LINE__);
}

void regs_expect_common(unsigned k)
{
    const struct regs *r = &shared()->regs[k];
    expect_reg(k, RSP, r->in[RSP]);
    expect_reg(k, RBP, r->in[RBP]);
    expect_reg(k, RCX, (uint64_t)(uintptr_t)(k == 0 ? regs_return_syscall_0 : regs_return_syscall_1));
    expect_reg(k, R11, FLAGS_AFTER_SYSCALL);
    expect_reg(k, FLAGS, FLAGS_AFTER_SYSCALL);
}

void regs_expect_kept(unsigned k, uint32_t but)
{
    regs_expect_common(k);
    but |= BIT(RAX) | BIT(RCX) | BIT(R11);
    for (unsigned i = 0; i < FLAGS; i++) {
        if (!(but & BIT(i)))
            expect_reg(k, i, shared()->regs[k].in[i]);
    }
}

void regs_expect_message(unsigned k, unsigned from, uint64_t badge)
{
    regs_expect_common(k);
    expect_reg(k, RAX, GOT_MESSAGE);
    expect_reg(k, RBX, 0);
    expect_reg(k, RDI, badge);
    for (unsigned i = 0; i < COUNT(message_regs); i++)
        expect_reg(k, message_regs[i], shared()->regs[from].in[message_regs[i]]);
}

struct thread_registers *regs_window(unsigned who)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), page, RIGHT_READ | RIGHT_WRITE), 0);
    EXPECT_IS(actor_set_buffer(who, cap_at(frame)), 0);
    return (struct thread_registers *)((struct ipc_buffer *)page)->word; /* NOLINT: mapped just now */
}
