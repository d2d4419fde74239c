/* The loader's information: multiboot 2 (GRUB) and multiboot 1 (QEMU's -kernel). Both are read with the boot
   page tables, which map the first 4 GiB at their physical addresses. What a length or a string says counts only within
   that which it is part of.

   A memory map comes from firmware: its entries are in any order and may overlap. A page is RAM when an entry says so
   and no other entry says that it is not, so all RAM is read first, and then what is not. */
#include "boot/boot.h"
#include "debug/debug.h"
#include "debug/text.h"

enum {
    MB1_MAGIC = 0x2badb002,
    MB2_MAGIC = 0x36d76289,
    RAM = 1, /* type of a memory-map entry */
    TAG_END = 0,
    TAG_CMDLINE = 1,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_RSDP_1 = 14,
    TAG_RSDP_2 = 15,
};

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr;
};

struct mb1_module {
    uint32_t start, end, string, reserved;
};

/* An entry of a memory map; in multiboot 2 it begins behind `size`, which all entries have in common. */
struct map_entry {
    uint32_t size; /* of the rest */
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));

struct mb2_tag {
    uint32_t type, size;
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char string[];
};

struct mb2_memory_map {
    struct mb2_tag tag;
    uint32_t entry_size, version;
};

struct mb2_framebuffer {
    struct mb2_tag tag;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bits_per_pixel, type;
    uint16_t reserved;
    uint8_t red_at, red_bits, green_at, green_bits, blue_at, blue_bits;
} __attribute__((packed));

enum { FRAMEBUFFER_RGB = 1 }; /* type: 0 has a palette, 2 is text */

static const void *at(uint64_t phys)
{
    return (const void *)(uintptr_t)phys;
}

static void copy_string(char *to, const char *from, size_t size)
{
    while (*from && --size)
        *to++ = *from++;
    *to = 0;
}

/* The last part, without directory and ".elf": loaders differ in what they put before it. */
static void module_name(char *to, const char *string)
{
    const char *word = string;
    for (const char *s = string; *s; s++) {
        if ((*s == ' ' || *s == '/') && s[1] && s[1] != ' ')
            word = s + 1;
    }
    copy_string(to, word, BOOT_NAME);
    while (*to && *to != ' ' && *to != '.')
        to++;
    *to = 0;
}

void add_module(struct boot_info *boot, uint64_t start, uint64_t end, const char *string)
{
    if (boot->module_count == BOOT_MODULES)
        panic("more than %d boot modules (trace=on takes one)", BOOT_MODULES);
    struct boot_module *m = &boot->module[boot->module_count++];
    *m = (struct boot_module){.start = start, .end = end};
    module_name(m->name, string);
    if (start % 4096)
        panic("boot module %s is not aligned to a page", m->name);
}

/* Takes note of an entry of the map, if it is of the wanted kind. A page that is RAM only in part is none:
   of RAM whole pages count, of the rest each page that is touched. RAM that ends beyond 64 bits is none at all. */
static void read_region(struct boot_info *boot, bool ram, uint64_t start, uint64_t length, uint32_t type)
{
    const uint64_t last = ~4095ull;
    if (!length || start >= last || (type == RAM) != ram)
        return;
    uint64_t end = length < last - start ? start + length : last;
    if (!ram)
        regions_remove(boot->region, &boot->region_count, start & last, (end + 4095) & last);
    else if (end < last)
        regions_add(boot->region, &boot->region_count, (start + 4095) & last, end & last);
}

/* Entries of `common` bytes each, or each behind `head` bytes that say its size. */
static void read_map(struct boot_info *boot, bool ram, uint64_t p, uint64_t end, unsigned head, uint32_t common)
{
    const unsigned rest = sizeof(struct map_entry) - sizeof common;
    while (p + head + rest <= end) {
        const struct map_entry *r = at(p + head - sizeof r->size);
        uint32_t size = head ? r->size : common;
        if (size < rest)
            panic("the boot loader's memory map has entries of %u bytes", size);
        read_region(boot, ram, r->start, r->length, r->type);
        p += head + (uint64_t)size;
    }
}

static void read_mb1(struct boot_info *boot, const struct mb1_info *info)
{
    if (info->flags & 1u << 2)
        copy_string(boot->cmdline, at(info->cmdline), BOOT_CMDLINE);
    const struct mb1_module *m = at(info->mods_addr);
    for (uint32_t i = 0; info->flags & 1u << 3 && i < info->mods_count; i++)
        add_module(boot, m[i].start, m[i].end, at(m[i].string));
    if (!(info->flags & 1u << 6))
        panic("the boot loader gave no memory map");
    uint64_t map = info->mmap_addr, end = map + info->mmap_length;
    read_map(boot, true, map, end, sizeof(uint32_t), 0);
    read_map(boot, false, map, end, sizeof(uint32_t), 0);
}

/* Only copied: the program that draws on it must judge whether it makes sense. */
static void read_mb2_framebuffer(struct bootinfo_screen *to, const struct mb2_framebuffer *f)
{
    if (f->tag.size < sizeof *f || f->type != FRAMEBUFFER_RGB)
        return;
    *to = (struct bootinfo_screen){f->address,        f->pitch,   f->width,     f->height,
                                   f->bits_per_pixel, f->red_at,  f->red_bits,  f->green_at,
                                   f->green_bits,     f->blue_at, f->blue_bits, {0}};
}

/* The tag at the next multiple of 8, all of which lies before the end. */
static const struct mb2_tag *tag_at(uint64_t p, uint64_t end)
{
    const struct mb2_tag *tag = at((p + 7) & ~7ull);
    if ((uintptr_t)(tag + 1) > end)
        panic("the boot loader's information ends without an end tag");
    if (tag->size < sizeof *tag || tag->size > end - (uintptr_t)tag)
        panic("the boot loader's information has a tag of %u bytes", tag->size);
    return tag;
}

/* The string with which a tag ends; one that does not end there is empty. */
static const char *string_of(const struct mb2_tag *tag, size_t start)
{
    const char *s = (const char *)tag;
    return tag->size > start && !s[tag->size - 1] ? s + start : "";
}

/* Of the second time only what is not RAM counts. */
static void read_mb2_tag(struct boot_info *boot, bool ram, const struct mb2_tag *tag)
{
    const struct mb2_module *m = (const struct mb2_module *)tag;
    const struct mb2_memory_map *map = (const struct mb2_memory_map *)tag;
    if (tag->type == TAG_MEMORY_MAP && tag->size >= sizeof *map)
        read_map(boot, ram, (uintptr_t)(map + 1), (uintptr_t)tag + tag->size, 0, map->entry_size);
    if (!ram)
        return;
    switch (tag->type) {
    case TAG_CMDLINE: copy_string(boot->cmdline, string_of(tag, sizeof *tag), BOOT_CMDLINE); break;
    case TAG_MODULE:
        if (tag->size >= sizeof *m)
            add_module(boot, m->start, m->end, string_of(tag, sizeof *m));
        break;
    case TAG_FRAMEBUFFER: read_mb2_framebuffer(&boot->screen, (const struct mb2_framebuffer *)tag); break;
    case TAG_RSDP_1: boot->rsdp = boot->rsdp ? boot->rsdp : (uintptr_t)(tag + 1); break; /* 2 says more */
    case TAG_RSDP_2: boot->rsdp = (uintptr_t)(tag + 1); break;
    default: break;
    }
}

static void read_mb2(struct boot_info *boot, uint64_t info)
{
    uint64_t end = info + *(const uint32_t *)at(info);
    for (unsigned ram = 2; ram-- > 0;) {
        const struct mb2_tag *tag = tag_at(info + 8, end);
        for (; tag->type != TAG_END; tag = tag_at((uintptr_t)tag + tag->size, end))
            read_mb2_tag(boot, ram, tag);
    }
}

void multiboot_read(struct boot_info *boot, uint32_t magic, uint32_t info)
{
    if (magic == MB1_MAGIC)
        read_mb1(boot, at(info));
    else if (magic == MB2_MAGIC)
        read_mb2(boot, info);
    else
        panic("not started by a multiboot loader: eax %x", magic);
    if (boot->region_count == 0)
        panic("the boot loader's memory map has no RAM");
}

bool cmdline_get(const struct boot_info *boot, const char *key, char *value, size_t size)
{
    bool found = false;
    for (const char *s = boot->cmdline; *s; s++) {
        const char *v = s == boot->cmdline || s[-1] == ' ' ? text_after(s, key) : NULL;
        if (!v || *v++ != '=')
            continue;
        size_t i = 0;
        for (; v[i] && v[i] != ' ' && i + 1 < size; i++)
            value[i] = v[i];
        value[i] = 0;
        found = true;
    }
    return found;
}
