/* kernel/boot/multiboot.c and memory.c on what odd loaders and firmware say, made at random: the kernel ends in a line or boots with
   what a page-by-page account calls RAM, and nobody gets a page that is none. The information ends where the mapping ends. */
#include <stdlib.h>
#include <sys/mman.h>
#include "arch_host.h"
#include "arch/x86_64/layout.h"
#include "boot/boot.h"
#include "object/untyped.h"

enum { SIZE = 0x10000, MB1 = 0x2badb002, MB2 = 0x36d76289, PAGES = 512, ENTRIES = 700, PHYSICAL_BITS = 40 };
#define ACCOUNT_END (FIRST + 4096ull * PAGES)
/* The account of pages begins below the kernel's and goes on behind them. */
enum { FIRST = 0x1c0000, IMAGE_END = 0x280000 };

static unsigned char *end; /* of what can be read */
static unsigned char bytes[SIZE];
static unsigned used;
static struct boot_info boot;

uint64_t kernel_image_end(void)
{
    return IMAGE_END;
}

static void put(uint64_t value, unsigned size)
{
    memcpy(bytes + used, &value, size);
    used += size;
}

/* Moves it to the end of the mapping, below 4 GiB: its address there. */
static uint32_t placed(void)
{
    const size_t page = 4096;
    if (!end) {
        unsigned char *low =
            mmap(NULL, SIZE + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        if (low == MAP_FAILED || mprotect(low + SIZE, page, PROT_NONE) != 0)
            abort();
        end = low + SIZE;
    }
    used = (used + 7) & ~7u;
    memcpy(end - used, bytes, used);
    return (uint32_t)(uintptr_t)end - used;
}

static unsigned tag(unsigned type)
{
    used = (used + 7) & ~7u;
    put(type, 4), put(0, 4);
    return used - 8;
}

static void tag_end(unsigned at)
{
    uint32_t size = used - at;
    memcpy(bytes + at + 4, &size, 4);
}

static void begin(void)
{
    memset(bytes, 0, sizeof bytes);
    used = 8;
    boot = (struct boot_info){0};
    host_forget();
}

static void read_mb2(void)
{
    tag_end(tag(0));
    uint32_t total = used;
    memcpy(bytes, &total, 4);
    multiboot_read(&boot, MB2, placed());
}

/* ---- memory maps */
struct entry {
    uint64_t start, length;
    uint32_t type;
};

static struct entry map[ENTRIES];
static unsigned map_count;
static bool is_ram[PAGES]; /* from FIRST on */

static uint64_t odd_length(void)
{
    switch (random_below(8)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return random_below(4096);
    case 3: return ~0ull - random_below(8192);
    case 4: return 4096ull * random_below(PAGES);
    default: return random_below(40 * 4096);
    }
}

static uint32_t odd_type(void)
{
    static const uint32_t types[] = {1, 1, 1, 1, 2, 3, 4, 5, 0, 12, 0xffffffff};
    return types[random_below(sizeof types / sizeof types[0])];
}

static bool covers(const struct entry *e, uint64_t page)
{
    return e->type == 1 && e->length < -e->start && e->start <= page && e->start + e->length >= page + 4096;
}

static bool touches(const struct entry *e, uint64_t page)
{
    uint64_t last = e->length - 1 > ~e->start ? ~0ull : e->start + e->length - 1;
    return e->type != 1 && e->length != 0 && e->start < page + 4096 && last >= page;
}

/* Entries around the pages of the account, some at the end of 64 bits; RAM throughout at first, so that some is left. */
static void make_map(unsigned count)
{
    map[0] = (struct entry){FIRST, PAGES * 4096ull, 1};
    for (map_count = 1; map_count < count; map_count++) {
        uint64_t start = FIRST + random_below(PAGES * 4096);
        if (random_below(3) == 0)
            start &= ~4095ull;
        if (random_below(40) == 0)
            start = ~0ull - random_below(9000);
        map[map_count] = (struct entry){start, odd_length(), odd_type()};
        struct entry *e = &map[map_count];
        if (e->start < ACCOUNT_END && e->length < 1ull << 32 && e->start + e->length > ACCOUNT_END)
            e->length = ACCOUNT_END - e->start; /* nothing beyond the account */
        bool whole = e->type != 1 && e->length > 40 * 4096;
        if (whole && random_below(4))
            e->length = random_below(9000); /* not everything is reserved */
        if (random_below(10) == 0)
            map[map_count] = map[random_below(map_count)]; /* twice */
    }
    for (unsigned i = map_count - 1; i > 0; i--) {
        unsigned k = random_below(i + 1);
        struct entry e = map[i];
        map[i] = map[k], map[k] = e;
    }
    for (unsigned p = 0; p < PAGES; p++) {
        bool ram = false, not = false;
        for (unsigned i = 0; i < map_count; i++) {
            ram |= covers(&map[i], FIRST + p * 4096ull);
            not |= touches(&map[i], FIRST + p * 4096ull);
        }
        is_ram[p] = ram && !not;
    }
}

static void put_entry(const struct entry *e)
{
    put(e->start, 8), put(e->length, 8), put(e->type, 4);
}

/* By multiboot 2, in up to three tags of entries of any size; by multiboot 1, each entry with a size of its own. */
static void tell_2(void)
{
    unsigned i = 0, parts = 1 + random_below(3);
    for (unsigned part = 1; part <= parts; part++) {
        unsigned t = tag(6), size = 24 + random_below(9);
        put(size, 4), put(0, 4);
        for (; i < map_count * part / parts; i++)
            put_entry(&map[i]), used += size - 20;
        tag_end(t);
    }
}

static void tell_1(void)
{
    used = 128;
    for (unsigned i = 0; i < map_count; i++) {
        unsigned size = 20 + random_below(12);
        put(size, 4), put_entry(&map[i]);
        used += size - 20;
    }
    uint32_t length = used - 128, flags = 1u << 6;
    memcpy(bytes, &flags, 4);
    memcpy(bytes + 44, &length, 4);
    uint32_t at = placed() + 128;
    memcpy(end - used + 48, &at, 4);
    multiboot_read(&boot, MB1, at - 128);
}

static bool region_has(uint64_t page)
{
    for (unsigned i = 0; i < boot.region_count; i++) {
        if (page >= boot.region[i].start && page < boot.region[i].end)
            return true;
    }
    return false;
}

static bool any_ram(void)
{
    bool any = false;
    for (unsigned p = 0; p < PAGES; p++)
        any |= is_ram[p];
    return any;
}

static void tell(bool newer)
{
    begin();
    if (newer)
        tell_2(), read_mb2();
    else
        tell_1();
}

static void one_map(bool newer, unsigned count)
{
    make_map(count);
    if (!any_ram()) {
        CHECK_ENDS(tell(newer), 127, "has no RAM");
        return;
    }
    tell(newer);
    for (unsigned p = 0; p < PAGES; p++)
        CHECK_NUMBER("RAM", region_has(FIRST + p * 4096ull), is_ram[p]);
    for (unsigned i = 0; i < boot.region_count; i++) /* at the end of 64 bits there is some, too */
        CHECK(boot.region[i].start >> 63 ||
              (boot.region[i].start >= FIRST && boot.region[i].end <= ACCOUNT_END));
}

static void maps(void)
{
    for (unsigned round = 0; round < 400 && !test_state.failing; round++)
        one_map(round & 1, 1 + random_below(round % 4 == 0 ? 300 : 12));
}

/* More than there is room for: some of it is left out, in lines, and what is taken is RAM. */
static void hundreds(void)
{
    begin();
    unsigned t = tag(6);
    put(24, 4), put(0, 4);
    for (unsigned i = 0; i < ENTRIES; i++)
        put(FIRST + 0x2000ull * i, 8), put(0x1000, 8), put(1, 8);
    for (unsigned i = 0; i < ENTRIES; i += 3)
        put(FIRST + 0x2000ull * i + 0x10, 8), put(1, 8), put(2, 8);
    tag_end(t);
    read_mb2();
    CHECK(boot.region_count > 100 && boot.region_count <= BOOT_REGIONS &&
          strstr(host.console, "is left out\n"));
    for (unsigned i = 0; i < boot.region_count; i++)
        CHECK(boot.region[i].end - boot.region[i].start == 0x1000 &&
              (boot.region[i].start - FIRST) % 0x6000 != 0);
}

/* ---- who gets what */
static bool given_ram[PAGES];
static unsigned outside, taken, refused;

static bool kernels(uint64_t page)
{
    return page >= KERNEL_PHYS && page < IMAGE_END;
}

static void take_ram(uint64_t paddr, unsigned bits)
{
    for (uint64_t p = paddr; p < paddr + (1ull << bits); p += 4096) {
        uint64_t page = (p - FIRST) / 4096;
        if (page >= PAGES || given_ram[page])
            outside++;
        else
            given_ram[page] = true;
    }
}

static void take_device(uint64_t paddr, unsigned bits)
{
    for (uint64_t page = 0; page < PAGES; page++) {
        uint64_t p = FIRST + page * 4096;
        if (p + 4096 > paddr && p < paddr + (1ull << bits) && (is_ram[page] || kernels(p) || given_ram[page]))
            outside++;
    }
}

static bool good_place(const struct boot_module *m)
{
    bool good = m->start <= m->end && region_has(m->start);
    for (uint64_t p = m->start; good && p < m->end; p += 4096)
        good = p < ACCOUNT_END && is_ram[(p - FIRST) / 4096] && !kernels(p);
    return good && !(m->start > KERNEL_PHYS && m->start < IMAGE_END);
}

static bool overlap(const struct boot_module *a, const struct boot_module *b)
{
    uint64_t a_end = (a->end + 4095) & ~4095ull, b_end = (b->end + 4095) & ~4095ull;
    return a->start < b_end && b->start < a_end;
}

static void boot_memory_of(struct boot_info *b)
{
    memset(given_ram, 0, sizeof given_ram);
    outside = 0;
    boot_memory_init(b, PHYSICAL_BITS);
    boot_memory_rest(take_ram);
    boot_device_memory(b, PHYSICAL_BITS, take_device);
}

/* Modules anywhere: outside of RAM, over each other, over the kernel, without a byte, with half a page. */
static bool make_modules(void)
{
    bool good = true;
    boot.module_count = random_below(4);
    for (unsigned i = 0; i < boot.module_count; i++) {
        uint64_t start = FIRST + (uint64_t)random_below(PAGES) * 4096;
        struct boot_module *m = &boot.module[i];
        *m = (struct boot_module){start, start + random_below(20 * 4096), "m"};
        if (random_below(8) == 0)
            m->end = random_below(2) ? start : start - 1;
        good &= good_place(m);
        for (unsigned k = 0; k < i; k++)
            good &= !overlap(m, &boot.module[k]);
    }
    return good;
}

static void one_machine(bool newer)
{
    make_map(1 + random_below(8));
    if (!any_ram())
        return;
    tell(newer);
    if (!make_modules()) {
        refused++;
        CHECK_ENDS(boot_memory_of(&boot), 127, "boot module");
        return;
    }
    taken++;
    boot_memory_of(&boot);
    CHECK_NUMBER("what nobody must have", outside, 0);
    for (unsigned page = 0; page < PAGES; page++) {
        uint64_t p = FIRST + page * 4096ull;
        bool wanted = is_ram[page] && !kernels(p);
        for (unsigned k = 0; k < boot.module_count; k++)
            wanted &= !(p + 4096 > boot.module[k].start && p < boot.module[k].end);
        CHECK_NUMBER("given", given_ram[page], wanted);
    }
}

static void modules(void)
{
    for (unsigned round = 0; round < 3000 && !test_state.failing; round++)
        one_machine(round & 1);
    CHECK(taken > 200 && refused > 200);
}

/* ---- the information itself */
static void good_information(void)
{
    begin();
    unsigned t = tag(1);
    memcpy(bytes + used, "run=x", 6), used += 6;
    tag_end(t);
    t = tag(3);
    put(0x200000, 4), put(0x201000, 4), memcpy(bytes + used, "/a/root.elf", 12), used += 12;
    tag_end(t);
    t = tag(8);
    put(0x80000000, 8), put(5120, 4), put(1280, 4), put(1024, 4), put(0x120, 4), put(0x08080810, 4),
        put(0x0800, 2);
    tag_end(t);
    t = tag(6);
    put(24, 4), put(0, 4), put(0x100000, 8), put(0x300000, 8), put(1, 8);
    tag_end(t);
    tag_end(tag(14));
}

/* Reads it, whatever it has become: true if the kernel goes on; otherwise it has said why. */
static bool goes_on(void)
{
    host_forget();
    host.guarded = true;
    bool on = setjmp(host.escape) == 0;
    if (on)
        multiboot_read(&boot, MB2, placed());
    host.guarded = false;
    if (!on)
        CHECK(host.exit_code == 127 && strstr(host.console, "PANIC: "));
    return on;
}

static void cut_anywhere(void)
{
    good_information();
    tag_end(tag(0));
    const unsigned whole = used;
    for (uint32_t total = 0; total <= whole && !test_state.failing; total++) {
        boot = (struct boot_info){0};
        memcpy(bytes, &total, 4);
        CHECK_NUMBER("goes on", goes_on(), total == whole);
    }
    CHECK(strcmp(boot.cmdline, "run=x") == 0 && boot.module_count == 1 &&
          strcmp(boot.module[0].name, "root") == 0);
}

/* RAM is no other than what the map says, as long as the noise is elsewhere. */
static void noise(void)
{
    unsigned on = 0;
    for (unsigned round = 0; round < 20000 && !test_state.failing; round++) {
        good_information();
        tag_end(tag(0));
        uint32_t total = used;
        memcpy(bytes, &total, 4);
        for (unsigned n = 1 + random_below(4); n > 0; n--)
            bytes[random_below(used)] = (unsigned char)(random_below(4) ? random_next() : random_below(48));
        memcpy(bytes, &total, 4);
        on += goes_on();
        CHECK(boot.module_count <= BOOT_MODULES && boot.region_count <= BOOT_REGIONS);
        CHECK(memchr(boot.cmdline, 0, BOOT_CMDLINE) && memchr(boot.module[0].name, 0, BOOT_NAME));
    }
    CHECK(on > 1000 && on < 19900);
}

/* A string that does not end in its tag does not go on in the next one. */
static void strings_without_an_end(void)
{
    begin();
    unsigned t = tag(1);
    memset(bytes + used, 'x', 40), used += 40;
    tag_end(t);
    t = tag(3);
    put(0x200000, 4), put(0x201000, 4), memset(bytes + used, 'm', 8), used += 8;
    tag_end(t);
    t = tag(3); /* not even an end address */
    put(0x300000, 4);
    tag_end(t);
    map[0] = (struct entry){FIRST, PAGES * 4096ull, 1}, map_count = 1;
    tell_2();
    read_mb2();
    CHECK_STRING("command line", boot.cmdline, "");
    CHECK_NUMBER("modules", boot.module_count, 1);
    CHECK_STRING("name", boot.module[0].name, "");
}

int main(void)
{
    random_seed();
    test_run("odd loader: maps", maps);
    test_run("odd loader: hundreds of regions", hundreds);
    test_run("odd loader: where modules lie, and who gets the rest", modules);
    test_run("odd loader: information cut anywhere", cut_anywhere);
    test_run("odd loader: noise", noise);
    test_run("odd loader: strings without an end", strings_without_an_end);
    return test_end();
}
