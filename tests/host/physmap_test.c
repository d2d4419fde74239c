/* The machine's own kernel/arch/x86_64/paging.c: each page of RAM is in the kernel's tables once, at its own address, and nothing else is, not even as
   a part of a large page. */
#include "paging_names.h"
#define device_kept paging_device_kept
#define device_kept_count paging_device_kept_count
#include <stdlib.h>
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "test.h"

static uint64_t cr3_loaded;

static void cpu_write_cr3(uint64_t value)
{
    cr3_loaded = value;
}

static void cpu_invlpg(uint64_t vaddr)
{
    (void)vaddr;
}

static void cpu_invpcid(enum invpcid_type type, uint64_t of, uint64_t vaddr)
{
    (void)type, (void)of, (void)vaddr;
}

static uint64_t no_cr3(void)
{
    return 0;
}

/* Its image is empty as virtual memory, and two large pages of physical memory. */
#undef KERNEL_VMA
#define KERNEL_VMA ((uintptr_t)image - 0x5ff000)
#define kernel_text_start image
#define kernel_text_end image
#define kernel_window_start image
#define kernel_window_end image
#define kernel_rodata_start image
#define kernel_rodata_end image
#define kernel_data_start image
#define kernel_end image
#define entry_kpti_start image
#define entry_kpti_end image
#define read_cr3 no_cr3
#define write_cr3 cpu_write_cr3
#define invlpg cpu_invlpg
#define invpcid cpu_invpcid
extern char image[];
#include "arch/x86_64/paging.c" /* NOLINT */

enum { IMAGE_END = 0x600000, PAGE = 4096, MADE = 256 };
struct cpu_features cpu_features;
uint32_t mitigations;
char image[1], kernel_stack_guard[1];
static void *made[MADE];
static unsigned made_count;

uint64_t boot_page(void)
{
    void *page = aligned_alloc(PAGE, PAGE);
    CHECK(page && made_count < MADE);
    made[made_count++ % MADE] = page;
    return (uintptr_t)memset(page, 0, PAGE);
}

/* The entry by which the CPU finds that physical page, or 0, and the size of its page. */
static uint64_t found(uint64_t p, uint64_t *size)
{
    const uint64_t *table = kernel_root;
    for (unsigned level = 4; level > 0; level--) {
        uint64_t entry = table[arch_table_index(PHYSMAP + p, level)];
        *size = 1ull << (3 + 9 * level);
        if (!(entry & PTE_PRESENT) || level == 1 || entry & PTE_LARGE)
            return entry & PTE_PRESENT ? entry : 0;
        table = (const uint64_t *)(uintptr_t)(entry & PTE_ADDRESS);
    }
    return 0;
}

/* pre: p is the first of its page, if it is mapped */
static void check_page(const char *what, uint64_t p, uint64_t wanted)
{
    uint64_t size, entry = found(p, &size);
    CHECK_NUMBER(what, entry ? size : 0, wanted);
    if (entry && p % size == 0)
        CHECK_NUMBER(what, entry & PTE_ADDRESS, p);
    CHECK(!entry || (entry & PTE_WRITE && entry & PTE_NX && entry & PTE_GLOBAL));
}

static const struct region regions[] = {
    {0, 0x9f000},
    {0x100000, 0x3fffe000},
    {0x3ffff000, 0x40000000},
    {0x40000000, 0xc0201000},
    {0x100001000, 0x140000000},
};

static void map_all(const struct region *list, unsigned count, bool gib)
{
    memset(kernel_root, 0, sizeof kernel_root);
    final_tables = false;
    cpu_features.page_1gib = gib;
    paging_init(list, count);
    CHECK_NUMBER("CR3", cr3_loaded, (uintptr_t)kernel_root - KERNEL_VMA);
}

static void free_all(void)
{
    while (made_count > 0)
        free(made[--made_count]);
}

static void each_page_once(void)
{
    for (unsigned gib = 0; gib < 2; gib++) {
        map_all(regions, sizeof regions / sizeof *regions, gib);
        uint64_t large = gib ? GIB1 : MIB2;
        check_page("the first page", 0, PAGE);
        check_page("the last below 640 KiB", 0x9e000, PAGE);
        check_page("behind it", 0x9f000, 0);
        check_page("1 MiB", 0x100000, PAGE);
        check_page("the last before the image", KERNEL_PHYS - PAGE, PAGE);
        check_page("the image", KERNEL_PHYS, 0);
        check_page("its second large page", KERNEL_PHYS + MIB2, 0);
        check_page("its last page", IMAGE_END - PAGE, 0);
        check_page("behind the image", IMAGE_END, MIB2);
        check_page("the last whole large page", 0x3fc00000, MIB2);
        check_page("of one that is not whole", 0x3fe00000, PAGE);
        check_page("the last of that", 0x3fffd000, PAGE);
        check_page("between two regions", 0x3fffe000, 0);
        check_page("a region of one page", 0x3ffff000, PAGE);
        check_page("1 GiB", 0x40000000, large);
        check_page("2 GiB", 0x80000000, large);
        check_page("3 GiB, not whole", 0xc0000000, MIB2);
        check_page("the last page of the region", 0xc0200000, PAGE);
        check_page("behind the region", 0xc0201000, 0);
        check_page("no RAM at 4 GiB", 0x100000000, 0);
        check_page("a region that begins at no large page", 0x100001000, PAGE);
        check_page("its first large page", 0x100200000, MIB2);
        check_page("its last one", 0x13fe00000, MIB2);
        check_page("the end", 0x140000000, 0);
        free_all();
    }
}

/* The image in the midst of what could be one page, as on machines without a hole below 1 MiB. */
static void image_within_a_region(void)
{
    static const struct region whole = {0, 2 * GIB1};
    map_all(&whole, 1, true);
    check_page("before the image", 0, MIB2);
    check_page("the image", KERNEL_PHYS, 0);
    check_page("its last page", IMAGE_END - PAGE, 0);
    check_page("behind the image", IMAGE_END, MIB2);
    check_page("the last before 1 GiB", GIB1 - MIB2, MIB2);
    check_page("1 GiB", GIB1, GIB1);
    check_page("the end", 2 * GIB1, 0);
    free_all();
}

static void device_pages(void)
{
    map_all(regions, sizeof regions / sizeof *regions, true);
    CHECK(!paging_map_device(0xc0200000) && !paging_map_device(0) && !paging_map_device(0x9e000));
    CHECK_NUMBER("kept before", device_kept_count, 2);
    final_tables = false; /* so that a table's physical address is its own */
    CHECK(paging_map_device(0x9f000) && paging_map_device(0xfed00000));
    CHECK_NUMBER("kept", device_kept_count, 4);
    CHECK(device_kept[2].start == 0x9f000 && device_kept[2].end == 0xa0000 &&
          device_kept[3].start == 0xfed00000);
    uint64_t size, entry = found(0xfed00000, &size);
    CHECK(size == PAGE && entry & PTE_CACHE_DISABLE && entry & PTE_WRITE_THROUGH && entry & PTE_NX);
    free_all();
}

int main(void)
{
    test_run("physmap/each_page_once", each_page_once);
    test_run("physmap/image_within_a_region", image_within_a_region);
    test_run("physmap/device_pages", device_pages);
    return test_end();
}
