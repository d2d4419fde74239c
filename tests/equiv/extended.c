#include "extended.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include "arch/x86_64/flaw.h"
#include "image.h"
#include "world.h"

enum { REX_W = 0x48, REX_B = 1, AE = 0xae, TWO_BYTES = 0x0f, REP = 0xf3, CLTS = 0x06, TO_CR = 0x22 };
enum {
    RDFSBASE,
    RDGSBASE,
    WRFSBASE,
    WRGSBASE,
    XSAVE,
    XRSTOR,
    XSAVEOPT,
    TO_CR0,
    TO_CR4,
    CLEAR_TS,
    READ_TSC,
    WRITE_MSR,
    NOTHING
};
enum { RDTSC = 0x31, WRMSR = 0x30, MSR_EOI = 0x80b, MSR_APIC_TIMER = 0x838 };
#define HERE_FS 0xf50000001000ull
#define HERE_GS 0x650000002000ull

struct extended extended;
bool extended_clears;

struct special {
    unsigned what, bytes, general; /* which register: the operand, or the address */
};

static struct special special(unsigned what, unsigned bytes, unsigned char rex, unsigned char modrm)
{
    return (struct special){what, bytes, (modrm & 7u) | (rex & REX_B ? 8u : 0)};
}

/* With a register, or memory at one without a displacement or with one of 0. */
static struct special group_15(const unsigned char *b, unsigned prefix)
{
    unsigned char rex = b[prefix], modrm = b[prefix + 3], kind = modrm >> 3 & 7;
    unsigned bytes = prefix + 4;
    if (prefix)
        return modrm >> 6 == 3 && kind < 4 ? special(RDFSBASE + kind, bytes, rex, modrm)
                                           : (struct special){NOTHING, 0, 0};
    bool plain = modrm >> 6 == 0 && (modrm & 7) != 4 && (modrm & 7) != 5;
    bool displaced = modrm >> 6 == 1 && (modrm & 7) != 4 && b[4] == 0;
    if ((!plain && !displaced) || kind < 4 || kind > 6)
        return (struct special){NOTHING, 0, 0};
    return special(XSAVE + kind - 4, bytes + displaced, rex, modrm);
}

static struct special decode(const unsigned char *b)
{
    unsigned rep = b[0] == REP, rex = (b[0] & ~REX_B) == 0x40;
    if ((b[rep] & ~REX_B) == REX_W && b[rep + 1] == TWO_BYTES && b[rep + 2] == AE)
        return group_15(b, rep);
    if (b[0] == TWO_BYTES && b[1] == CLTS)
        return (struct special){CLEAR_TS, 2, 0};
    if (b[0] == TWO_BYTES && (b[1] == RDTSC || b[1] == WRMSR))
        return (struct special){b[1] == RDTSC ? READ_TSC : WRITE_MSR, 2, 0};
    unsigned char modrm = b[rex + 2], to = modrm >> 3 & 7;
    if (b[rex] == TWO_BYTES && b[rex + 1] == TO_CR && modrm >> 6 == 3 && (to == 0 || to == 4))
        return special(to ? TO_CR4 : TO_CR0, rex + 3, rex ? b[0] : 0, modrm);
    return (struct special){NOTHING, 0, 0};
}

void extended_find(uint64_t from, uint64_t to, void (*found)(uint64_t address))
{
    for (unsigned i = 0; i < image.segments; i++) {
        const struct segment *s = &image.segment[i];
        uint64_t first = from > s->vaddr ? from - s->vaddr : 0;
        uint64_t end = to < s->vaddr ? 0 : to - s->vaddr < s->size - 8 ? to - s->vaddr : s->size - 8;
        for (uint64_t at = first; s->flags & PF_X && at < end; at++) {
            if (decode(s->bytes + at).what != NOTHING)
                found(s->vaddr + at);
        }
    }
}

void extended_init(void)
{
    *(bool *)image_at(image_variable("optimised")) = true;
    *(bool *)image_at(image_variable("fsgsbase")) = true;
    *(uint32_t *)image_at(image_variable("features")) = 7;
    extended_clears = *image_variant; /* in whose text all mitigations are in force */
    if (extended_clears)
        *(uint32_t *)image_at(image_variable("mitigations")) |= MITIGATE_FPU;
}

uint64_t extended_time_step;
static uint64_t next_reading;

void extended_read_anew(void)
{
    next_reading = TSC_NOW;
}

void extended_start(void)
{
    extended_read_anew();
    uint32_t slow = kernel.cpu->current == kernel.idle ? 0 : kernel.cpu->current->slow_reasons;
    bool bases = slow & SLOW_BASES;
    extended = (struct extended){
        HERE_STATE, bases ? HERE_FS : 0, bases ? HERE_GS : 0, 0, 0, !(slow & SLOW_STATE), bases};
}

static void access_state(unsigned what, uint64_t address)
{
    uint64_t *memory = address - (uintptr_t)arena < sizeof *arena ? (uint64_t *)address : image_at(address);
    if (what == XRSTOR)
        extended.state = *memory;
    else
        *memory = extended.state;
}

static const char *access_base(unsigned what, unsigned general)
{
    uint64_t *base = what == RDFSBASE || what == WRFSBASE ? &extended.fs_base : &extended.gs_base;
    if (!extended.bases_open)
        return "FS or GS base is read or written with CR4.FSGSBASE clear";
    if (what == RDFSBASE || what == RDGSBASE)
        machine_set_register(general, *base);
    else
        *base = machine_register(general);
    return NULL;
}

static const char *write_control(unsigned what, uint64_t value)
{
    if (what == TO_CR0 && value != CR0_BARRED)
        return "CR0 is written with another value than cpu.cr0_barred";
    if (what == TO_CR4 && value != CR4_BASES_OPEN && value != CR4_BASES_CLOSED)
        return "CR4 is written with another value than cpu.cr4 or cpu.cr4_bases";
    if (what == TO_CR0)
        extended.barred = true;
    else
        extended.bases_open = value == CR4_BASES_OPEN;
    return NULL;
}

static void read_tsc(void)
{
    machine_set_register(RAX, next_reading & 0xffffffff);
    machine_set_register(RDX, next_reading >> 32);
    next_reading += extended_time_step;
}

/* Is it a register of the local APIC? Then what all that was written there comes to. */
static bool write_msr(void)
{
    uint64_t msr = machine_register(RCX) & 0xffffffff;
    uint64_t value = machine_register(RDX) << 32 | (machine_register(RAX) & 0xffffffff);
    uint64_t *to = msr == MSR_EOI ? &extended.eoi : msr == MSR_APIC_TIMER ? &extended.apic_timer : NULL;
    if (to)
        *to = 31 * *to + value + 1;
    return to;
}

unsigned extended_carry(uint64_t address, char *why, unsigned size)
{
    struct special s = decode(image_at(address));
    const char *wrong = NULL;
    if (s.what == WRITE_MSR && !write_msr())
        return NOT_CARRIED;
    if (s.what == CLEAR_TS)
        extended.barred = false;
    else if (s.what == READ_TSC)
        read_tsc();
    else if (s.what == WRITE_MSR)
        return s.bytes;
    else if (s.what == TO_CR0 || s.what == TO_CR4)
        wrong = write_control(s.what, machine_register(s.general));
    else if (s.what <= WRGSBASE)
        wrong = access_base(s.what, s.general);
    else if (extended.barred)
        wrong = "extended state is saved or restored with CR0.TS set";
    else if ((machine_register(RAX) & 7) != 7)
        wrong = "not all of the extended state is saved or restored";
    else
        access_state(s.what, machine_register(s.general));
    if (wrong)
        snprintf(why, size, "%s", wrong);
    return wrong ? 0 : s.bytes;
}
