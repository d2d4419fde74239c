#include "frame/evil.h"

enum { FIRST_BIT = 47, BITS = 64 - FIRST_BIT };

_Static_assert(EVIL_ADDRESSES == 2 * BITS, "evil_address");

struct fault evil_protection(uint64_t error)
{
    return (struct fault){FAULT_PROTECTION, 0, error, VECTOR_PROTECTION};
}

/* The TCB has a copy of the badged capability; a case that does this thousands of times keeps no slots. */
void evil_configure(cap_t ep)
{
    fault_configure(A, ep);
    temp_drop();
}

void evil_start(cap_t ep, void (*code)(uint64_t), uint64_t argument)
{
    evil_configure(ep);
    fault_start(A, code, argument);
}

void evil_faults(cap_t ep, void (*code)(uint64_t), uint64_t argument, struct fault want, uint64_t rip)
{
    evil_start(ep, code, argument);
    fault_expect(ep, A, want, rip);
}

void evil_returns(cap_t ep, void (*code)(uint64_t), uint64_t argument)
{
    evil_configure(ep);
    struct step *s = plan_function(A, code, argument);
    go(A);
    if (!EXPECT(s->done)) /* or nothing below could go on */
        evil_fault(ep);
}

struct msg evil_fault(cap_t ep)
{
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(m.badge, FAULT_BADGE + A);
    return m;
}

void evil_code(uint64_t page, const void *code, size_t bytes, size_t at)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), window = temp_page();
    cap_t self = cap_at(CAP_SELF_SPACE);
    EXPECT_IS(map_frame(temp_copy(frame, RIGHT_ALL), self, window, RIGHT_READ | RIGHT_WRITE), 0);
    memcpy((char *)window + at, code, bytes); /* NOLINT: mapped just now */
    EXPECT_IS(map_frame(frame, self, page, RIGHT_READ | RIGHT_EXECUTE), 0);
}

struct evil_cpuid evil_cpuid(uint32_t leaf)
{
    struct evil_cpuid c;
    __asm__ volatile("cpuid" : "=a"(c.r[0]), "=b"(c.r[1]), "=c"(c.r[2]), "=d"(c.r[3]) : "a"(leaf), "c"(0));
    return c;
}

bool evil_is_intel(void)
{
    return evil_cpuid(0).r[1] == 0x756e6547; /* "Genu" */
}

/* Does it run us, as CPUID tells? `name`: its first four characters. */
static bool hypervisor_is(uint32_t name)
{
    enum { HYPERVISOR = 0x40000000 };
    return evil_cpuid(1).r[2] >> 31 && evil_cpuid(HYPERVISOR).r[1] == name;
}

bool evil_is_kvm(void)
{
    return hypervisor_is(0x4b4d564b); /* "KVMK" */
}

bool evil_is_tcg(void)
{
    struct evil_cpuid name = evil_cpuid(0x80000002); /* of the CPU; a KVM that runs on TCG's hands it on */
    return hypervisor_is(0x54474354) /* "TCGT" */ ||
           (name.r[0] == 0x554d4551 && name.r[1] == 0x47435420); /* "QEMU TCG" */
}

bool evil_tcg_executes(const struct step *s)
{
    bool executed = s->done && evil_is_tcg();
    if (executed)
        case_skip("this emulator executes it, as no CPU does");
    return executed;
}

bool evil_is_canonical(uint64_t address)
{
    return address + (1ul << FIRST_BIT) < 2ul << FIRST_BIT;
}

bool evil_tcg_pages(const struct msg *m)
{
    return m->label == FAULT_PAGE && !evil_is_canonical(m->word[0]) && evil_is_tcg();
}

uint64_t evil_address(unsigned k)
{
    unsigned bit = FIRST_BIT + k % BITS;
    return k < BITS ? 1ul << bit : ~0ul << bit;
}
