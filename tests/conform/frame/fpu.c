#include "frame/fpu.h"

enum { MXCSR_INITIAL = 0x1f80, MXCSR_BASE = 0x1f80, FCW_INITIAL = 0x37f };

struct fpu fpu_in[ACTORS], fpu_out[ACTORS];
volatile uint64_t fpu_rounds[ACTORS], fpu_wrong[ACTORS];
cap_t fpu_ep;

/* rdi: a struct fpu. Numbers of registers 0 to 15. */
__asm__(".text\n"
        ".globl code_sse; code_sse: movaps %xmm0, %xmm1; ret\n"
        "load_sse:\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movups 16*\\n(%rdi), %xmm\\n\n .endr\n"
        "fninit; fldcw 524(%rdi); fildll 512(%rdi); ldmxcsr 520(%rdi); ret\n"
        "store_sse:\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movups %xmm\\n, 16*\\n(%rdi)\n .endr\n"
        "stmxcsr 520(%rdi); fnstcw 524(%rdi); fld %st(0); fistpll 512(%rdi); ret\n"
        "store_initial:\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movups %xmm\\n, 16*\\n(%rdi)\n .endr\n"
        "stmxcsr 520(%rdi); fnstcw 524(%rdi); ret\n"
        "load_avx:\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        " vinsertf128 $1, 256+16*\\n(%rdi), %ymm\\n, %ymm\\n\n .endr\n"
        "ret\n"
        "store_avx:\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vextractf128 $1, %ymm\\n, 256+16*\\n(%rdi)\n .endr\n"
        "ret\n");
void load_sse(const struct fpu *from);
void store_sse(struct fpu *to);
void store_initial(struct fpu *to);
void load_avx(const struct fpu *from);
void store_avx(struct fpu *to);

_Static_assert(offsetof(struct fpu, ymm) == 256 && offsetof(struct fpu, st) == 512, "the assembly's offsets");
_Static_assert(offsetof(struct fpu, mxcsr) == 520 && offsetof(struct fpu, fcw) == 524,
               "the assembly's offsets");

static bool has_avx(void)
{
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return c >> 28 & 1 && c >> 27 & 1; /* the CPU has AVX, and the kernel has turned XSAVE on */
}

void fpu_prepare(unsigned who, uint64_t seed)
{
    struct fpu *f = &fpu_in[who];
    for (unsigned i = 0; i < 32; i++) {
        f->xmm[i / 2][i % 2] = pattern(seed, i);
        f->ymm[i / 2][i % 2] = has_avx() ? pattern(seed, 100 + i) : 0;
    }
    f->st = seed * 1000003 + 7;
    f->mxcsr = MXCSR_BASE | (uint32_t)(seed % 4) << 13 | 1u << (seed % 6); /* rounding, and one sticky flag */
    f->fcw = FCW_INITIAL & ~(uint32_t)((seed % 3 + 1) << 8);               /* precision */
}

void fpu_load(uint64_t who)
{
    load_sse(&fpu_in[who]);
    if (has_avx())
        load_avx(&fpu_in[who]);
}

void fpu_store(uint64_t who)
{
    memset(&fpu_out[who], 0xee, sizeof fpu_out[who]);
    store_sse(&fpu_out[who]);
    fpu_out[who].fcw &= 0xffff;
    memset(fpu_out[who].ymm, 0, sizeof fpu_out[who].ymm);
    if (has_avx())
        store_avx(&fpu_out[who]);
}

bool fpu_same(unsigned who)
{
    return memcmp(&fpu_in[who], &fpu_out[who], sizeof fpu_in[who]) == 0;
}

static void look_at_initial(uint64_t who)
{
    struct fpu *f = &fpu_out[who];
    memset(f, 0xee, sizeof *f);
    store_initial(f);
    memset(f->ymm, 0, sizeof f->ymm);
    if (has_avx())
        store_avx(f);
}

bool fpu_initial(unsigned who)
{
    struct fpu *f = &fpu_out[who];
    struct step *s = plan_function(who, look_at_initial, who);
    uint64_t any = 0;
    go(who);
    for (unsigned i = 0; i < 32; i++)
        any |= f->xmm[i / 2][i % 2] | f->ymm[i / 2][i % 2];
    return s->done && any == 0 && f->mxcsr == MXCSR_INITIAL && (f->fcw & 0xffff) == FCW_INITIAL;
}

uint64_t fpu_give(unsigned who)
{
    uint64_t state = temp_object(TYPE_EXTENDED_STATE, 0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(who), cap_at(state)), 0);
    return state;
}

void fpu_take(void)
{
    for (unsigned who = 0; who < ACTORS; who++) {
        thread_suspend(actor_tcb(who));
        EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(who), 0), 0);
    }
}

void fpu_expect_none(unsigned who)
{
    cap_t ep = fault_endpoint();
    fault_configure(who, ep);
    fault_start(who, code_sse, 0);
    fault_expect(ep, who, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_sse));
}

void fpu_clear(void)
{
    for (unsigned who = 0; who < ACTORS; who++) {
        fpu_rounds[who] = fpu_wrong[who] = 0;
        fpu_prepare(who, 10 + who);
    }
}

void fpu_spins(uint64_t who)
{
    fpu_load(who);
    while (fpu_rounds[who] < 1000000000) {
        fpu_store(who);
        fpu_wrong[who] += !fpu_same((unsigned)who);
        fpu_rounds[who]++;
    }
}

void fpu_serves(uint64_t who)
{
    struct msg m = {0};
    fpu_load(who);
    ipc(SYS_RECV, fpu_ep, &m);
    for (unsigned i = 0; i < FPU_ROUNDS; i++) {
        fpu_store(who);
        fpu_wrong[who] += !fpu_same((unsigned)who);
        m = pattern_msg(i);
        ipc(SYS_REPLY_RECV, fpu_ep, &m);
    }
}
