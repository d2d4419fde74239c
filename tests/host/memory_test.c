/* kernel/boot/memory.c: every page of the machine is RAM to give away, device memory, or neither; none is two
 * of them. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include "arch_host.h"
#include "boot/boot.h"
#include "object/untyped.h"
#include "test.h"

enum { BLOCKS = 4096, PHYSICAL_BITS = 36, KEPT = 0x200000 }; /* KEPT: arch_host.c */

struct block {
    uint64_t start, end;
};

static struct block ram[BLOCKS], device[BLOCKS];
static unsigned ram_count, device_count;
static uint64_t image_end;

uint64_t kernel_image_end(void)
{
    return image_end;
}

static void add(struct block *to, unsigned *count, uint64_t paddr, unsigned bits)
{
    CHECK(*count < BLOCKS && bits >= 12 && bits <= UNTYPED_BITS_MAX && !(paddr & ((1ull << bits) - 1)));
    to[(*count)++ % BLOCKS] = (struct block){paddr, paddr + (1ull << bits)};
}

static void take_ram(uint64_t paddr, unsigned bits)
{
    add(ram, &ram_count, paddr, bits);
}

static void take_device(uint64_t paddr, unsigned bits)
{
    add(device, &device_count, paddr, bits);
}

static bool in(const struct block *list, unsigned count, uint64_t p)
{
    for (unsigned i = 0; i < count; i++) {
        if (p >= list[i].start && p < list[i].end)
            return true;
    }
    return false;
}

static void give(struct boot_info *boot, unsigned physical_bits)
{
    ram_count = device_count = 0;
    boot_memory_init(boot, physical_bits);
    boot_memory_rest(take_ram);
    boot_device_memory(boot, physical_bits, take_device);
}

/* The memory map of a PC of 512 MiB, as QEMU's firmware gives it; a module at 4 MiB. */
static struct boot_info pc(void)
{
    image_end = 0x400000;
    return (struct boot_info){.region_count = 2,
                              .region = {{0, 0x9f000}, {0x100000, 0x1ffe0000}},
                              .module_count = 1,
                              .module = {{0x400000, 0x412345, "first"}}};
}

static void a_pc(void)
{
    static const struct {
        uint64_t p;
        bool ram, device;
    } pages[] = {{0, false, false},          {0x9e000, false, false},        {0x9f000, false, true},
                 {0xb8000, false, true},     {0xff000, false, true},         {0x100000, true, false},
                 {0x1ff000, true, false},    {0x200000, false, false},       {0x3ff000, false, false},
                 {0x400000, false, false},   {0x412000, false, false},       {0x413000, true, false},
                 {0x1ffdf000, true, false},  {0x1ffe0000, false, true},      {0x80000000, false, true},
                 {0xfebff000, false, true},  {0xfec00000, false, false}, /* kept, arch_host.c */
                 {0xfecff000, false, false}, {0xfed00000, false, true},      {0xfee00000, false, false},
                 {0xfeeff000, false, false}, {0xfef00000, false, true},      {0xffffffff, false, true},
                 {1ull << 35, false, true},  {(1ull << 36) - 1, false, true}};
    struct boot_info boot = pc();
    give(&boot, PHYSICAL_BITS);
    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        CHECK_NUMBER("RAM", in(ram, ram_count, pages[i].p), pages[i].ram);
        CHECK_NUMBER("device", in(device, device_count, pages[i].p), pages[i].device);
    }
    CHECK(!in(device, device_count, 1ull << PHYSICAL_BITS) && device_count < 40);
}

/* By the map of an odd loader; `says` NULL: it is taken. */
static void check_place(uint64_t start, uint64_t end, const char *says)
{
    struct boot_info boot = pc();
    boot.region_count = 4;
    boot.region[1].end = 0x800000;
    boot.region[2] = (struct region){0x801000, 0x900000};
    boot.region[3] = (struct region){(1ull << PHYSICAL_BITS) - 0x1000, (1ull << PHYSICAL_BITS) + 0x1000};
    boot.module[boot.module_count++] = (struct boot_module){start, end, "odd"};
    if (says)
        CHECK_ENDS(give(&boot, PHYSICAL_BITS), 127, says);
    else
        give(&boot, PHYSICAL_BITS);
}

static void places_of_modules(void)
{
    static const struct {
        uint64_t start, end;
        const char *says;
    } places[] = {
        {0x7ff000, 0x800000, NULL}, /* the last page of RAM, the first, one below 1 MiB, an empty file */
        {0x801000, 0x801001, NULL},
        {0x9e000, 0x9f000, NULL},
        {0x1ff000, 0x200000, NULL},
        {0x1ff000, 0x200001, "boot module odd at 1ff000 to 200001 does not lie in free RAM"}, /* the kernel's */
        {0x300000, 0x301000, "boot module odd at 300000 to 301000 does not lie in free RAM"},
        {0x3ff000, 0x400000, "does not lie in free RAM"},
        {0x900000, 0x900000, NULL},
        {0x7ff000, 0x800001, "boot module odd at 7ff000 to 800001 does not lie in free RAM"},
        {0x800000, 0x801000, "boot module odd at 800000 to 801000 does not lie in free RAM"},
        {0x7ff000, 0x802000,
         "boot module odd at 7ff000 to 802000 does not lie in free RAM"}, /* in two pieces of it */
        {0x9f000, 0xa0000, "boot module odd at 9f000 to a0000 does not lie in free RAM"},
        {0xe0000000, 0xe0001000, "boot module odd at e0000000 to e0001000 does not lie in free RAM"},
        {(1ull << PHYSICAL_BITS) - 0x1000, (1ull << PHYSICAL_BITS) + 1, "does not lie in free RAM"},
        {0x700000, 0x6ff000, "boot module odd at 700000 to 6ff000 does not lie in free RAM"},
        {0x700000, ~0ull, "does not lie in free RAM"},
        {0x412000, 0x500000, "boot modules first and odd overlap, at 400000 to 412345 and 412000 to 500000"},
        {0x411000, 0x413001, "overlap"},
        {0x413000, 0x500000, NULL},
    };
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
        check_place(places[i].start, places[i].end, places[i].says);
}

/* Where APICs and firmware lie there is no RAM, whatever the map says; an endless region is the rest of it. */
static void no_ram_there(void)
{
    struct boot_info boot = pc();
    boot.region[1].end = ~0xfffull;
    give(&boot, PHYSICAL_BITS);
    for (unsigned i = 0; i < 3; i++) {
        const uint64_t p = (const uint64_t[]){0xfec00000, 0xfee00000, 0xfffff000}[i];
        CHECK(!in(ram, ram_count, p) &&
              in(device, device_count, p) == (i == 2)); /* the others are kept, arch_host.c */
    }
    CHECK(in(ram, ram_count, 0xfebff000) && in(ram, ram_count, 1ull << 32) &&
          !in(device, device_count, 0xfebff000));
    boot.module[boot.module_count++] = (struct boot_module){0xfff00000, 0xfff01000, "rom"};
    CHECK_ENDS(give(&boot, PHYSICAL_BITS), 127,
               "boot module rom at fff00000 to fff01000 does not lie in free RAM");
}

/* A map that does not have the kernel's image as RAM: nobody gets it all the same. */
static void image_beside_the_map(void)
{
    struct boot_info boot = pc();
    boot.region[1].start = 0x400000;
    give(&boot, PHYSICAL_BITS);
    for (unsigned i = 0; i < 4; i++) {
        const uint64_t p = (const uint64_t[]){0x1ff000, 0x200000, 0x3ff000, 0x413000}[i];
        CHECK_NUMBER("device", in(device, device_count, p), i == 0);
        CHECK_NUMBER("RAM", in(ram, ram_count, p), i == 3);
    }
}

/* Larger than the CPU says: a number too large to be told from other objects' is never given. */
static void address_width(void)
{
    for (unsigned bits = 32; bits <= 52; bits++) {
        struct boot_info boot = pc();
        uint64_t end = 0, wanted = 1ull << (bits < UNTYPED_BITS_MAX ? bits : (unsigned)UNTYPED_BITS_MAX);
        give(&boot, bits);
        for (unsigned i = 0; i < device_count; i++)
            end = device[i].end > end ? device[i].end : end;
        CHECK_NUMBER("the last address", end, wanted);
    }
}

/* Random memory maps; RAM and devices do not overlap, lie inside, and with what is kept are all there is. */
static void random_maps(void)
{
    for (unsigned round = 0; round < 200 && !test_state.failing; round++) {
        struct boot_info boot = pc();
        uint64_t p = 1ull << 32, total = KEPT;
        while (boot.region_count < 20) {
            uint64_t start = p + ((uint64_t)random_below(5000) + 1) * 4096,
                     size = (1 + (uint64_t)random_below(100000)) * 4096;
            boot.region[boot.region_count++] = (struct region){start, start + size};
            p = start + size;
        }
        give(&boot, PHYSICAL_BITS);
        for (unsigned i = 0; i < device_count; i++) {
            total += device[i].end - device[i].start;
            for (unsigned k = 0; k < boot.region_count; k++)
                CHECK(device[i].end <= boot.region[k].start || boot.region[k].end <= device[i].start);
            for (unsigned k = 0; k < i; k++)
                CHECK(device[i].end <= device[k].start || device[k].end <= device[i].start);
        }
        for (unsigned k = 0; k < boot.region_count; k++)
            total += boot.region[k].end - boot.region[k].start;
        CHECK_NUMBER("all there is", total, 1ull << PHYSICAL_BITS);
    }
}

/* RAM that the map has and the CPU cannot address is nobody's. */
static void beyond_the_cpu(void)
{
    struct boot_info boot = pc();
    const uint64_t end = 1ull << PHYSICAL_BITS;
    boot.region[boot.region_count++] = (struct region){end - 0x2000, end + 0x3000};
    boot.region[boot.region_count++] = (struct region){1ull << 50, 1ull << 51};
    give(&boot, PHYSICAL_BITS);
    CHECK(in(ram, ram_count, end - 0x1000) && !in(ram, ram_count, end) && !in(ram, ram_count, 1ull << 50));
    CHECK_NUMBER("regions", boot.region_count, 3);
}

/* Blocks for the boot lie in one region each, wherever it begins and ends, below 4 GiB, and nobody gets them again. They are cleared,
   so there is memory at these addresses. */
static void blocks_for_the_boot(void)
{
    enum { PAGE = 4096, AT = 0x70000000, SPAN = 0x40000, BITS = 14 };
    static const struct region there[] = {{AT + PAGE, AT + 6 * PAGE}, {AT + 0x10000, AT + 0x10000 + 9 * PAGE}};
    image_end = 0x400000;
    struct boot_info boot = {.region_count = 3, .region = {there[0], there[1], {1ull << 32, 1ull << 33}}};
    if (mmap((void *)(uintptr_t)AT, SPAN, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
             0) != (void *)(uintptr_t)AT) /* NOLINT: a physical address */
        abort();
    memset((void *)(uintptr_t)AT, 0xee, SPAN); /* NOLINT */
    ram_count = 0;
    boot_memory_init(&boot, PHYSICAL_BITS);
    CHECK_NUMBER("the only one in the second region", boot_memory(BITS), AT + 0x14000);
    CHECK_NUMBER("and the one below it", boot_memory(BITS), AT + 0x10000);
    CHECK_NUMBER("a page", boot_page(), AT + 5 * PAGE);
    CHECK(*(const uint8_t *)(uintptr_t)(AT + 0x13fff) == 0 &&
          *(const uint8_t *)(uintptr_t)(AT + 0x18000) == 0xee); /* NOLINT */
    CHECK_ENDS(boot_memory(BITS), 127, "out of memory at boot: no free block of 2^14 bytes");
    boot_memory_rest(take_ram);
    CHECK(!in(ram, ram_count, AT + 5 * PAGE) && !in(ram, ram_count, AT + 0x10000) && !in(ram, ram_count, AT));
    CHECK(in(ram, ram_count, AT + 4 * PAGE) && in(ram, ram_count, AT + 0x18000) &&
          in(ram, ram_count, 1ull << 32));
    munmap((void *)(uintptr_t)AT, SPAN); /* NOLINT */
}

/* Regions added and taken away at random, compared with one bit for each page. */
static void sets_of_pages(void)
{
    enum { PAGES = 64 };
    struct region list[BOOT_REGIONS];
    unsigned count = 0;
    uint64_t model = 0;
    for (unsigned round = 0; round < 20000 && !test_state.failing; round++) {
        uint64_t start = random_below(PAGES), end = random_below(PAGES), found = 0;
        uint64_t bits = start < end ? (1ull << end) - (1ull << start) : 0;
        bool adds = random_below(2);
        (adds ? regions_add : regions_remove)(list, &count, start, end);
        model = adds ? model | bits : model & ~bits;
        for (unsigned i = 0; i < count; i++) {
            CHECK(list[i].start < list[i].end && (i == 0 || list[i - 1].end < list[i].start));
            found |= (1ull << list[i].end) - (1ull << list[i].start);
        }
        CHECK_NUMBER("pages", found, model);
    }
}

/* One region that is cut in two when there is room for no other. */
static void no_room_for_the_rest(void)
{
    struct region list[BOOT_REGIONS];
    unsigned count = 0;
    for (unsigned i = 0; i < BOOT_REGIONS; i++)
        regions_add(list, &count, 16 * i, 16 * i + 8);
    host_forget();
    regions_remove(list, &count, 34, 36);
    CHECK(count == BOOT_REGIONS && list[2].start == 32 && list[2].end == 34 && list[3].start == 48);
    CHECK(strstr(host.console, "24 to 28 is left out\n")); /* hexadecimal */
    regions_remove(list, &count, 33, 40);
    CHECK(count == BOOT_REGIONS && list[2].end == 33 && list[3].start == 48);
}

int main(void)
{
    random_seed();
    test_run("memory: a PC", a_pc);
    test_run("memory: the image beside the map", image_beside_the_map);
    test_run("memory: where modules lie", places_of_modules);
    test_run("memory: no RAM where APICs and firmware lie", no_ram_there);
    test_run("memory: as many addresses as the CPU has", address_width);
    test_run("memory: RAM beyond what the CPU addresses", beyond_the_cpu);
    test_run("memory: blocks for the boot", blocks_for_the_boot);
    test_run("memory: sets of pages", sets_of_pages);
    test_run("memory: no room for the rest of a region", no_room_for_the_rest);
    test_run("memory: RAM and device memory of random machines", random_maps);
    return test_end();
}
