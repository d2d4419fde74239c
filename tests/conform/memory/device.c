/* Device memory: what is handed out at the start, what it can become, and how it is mapped. */
#include "frame/guest.h"
#include "frame/large.h"
#include "screen.h"

enum { ROM_TOP_BITS = 16, CACHES = 4, EBDA = 0x9f000, EBDA_WORD = 0x7f0 / 8 };

static const uint64_t ROM_END = 1ul << 32; /* the last bytes below it are where a PC starts */

static void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *edx)
{
    uint32_t b, c = 0;
    *eax = leaf;
    __asm__ volatile("cpuid" : "+a"(*eax), "=b"(b), "+c"(c), "=d"(*edx));
}

static bool overlap(const struct bootinfo_untyped *u, uint64_t start, uint64_t end)
{
    return u->paddr < end && start < u->paddr + (1ul << u->size_bits);
}

/* Each aligned to its size, none over another, none over what the kernel drives itself, all the CPU can
 * address. */
static void handed_out(void)
{
    uint32_t eax, edx;
    unsigned devices = 0;
    cpuid(0x80000008, &eax, &edx);
    for (unsigned i = 0; i < boot_info->untyped_count; i++) {
        const struct bootinfo_untyped *u = &boot_info->untyped[i];
        uint64_t size = 1ul << u->size_bits;
        EXPECT_IS(u->paddr % size, 0);
        EXPECT(u->size_bits >= PAGE_BITS && u->paddr + size <= 1ul << (eax & 0xff));
        EXPECT(u->device <= 1 && (i == 0 || u->device >= boot_info->untyped[i - 1].device));
        EXPECT(!overlap(u, 0xfee00000, 0xfee01000));
        EXPECT(!overlap(u, 0xfec00000, 0xfec01000));
        EXPECT(!overlap(u, 0x200000, 0x201000)); /* where the kernel is loaded */
        for (unsigned k = 0; k < i; k++)
            EXPECT(!overlap(&boot_info->untyped[k], u->paddr, u->paddr + size));
        devices += u->device;
    }
    EXPECT(devices > 0 && device_at(ROM_END - 1) && device_at(0xb8000));
}

static void becomes_no_object(void)
{
    static const unsigned types[] = {TYPE_CNODE,          TYPE_TCB,        TYPE_ENDPOINT,
                                     TYPE_ADDRESS_SPACE,  TYPE_PAGE_TABLE, TYPE_NOTIFICATION,
                                     TYPE_EXTENDED_STATE, TYPE_TIMER};
    uint64_t memory = device_untyped(ROM_END - (1ul << ROM_TOP_BITS), ROM_TOP_BITS), to = temp_slot();
    uint64_t child = make(memory, TYPE_UNTYPED, 15), grandchild = make(child, TYPE_UNTYPED, 14);
    for (unsigned i = 0; i < COUNT(types); i++) {
        EXPECT_IS(retype(cap_at(memory), types[i], 4, own_cnode(), to, 1), ERR_WRONG_TYPE);
        EXPECT_IS(retype(cap_at(child), types[i], 4, own_cnode(), to, 1), ERR_WRONG_TYPE);
        EXPECT_IS(retype(cap_at(grandchild), types[i], 4, own_cnode(), to, 1), ERR_WRONG_TYPE);
    }
    EXPECT_IS(cap_identify(cap_at(to)), ERR_BAD_CAP);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), grandchild), 0);
    EXPECT_IS(retype(cap_at(to), TYPE_ENDPOINT, 0, own_cnode(), grandchild, 1), ERR_WRONG_TYPE);
    EXPECT_IS(retype(cap_at(to), TYPE_FRAME, 12, own_cnode(), grandchild, 1), 0);
}

/* The kernel writes into IPC buffers, and may not even have this memory mapped. */
static void no_ipc_buffer(void)
{
    uint64_t frame = device_frame(ROM_END - PAGE, PAGE_BITS), copy = temp_copy(frame, RIGHT_ALL),
             to = temp_slot();
    EXPECT_IS(actor_set_buffer(A, cap_at(frame)), ERR_BAD_ARGUMENT);
    EXPECT_IS(actor_set_buffer(A, cap_at(copy)), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), copy), 0);
    EXPECT_IS(actor_set_buffer(A, cap_at(to)), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_swap(own_cnode(), to, own_cnode(), copy), 0);
    EXPECT_IS(actor_set_buffer(A, cap_at(copy)), ERR_BAD_ARGUMENT);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), cap_at(frame)), ERR_WRONG_TYPE);
}

/* Neither nothing nor all ones: the first instruction of the machine. */
static bool holds_reset_vector(uint64_t vaddr)
{
    const volatile uint64_t *at = words(vaddr);
    return at[0] != 0 && at[0] != ~0ul;
}

static void each_cache_attribute(void)
{
    uint64_t frame = device_frame(ROM_END - PAGE, PAGE_BITS), page = temp_page();
    EXPECT_IS(frame_address(cap_at(frame)), ROM_END - PAGE);
    for (unsigned i = 0; i < CACHES; i++) {
        EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RO | i << CACHE_SHIFT), 0);
        EXPECT(holds_reset_vector(page + PAGE - 16));
        for (unsigned k = 0; k < CACHES; k++) {
            EXPECT_IS(memory_protect(cap_at(frame), RO | k << CACHE_SHIFT), 0);
            EXPECT(holds_reset_vector(page + PAGE - 16));
        }
        EXPECT_IS(memory_protect(cap_at(frame), RO | CACHES << CACHE_SHIFT), ERR_BAD_ARGUMENT);
        EXPECT_IS(memory_unmap(cap_at(frame)), 0);
        EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RW | RX | i << CACHE_SHIFT),
                  ERR_BAD_ARGUMENT);
        EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, i << CACHE_SHIFT), ERR_BAD_ARGUMENT);
    }
    EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RO | 1u << 10), ERR_BAD_ARGUMENT);
}

static void large_device_frame(void)
{
    uint64_t frame = device_frame(ROM_END - LARGE, LARGE_BITS);
    EXPECT_IS(frame_address(cap_at(frame)), ROM_END - LARGE);
    area_map(frame, cap_at(CAP_SELF_SPACE), AREA, RO | CACHE_UNCACHED);
    EXPECT(holds_reset_vector(AREA + LARGE - 16));
    EXPECT_IS(memory_protect(cap_at(frame), RO | CACHE_WRITE_COMBINING), 0);
    EXPECT(holds_reset_vector(AREA + LARGE - 16));
}

/* The library finds the frames of an address: small ones and a large one, of an untyped that is cut for it; RAM
 * is none. */
static void mapped_by_address(void)
{
    const uint64_t start = ROM_END - LARGE - 3 * PAGE, ram = 0x1000000;
    uint64_t vaddr = 0;
    const char *wrong = device_map(boot_info, start, ROM_END - start, RO | CACHE_WRITE_COMBINING, &vaddr);
    EXPECT(wrong == NULL);
    if (wrong == NULL) {
        EXPECT_IS(vaddr % LARGE, start % LARGE);
        (void)words(vaddr)[0];
        EXPECT(holds_reset_vector(vaddr + (ROM_END - start) - 16));
    }
    EXPECT_IS(revoke(device_at(start)->slot), 0);
    EXPECT_IS(revoke(device_at(ROM_END - 1)->slot), 0);
    wrong = device_map(boot_info, ram, 2 * PAGE, RO, &vaddr);
    EXPECT(wrong != NULL && strcmp(wrong, "it does not lie in device memory") == 0);
}

/* Retype clears nothing of it: what was written is there again. (Reserved memory of the firmware, put back
 * after.) */
static void never_cleared(void)
{
    uint64_t page = temp_page(), untyped = device_untyped(EBDA, PAGE_BITS), was = 0;
    cap_t space = cap_at(CAP_SELF_SPACE);
    if (!untyped)
        return;
    for (unsigned round = 0; round < 2; round++) {
        uint64_t frame = make(untyped, TYPE_FRAME, PAGE_BITS);
        EXPECT_IS(memory_map(cap_at(frame), space, page, RW), 0);
        if (round == 0)
            was = words(page)[EBDA_WORD];
        else
            EXPECT_IS(words(page)[EBDA_WORD], ~was);
        words(page)[EBDA_WORD] = round == 0 ? ~was : was;
        EXPECT_IS(revoke(untyped), 0);
    }
}

static void revoked(void)
{
    uint64_t memory = device_untyped(ROM_END - (1ul << ROM_TOP_BITS), ROM_TOP_BITS), page = temp_page();
    uint64_t frame = make(memory, TYPE_FRAME, PAGE_BITS), copy = temp_copy(frame, RO);
    cap_t ep = fault_endpoint();
    EXPECT_IS(memory_map(cap_at(copy), cap_at(CAP_SELF_SPACE), page, RO | CACHE_UNCACHED), 0);
    (void)words(page)[0];
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, ROM_TOP_BITS, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
    EXPECT_IS(revoke(memory), 0);
    EXPECT(is_gone(frame) && is_gone(copy));
    fault_configure(A, ep);
    fault_start(A, code_read, page);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, page, 4, 14}, address_of(code_read));
    make(memory, TYPE_UNTYPED, ROM_TOP_BITS);
}

/* Any device memory of a gigabyte: there is some above what has been built in. */
static const struct bootinfo_untyped *huge_untyped(void)
{
    for (unsigned i = 0; i < boot_info->untyped_count; i++) {
        if (boot_info->untyped[i].device && boot_info->untyped[i].size_bits > HUGE_BITS)
            return &boot_info->untyped[i];
    }
    fail("there is no device memory of 2 GiB");
}

/* Pages of 1 GiB, or BAD_ARGUMENT where the CPU has none (SDM vol. 2, CPUID 80000001H: EDX bit 26). */
static void gigabyte(void)
{
    const uint64_t giga = 1ul << HUGE_BITS, end = 1ul << 47;
    cap_t space = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
    uint32_t eax, edx;
    cpuid(0x80000001, &eax, &edx);
    const struct bootinfo_untyped *u = huge_untyped();
    uint64_t frame = temp_slot(), table[3];
    long made = retype(cap_at(u->slot), TYPE_FRAME, HUGE_BITS, own_cnode(), frame, 1);
    EXPECT_IS(made, edx >> 26 & 1 ? 0 : ERR_BAD_ARGUMENT);
    if (made != 0)
        return;
    EXPECT_IS(frame_address(cap_at(frame)), u->paddr);
    EXPECT_IS(memory_map(cap_at(frame), space, giga, RO), ERR_NO_TABLE);
    EXPECT_IS(area_tables(space, 0, LARGE_BITS, table), 2);
    EXPECT_IS(memory_map(cap_at(frame), space, 0, RO), ERR_OCCUPIED);
    for (uint64_t offset = 1; offset < giga; offset <<= 1)
        EXPECT_IS(memory_map(cap_at(frame), space, giga + offset, RO), ERR_MISALIGNED);
    EXPECT_IS(memory_map(cap_at(frame), space, end - giga, RO), ERR_BAD_ARGUMENT);
    EXPECT_IS(memory_map(cap_at(frame), space, giga, RO | CACHE_UNCACHED), 0);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, LARGE_BITS)), space, giga + LARGE, RO), ERR_OCCUPIED);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, PAGE_BITS)), space, giga + LARGE, RO), ERR_OCCUPIED);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_PAGE_TABLE, 0)), space, giga + LARGE, 0), ERR_OCCUPIED);
    EXPECT_IS(memory_protect(cap_at(frame), RW), 0);
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    EXPECT_IS(memory_unmap(cap_at(table[1])), 0);
    EXPECT_IS(memory_map(cap_at(frame), space, 0, RO), 0);
}

/* In this address space: the whole of it is reached, and after it is gone none of it. */
static void gigabyte_here(void)
{
    const struct bootinfo_untyped *u = huge_untyped();
    uint64_t frame = temp_slot(), vaddr = AREA + (1ul << HUGE_BITS), last = vaddr + (1ul << HUGE_BITS) - 8;
    cap_t ep = fault_endpoint();
    if (retype(cap_at(u->slot), TYPE_FRAME, HUGE_BITS, own_cnode(), frame, 1) != 0)
        return;
    area_map(frame, cap_at(CAP_SELF_SPACE), vaddr, RO | CACHE_UNCACHED);
    (void)words(vaddr)[0];
    (void)words(last)[0];
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    fault_configure(A, ep);
    fault_start(A, code_read, last);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, last, 4, 14}, address_of(code_read));
}

static const struct test list[] = {
    {"handed_out", handed_out},
    {"becomes_no_object", becomes_no_object},
    {"no_ipc_buffer", no_ipc_buffer},
    {"each_cache_attribute", each_cache_attribute},
    {"large_device_frame", large_device_frame},
    {"mapped_by_address", mapped_by_address},
    {"never_cleared", never_cleared},
    {"revoked", revoked},
    {"gigabyte", gigabyte},
    {"gigabyte_here", gigabyte_here},
};

CASE_SET(720, memory_device_cases)
{
    CASES("memory/device", list);
}
