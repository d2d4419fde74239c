/* kernel/boot/multiboot.c. The information lies below 4 GiB, as the kernel reads it by 32-bit addresses; its
   end is the end of the mapping. */
#include <stdlib.h>
#include <sys/mman.h>
#include "arch_host.h"
#include "boot/boot.h"

enum { SIZE = 0x4000, MB1 = 0x2badb002, MB2 = 0x36d76289 };

static unsigned char *low; /* SIZE bytes below 4 GiB */
static unsigned used;
static struct boot_info boot;

static void start(void)
{
    if (!low)
        low = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED)
        abort();
    memset(low, 0, SIZE);
    used = 0;
    boot = (struct boot_info){0};
}

static uint32_t address(unsigned offset)
{
    return (uint32_t)(uintptr_t)low + offset;
}

static void put32(uint64_t value)
{
    uint32_t v = (uint32_t)value;
    memcpy(low + used, &v, 4);
    used += 4;
}

static void put64(uint64_t value)
{
    put32(value);
    put32(value >> 32);
}

static void put_string(const char *s)
{
    memcpy(low + used, s, strlen(s) + 1);
    used += (unsigned)strlen(s) + 1;
}

static void put_at(unsigned offset, uint32_t value)
{
    memcpy(low + offset, &value, 4);
}

/* ---- multiboot 2: tags of type and size, each at a multiple of 8 */
static unsigned tag(unsigned type)
{
    used = (used + 7) & ~7u;
    put32(type);
    put32(0);
    return used - 8;
}

static void tag_end(unsigned start_of_tag)
{
    put_at(start_of_tag + 4, used - start_of_tag);
}

static void tag_module(uint32_t from, uint32_t to, const char *string)
{
    unsigned t = tag(3);
    put32(from), put32(to), put_string(string);
    tag_end(t);
}

struct memory {
    uint64_t start, length;
    unsigned type;
};

static void tag_memory(const struct memory *r, unsigned count)
{
    unsigned t = tag(6);
    put32(24), put32(0);
    for (unsigned i = 0; i < count; i++)
        put64(r[i].start), put64(r[i].length), put32(r[i].type), put32(0);
    tag_end(t);
}

static void read_mb2(void)
{
    used = (used + 7) & ~7u;
    put32(0), put32(8);
    put_at(0, used);
    multiboot_read(&boot, MB2, address(0));
}

static const struct memory ram[] = {
    {0, 0x9fc00, 1},       {0x9fc00, 0x400, 2},          {0x100000, 0x7ee0000, 1},      {0x7fe0123, 0x20000, 1},
    {0x9000800, 0x100, 1}, {0x100000000, 0x40000000, 1}, {0xfd00000000, 0x300000000, 2}};

static void check_regions(void)
{
    CHECK_NUMBER("regions", boot.region_count, 4);
    CHECK(boot.region[0].start == 0 && boot.region[0].end == 0x9f000);
    CHECK(boot.region[1].start == 0x100000 && boot.region[1].end == 0x7fe0000);
    CHECK(boot.region[2].start == 0x7fe1000 && boot.region[2].end == 0x8000000);
    CHECK(boot.region[3].start == 0x100000000 && boot.region[3].end == 0x140000000);
}

static void multiboot_2(void)
{
    start();
    used = 8;
    unsigned t = tag(1);
    put_string("fastpath=off run=bench");
    tag_end(t);
    tag_end(tag(99));
    tag_module(0x200000, 0x212345, "/boot/root.elf root");
    tag_module(0x213000, 0x213001, "/boot/v1.2/bench.elf");
    tag_memory(ram, 7);
    read_mb2();
    CHECK(strcmp(boot.cmdline, "fastpath=off run=bench") == 0);
    check_regions();
    CHECK_NUMBER("modules", boot.module_count, 2);
    CHECK(boot.module[0].start == 0x200000 && boot.module[0].end == 0x212345);
    CHECK(strcmp(boot.module[0].name, "root") == 0 && strcmp(boot.module[1].name, "bench") == 0);
    CHECK(boot.module[1].start == 0x213000 && boot.module[1].end == 0x213001);
}

/* The newer of the two root pointers of ACPI, in either order; none is no error. */
static void root_pointer(void)
{
    static const unsigned orders[][2] = {{14, 99}, {15, 99}, {14, 15}, {15, 14}};
    for (unsigned i = 0; i < 4; i++) {
        unsigned newest = 0;
        start();
        used = 8;
        for (unsigned k = 0; k < 2; k++) {
            unsigned t = tag(orders[i][k]);
            put_string("RSD PTR ");
            tag_end(t);
            if (orders[i][k] == 15 || (orders[i][k] == 14 && !newest))
                newest = t + 8;
        }
        tag_memory(ram, 1);
        read_mb2();
        CHECK_NUMBER("root pointer", boot.rsdp, address(newest));
    }
    start();
    used = 8;
    tag_memory(ram, 1);
    read_mb2();
    CHECK_NUMBER("root pointer", boot.rsdp, 0);
}

/* A frame buffer of the usual kind; `type` and `size` of the tag as given. */
static void tag_screen(unsigned type, unsigned size)
{
    unsigned t = tag(8);
    put64(0x80000000), put32(5120), put32(1280), put32(1024);
    put32(32 | type << 8);                  /* bits per pixel, type, reserved */
    put32(16 | 8 << 8 | 8 << 16 | 9 << 24); /* red, green */
    put32(0 | 7 << 8);                      /* blue */
    put_at(t + 4, size);
    used = t + size;
}

static void read_screen(unsigned type, unsigned size)
{
    start();
    used = 8;
    tag_screen(type, size);
    tag_memory(ram, 1);
    read_mb2();
}

/* Copied as it is; nothing is copied of one with a palette, in text mode or from a tag that is cut short. */
static void frame_buffer(void)
{
    static const struct bootinfo_screen none;
    read_screen(1, 38);
    const struct bootinfo_screen *s = &boot.screen;
    CHECK(s->paddr == 0x80000000 && s->pitch == 5120 && s->width == 1280 && s->height == 1024 && s->bits == 32);
    CHECK(s->red_at == 16 && s->red_bits == 8 && s->green_at == 8 && s->green_bits == 9);
    CHECK(s->blue_at == 0 && s->blue_bits == 7);
    CHECK(memcmp(s->unused, none.unused, sizeof none.unused) == 0);
    for (unsigned i = 0; i < 3; i++) {
        read_screen(i == 2 ? 1 : i * 2, i == 2 ? 37 : 38);
        CHECK(memcmp(&boot.screen, &none, sizeof none) == 0);
        CHECK_NUMBER("regions", boot.region_count, 1);
    }
}

static void multiboot_1(void)
{
    start();
    used = 0x100;
    unsigned cmdline = used;
    put_string("trace=on");
    unsigned name = used;
    put_string("build/user/root.elf root");
    used = 0x200;
    unsigned modules = used;
    put32(0x300000), put32(0x300800), put32(address(name)), put32(0);
    put32(0x301000), put32(0x302000), put32(address(name)), put32(0);
    unsigned map = used;
    for (unsigned i = 7; i-- > 0;)
        put32(20), put64(ram[i].start), put64(ram[i].length), put32(ram[i].type);
    unsigned length = used - map;
    const uint32_t info[] = {1u << 2 | 1u << 3 | 1u << 6,
                             0,
                             0,
                             0,
                             address(cmdline),
                             2,
                             address(modules),
                             0,
                             0,
                             0,
                             0,
                             length,
                             address(map)};
    memcpy(low, info, sizeof info);
    multiboot_read(&boot, MB1, address(0));
    check_regions();
    CHECK(strcmp(boot.cmdline, "trace=on") == 0 && boot.module_count == 2 &&
          strcmp(boot.module[1].name, "root") == 0);
    CHECK(boot.module[0].end == 0x300800 && boot.module[1].start == 0x301000);
    boot = (struct boot_info){0};
    put_at(0, 1u << 6);
    multiboot_read(&boot, MB1, address(0));
    CHECK(boot.module_count == 0 && boot.cmdline[0] == 0);
    put_at(0, 1u << 2);
    CHECK_ENDS(multiboot_read(&boot, MB1, address(0)), 127, "no memory map");
}

static void module_names(void)
{
    static const char *const names[][2] = {
        {"root", "root"},
        {"root.elf", "root"},
        {"/a/b/root.elf", "root"},
        {"x y z", "z"},
        {"x y.elf ", "y"},
        {"x  ", "x"},
        {"/boot/x.elf bench.elf", "bench"},
        {"", ""},
        {" ", ""},
        {"a/", "a/"},
        {"a.b.c", "a"},
        {"0123456789012345678901234567890123456789", "0123456789012345678901234567890"}};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        start();
        used = 8;
        tag_module(0x1000, 0x2000, names[i][0]);
        tag_memory(ram, 1);
        read_mb2();
        CHECK_STRING(names[i][0], boot.module[0].name, names[i][1]);
    }
}

/* In multiboot 1 an entry whose size is less than what it holds: nothing behind it can be found. */
static void sizes_of_entries(void)
{
    for (unsigned size = 0; size < 20; size += 19) {
        start();
        used = 0x200;
        put32(size), put64(0x100000), put64(0x100000), put32(1);
        put32(20), put64(0xc0000000), put64(0x100000), put32(1);
        put_at(0, 1u << 6), put_at(44, used - 0x200), put_at(48, address(0x200));
        CHECK_ENDS(multiboot_read(&boot, MB1, address(0)), 127, "memory map has entries of");
    }
}

static void panics(void)
{
    start();
    CHECK_ENDS(multiboot_read(&boot, 0x12345678, address(0)), 127, "12345678");
    used = 8;
    tag_end(tag(1));
    CHECK_ENDS(read_mb2(), 127, "no RAM");
    start();
    used = 8;
    tag_module(0x1001, 0x2000, "odd");
    CHECK_ENDS(read_mb2(), 127, "odd is not aligned");
    start();
    used = 8;
    for (unsigned i = 0; i < BOOT_MODULES + 1; i++)
        tag_module(0x1000, 0x2000, "x");
    CHECK_ENDS(read_mb2(), 127, "modules");
    start();
    used = 8;
    struct memory many[BOOT_REGIONS + 1];
    for (unsigned i = 0; i <= BOOT_REGIONS; i++)
        many[i] = (struct memory){i * 0x10000, 0x1000, 1};
    tag_memory(many, BOOT_REGIONS + 1);
    host_forget();
    read_mb2();
    CHECK_NUMBER("as many as there is room for", boot.region_count, BOOT_REGIONS);
    CHECK(strstr(host.console, "too many regions of memory: 1000000 to 1001000 is left out"));
    start();
    used = 8;
    tag(99); /* of size 0 */
    CHECK_ENDS(read_mb2(), 127, "tag");
    start();
    used = 8;
    unsigned t = tag(6);
    put32(0), put32(0), put64(0), put64(0), put64(0);
    tag_end(t);
    CHECK_ENDS(read_mb2(), 127, "entries of 0 bytes");
}

/* Regions at the end of 64 bits, and of no whole page. RAM that goes on beyond that end is none. */
static void odd_regions(void)
{
    static const struct {
        struct memory r;
        unsigned regions;
    } odd[] = {{{0x101001, 0xfff, 1}, 1},    {{0x101001, 0x1ffe, 1}, 1}, {{~0xfffull, 0x2000, 1}, 1},
               {{0x5000, ~0ull, 1}, 1},      {{0x107000, 0, 1}, 1},      {{~0ull - 5, 0xb0000, 1}, 1},
               {{~0ull - 5, 0x10000, 2}, 1}, {{0x2001, 0, 2}, 1},        {{0x5001, ~0ull, 2}, 1}};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        start();
        used = 8;
        tag_memory(&odd[i].r, 1);
        tag_memory(ram, 1);
        read_mb2();
        CHECK_NUMBER("regions", boot.region_count, odd[i].regions);
        CHECK_NUMBER("start", boot.region[0].start, 0);
        CHECK_NUMBER("end", boot.region[0].end, i == 8 ? 0x5000 : 0x9f000);
    }
}

/* One map, told in many ways: in any order, twice, in parts that overlap, what is not RAM over what is. */
static void any_order(void)
{
    static const struct memory told[] = {
        {0x100000, 0x700000, 1},  {0x100000, 0x700000, 1},      {0x400000, 0x500000, 1},
        {0, 0x9fc00, 1},          {0x300123, 0x1000, 2},        {0x600000, 0x1000, 4},
        {0x600000, 0x1000, 1},    {0x8ff000, 0x10000, 2},       {0x9fc00, 0x60400, 2},
        {0x700000, 1, 5},         {0x100000000, 0x40000000, 1}, {0x900000, 0x100000, 3},
        {0x120000000, 0x1000, 1},
    };
    static const struct region wanted[] = {{0, 0x9f000},         {0x100000, 0x300000},
                                           {0x302000, 0x600000}, {0x601000, 0x700000},
                                           {0x701000, 0x8ff000}, {0x100000000, 0x140000000}};
    enum { TOLD = sizeof told / sizeof told[0], WANTED = sizeof wanted / sizeof wanted[0] };
    for (unsigned round = 0; round < 100 && !test_state.failing; round++) {
        struct memory mixed[TOLD];
        memcpy(mixed, told, sizeof mixed);
        for (unsigned i = TOLD - 1; round && i > 0; i--) {
            unsigned k = random_below(i + 1);
            struct memory r = mixed[i];
            mixed[i] = mixed[k], mixed[k] = r;
        }
        start();
        used = 8;
        tag_memory(mixed,
                   round % TOLD); /* told in two parts: what is not RAM in the first one counts in the second */
        tag_memory(mixed + round % TOLD, TOLD - round % TOLD);
        read_mb2();
        CHECK_NUMBER("regions", boot.region_count, WANTED);
        CHECK(memcmp(boot.region, wanted, sizeof wanted) == 0);
    }
}

static void command_line(void)
{
    char value[8] = "before";
    start();
    strcpy(boot.cmdline, "run=bench  xrun=no trace= run=conformance fast run");
    CHECK(cmdline_get(&boot, "run", value, sizeof value) && strcmp(value, "conform") == 0);
    CHECK(cmdline_get(&boot, "trace", value, sizeof value) && strcmp(value, "") == 0);
    CHECK(cmdline_get(&boot, "xrun", value, sizeof value) && strcmp(value, "no") == 0);
    CHECK(!cmdline_get(&boot, "fast", value, sizeof value) && !cmdline_get(&boot, "ru", value, sizeof value));
    CHECK(!cmdline_get(&boot, "n", value, sizeof value) && strcmp(value, "no") == 0);
    memset(boot.cmdline, 0, sizeof boot.cmdline);
    start();
    used = 8;
    unsigned t = tag(1);
    for (unsigned i = 0; i < 300; i++)
        low[used++] = 'a';
    put_string("");
    tag_end(t);
    tag_memory(ram, 1);
    read_mb2();
    CHECK_NUMBER("length", strlen(boot.cmdline), BOOT_CMDLINE - 1);
}

int main(void)
{
    random_seed();
    test_run("multiboot: version 2", multiboot_2);
    test_run("multiboot: version 1", multiboot_1);
    test_run("multiboot: ACPI's root pointer", root_pointer);
    test_run("multiboot: the frame buffer", frame_buffer);
    test_run("multiboot: names of modules", module_names);
    test_run("multiboot: sizes of entries", sizes_of_entries);
    test_run("multiboot: panics", panics);
    test_run("multiboot: odd regions", odd_regions);
    test_run("multiboot: in any order, and more than once", any_order);
    test_run("multiboot: the command line", command_line);
    return test_end();
}
