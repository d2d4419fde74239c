/* The kernel's half of the address space, from ring 3: nothing of it is read, written or executed, in whatever
 * way. */
#include "frame/evil.h"

enum { ROOT_ENTRIES = 256, IMAGE_PAGES = 512, HIGHER_HALF_BIT = 47 };

static const uint64_t image = 0xffffffff80200000;

__asm__(".text\n"
        "evil_fs: mov %rdi, %rax; mov %fs:(%rax), %rax; ret\n"
        "evil_movs: mov %rdi, %rsi; mov $evil_bytes, %edi; mov $8, %ecx; rep movsb; ret\n"
        "evil_stos: xor %eax, %eax; mov $8, %ecx; rep stosb; ret\n"
        "evil_cmpxchg: xor %eax, %eax; lock cmpxchg %rcx, (%rdi); ret\n"
        "evil_pop_there: mov %rdi, %rsp; pop %rax; ud2\n"
        "evil_call: call *(%rdi); ret\n"
        "evil_return_there: push %rdi; ret\n"
        "evil_straddle: mov 1(%rdi), %rax; ret\n");
void evil_fs(uint64_t address);
void evil_movs(uint64_t address);
void evil_stos(uint64_t address);
void evil_cmpxchg(uint64_t address);
void evil_pop_there(uint64_t address);
void evil_call(uint64_t address);
void evil_return_there(uint64_t address);
void evil_straddle(uint64_t address);
uint8_t evil_bytes[8];

static void (*const ways[])(uint64_t) = {code_read, code_write,        code_jump,    evil_fs,
                                         evil_movs, evil_stos,         evil_cmpxchg, evil_pop_there,
                                         evil_call, evil_return_there, evil_straddle};

/* One access: a page fault of ring 3, at that address, whether mapped there or not. */
static void refused(cap_t ep, void (*way)(uint64_t), uint64_t address)
{
    evil_start(ep, way, address);
    struct msg m = evil_fault(ep);
    EXPECT_IS(m.label, FAULT_PAGE);
    EXPECT_IS(m.word[2] & PF_USER, PF_USER);
    EXPECT_IS(m.word[0], address + (way == evil_straddle));
}

static void every_way(void)
{
    static const uint64_t addresses[] = {0xffff800000000000, 0xffff800000200000, 0xffff800001000000,
                                         0xffffffff80000000, 0xffffffff80200000, 0xffffffff80210000,
                                         0xffffffff80240000, 0xffffffffffe00000};
    cap_t ep = fault_endpoint();
    for (unsigned i = 0; i < COUNT(addresses); i++) {
        for (unsigned k = 0; k < COUNT(ways); k++)
            refused(ep, ways[k], addresses[i]);
    }
}

/* Each page of the image; text, data, stacks and tables are among them. */
static void image_pages(void)
{
    cap_t ep = fault_endpoint();
    for (unsigned page = 0; page < IMAGE_PAGES; page++) {
        uint64_t address = image + page * PAGE_BYTES;
        refused(ep, code_read, address);
        refused(ep, code_write, address);
        refused(ep, code_jump, address);
    }
}

/* Each entry of the top table: 512 GiB each, at its first and last word. */
static void root_entries(void)
{
    cap_t ep = fault_endpoint();
    for (uint64_t k = 0; k < ROOT_ENTRIES; k++) {
        uint64_t first = (ROOT_ENTRIES + k) << 39 | ~0ul << HIGHER_HALF_BIT;
        refused(ep, code_read, first);
        refused(ep, code_read, first + (1ul << 39) - 8);
        refused(ep, code_jump, first);
    }
}

/* All memory that this machine has, where the kernel sees it. */
static void physical_memory(void)
{
    cap_t ep = fault_endpoint();
    for (uint64_t offset = 0; offset < 512ul << 20; offset += 7ul << 20) {
        refused(ep, code_read, 0xffff800000000000 + offset);
        refused(ep, code_write, 0xffff800000000000 + offset);
    }
}

/* An access that begins in ring 3's half and ends in the hole above it. */
static void over_the_edge(void)
{
    cap_t ep = fault_endpoint();
    evil_start(ep, code_read, 0x7ffffffffffc);
    struct msg m = evil_fault(ep);
    EXPECT(m.label == FAULT_PROTECTION ||
           (m.label == FAULT_PAGE && (m.word[2] & PF_USER) && m.word[0] == 0x7ffffffffffc));
    evil_start(ep, code_read, ~0ul - 3); /* wraps around to address 0 */
    m = evil_fault(ep);
    EXPECT(m.label == FAULT_PAGE && (m.word[2] & PF_USER));
}

/* System calls take addresses as numbers only, and none of the kernel's. */
static void in_system_calls(void)
{
    cap_t frame = cap_at(temp_object(TYPE_FRAME, 12)), self = cap_at(CAP_SELF_SPACE);
    cap_t table = cap_at(temp_object(TYPE_PAGE_TABLE, 0));
    for (unsigned k = 0; k < EVIL_ADDRESSES; k++) {
        uint64_t address = evil_address(k);
        EXPECT_IS(memory_map(frame, self, address, RIGHT_READ | RIGHT_WRITE), ERR_BAD_ARGUMENT);
        EXPECT_IS(memory_map(table, self, address, 0), ERR_BAD_ARGUMENT);
        EXPECT_IS(thread_set_tls(actor_tcb(A), address, 0), ERR_BAD_ARGUMENT);
        EXPECT_IS(thread_set_tls(actor_tcb(A), 0, address), ERR_BAD_ARGUMENT);
    }
}

static const struct test list[] = {
    {"every_way", every_way},         {"image_pages", image_pages},
    {"root_entries", root_entries},   {"physical_memory", physical_memory},
    {"over_the_edge", over_the_edge}, {"in_system_calls", in_system_calls},
};

CASE_SET(810, evil_memory_cases)
{
    CASES("evil/memory", list);
}
