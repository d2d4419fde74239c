#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include "image.h"
#include "machine.h"

enum { EVENTS_MAX = 1 << 16, HISTORY_TAIL = 16 /* bytes of the loop after its last label */ };
enum { MSR_SPEC_CTRL = 0x48, MSR_PRED_CMD = 0x49, MSR_ARCH_CAPABILITIES = 0x10a };
#define MSR_EFER 0xc0000080u

static struct event events[EVENTS_MAX];
struct trace trace = {events, 0};
const struct cpu_shown *shown;
uint64_t spec_ctrl, efer_written;

static uint64_t c_start, c_end, history, history_end, say; /* c_...: compiled code; say: kprintf */
static uint64_t now;                                       /* the instruction */
static uint64_t jumps_from, falls_to; /* the loop's last jump, for which it is not known yet whether it is
                                         taken, and what is after it */
static bool in_c;

static void add(enum kind kind, uint64_t value)
{
    if (trace.count == EVENTS_MAX) {
        fprintf(stderr, "barriers: a path does more than %d things\n", EVENTS_MAX);
        exit(2);
    }
    events[trace.count++] = (struct event){kind, now, value};
}

static uint64_t edx_eax(void)
{
    return machine_register(RDX) << 32 | (machine_register(RAX) & 0xffffffff);
}

static void write_msr(void)
{
    uint32_t msr = (uint32_t)machine_register(RCX);
    add(msr == MSR_SPEC_CTRL ? SPEC_CTRL : msr == MSR_PRED_CMD ? PRED_CMD : OTHER_MSR, edx_eax());
    if (msr == MSR_SPEC_CTRL)
        spec_ctrl = edx_eax();
    if (msr == MSR_EFER)
        efer_written = edx_eax();
}

static void read_msr(void)
{
    uint32_t msr = (uint32_t)machine_register(RCX);
    uint64_t value = msr == MSR_SPEC_CTRL ? spec_ctrl : msr == MSR_ARCH_CAPABILITIES ? shown->capabilities : 0;
    machine_set_register(RAX, value & 0xffffffff);
    machine_set_register(RDX, value >> 32);
}

static void cpuid(void)
{
    uint32_t leaf = (uint32_t)machine_register(RAX), sub = (uint32_t)machine_register(RCX), r[4] = {0};
    const uint32_t *v = shown->vendor;
    switch (leaf) {
    case 0: r[0] = 7, r[1] = v[0], r[3] = v[1], r[2] = v[2]; break;
    case 1: r[0] = shown->signature; break;
    case 7:
        r[1] = sub ? 0 : shown->leaf7_ebx;
        r[3] = sub == 0 ? shown->leaf7_edx : sub == 2 ? shown->leaf7_2_edx : 0;
        break;
    case 0x80000000: r[0] = 0x80000021; break;
    case 0x80000008: r[1] = shown->amd_8_ebx; break;
    case 0x80000021: r[0] = shown->amd_21_eax; break;
    default: break;
    }
    static const unsigned to[4] = {RAX, RBX, RCX, RDX};
    for (unsigned i = 0; i < 4; i++)
        machine_set_register(to[i], r[i]);
}

/* What this CPU lacks, or has to be told: done here, and skipped. Its length; 0: it is none of these. Unicorn 2.1 does not know
   the size of an instruction that it lacks. */
static unsigned done_here(const unsigned char *i)
{
    if (i[0] != 0x0f)
        return 0;
    if (i[1] == 0x30)
        write_msr();
    else if (i[1] == 0x32)
        read_msr();
    else if (i[1] == 0xa2)
        cpuid();
    else if (i[1] == 0x01 && i[2] == 0xca)
        add(CLAC, 0);
    else
        return 0;
    return i[1] == 0x01 ? 3 : 2;
}

static unsigned reg_field(unsigned char modrm)
{
    return modrm >> 3 & 7;
}

/* VERW's operand is cpu.data_selector, or something else at the address that it has: disp32 to rip. */
static uint64_t verw_address(const unsigned char *i)
{
    int32_t distance = (int32_t)(i[3] | i[4] << 8 | i[5] << 16 | (uint32_t)i[6] << 24);
    return now + 7 + (uint64_t)(int64_t)distance;
}

/* high: the operand is one of the registers from r8 on. */
static void two_bytes(const unsigned char *i, bool high)
{
    if (i[1] == 0x00 && reg_field(i[2]) == 5)
        add(VERW, verw_address(i));
    else if (i[1] == 0xae && i[2] == 0xe8)
        add(FENCE, 0);
    else if (i[1] == 0x22 && reg_field(i[2]) == 3)
        add(CR3, machine_register((high ? R8 : RAX) + (i[2] & 7u)));
}

static void one_byte(const unsigned char *i, uint64_t after)
{
    bool indirect = i[0] == 0xff && (reg_field(i[1]) == 2 || reg_field(i[1]) == 4);
    if (indirect)
        add(INDIRECT, 0);
    if (i[0] == 0xe8 || (indirect && reg_field(i[1]) == 2))
        add(CALL, after);
    else if (i[0] == 0xc3)
        add(RETURN, 0);
}

static bool is_jump(const unsigned char *i)
{
    return i[0] == 0xeb || (i[0] & 0xf0) == 0x70;
}

bool trace_in_history(uint64_t address)
{
    return address >= history && address < history_end;
}

/* The loop over the branch history is counted by those of its jumps that were taken. */
static void in_history(const unsigned char *i, unsigned size)
{
    if (jumps_from && now != falls_to)
        add(HISTORY_JUMP, jumps_from);
    jumps_from = 0;
    if (now == history)
        add(HISTORY, 0);
    if (trace_in_history(now) && is_jump(i))
        jumps_from = now, falls_to = now + size;
}

static void c_begins(void)
{
    add(C_BEGINS, machine_register(RBP));
    if (machine_flags() & FLAG_DF)
        add(BACKWARDS, 0);
}

static void instruction(uint64_t address, unsigned size)
{
    const unsigned char *i = image_at(now = address);
    unsigned done;
    bool c = address >= c_start && address < c_end;
    if (c && !in_c)
        c_begins();
    in_c = c;
    in_history(i, size);
    if (address == say) { /* there is no console here */
        uint64_t rsp = machine_register(RSP);
        machine_set_register(RSP, rsp + 8);
        machine_go_to(*(const uint64_t *)image_at(rsp));
    } else if ((done = done_here(i)) != 0) {
        machine_go_to(address + done);
    } else {
        bool high = false;
        for (; *i == 0xf3 || *i == 0x66 || (*i & 0xf0) == 0x40; i++)
            high = (*i & 0xf1) == 0x41;
        if (*i == 0x0f)
            two_bytes(i, high);
        else
            one_byte(i, address + size);
    }
}

static void access_to(bool store, uint64_t address, unsigned size)
{
    (void)size;
    add(store ? STORE : LOAD, address);
}

void trace_init(void)
{
    c_start = image_symbol("kernel_text_start");
    history = c_end = image_symbol("branch_history_clear"); /* assembly lies after C */
    history_end = image_symbol("branch_history_clear.taken") + HISTORY_TAIL;
    say = image_symbol("kprintf");
    machine_watch((struct machine_watch){instruction, access_to});
}

void trace_start(void)
{
    trace.count = 0;
    jumps_from = 0;
    in_c = false;
}
