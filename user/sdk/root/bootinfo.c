/* What the machine says of itself, in the pieces that components know: each begins with its kind and its length. */
#include "root.h"

enum { ID_MBMMAP = 2, ID_ACPI_RSDP = 3, ID_FRAMEBUFFER = 4, ID_TSC_FREQ = 5, RAM = 1 };
enum { ID_CMDLINE = 0x100 }; /* Baton's own */

struct header {
    uint64_t id, length;
};

/* As a multiboot loader has it. Only RAM is listed, in whole pages: whatever lies elsewhere is none. */
struct memory_map {
    uint32_t bytes;
    struct {
        uint32_t size; /* of the rest */
        uint64_t start, length;
        uint32_t type;
    } __attribute__((packed)) entry[BOOTINFO_RAM_MAX];
} __attribute__((packed));

struct screen {
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bits, type;
};

static struct {
    struct header header;
    union {
        uint32_t mhz;
        struct memory_map map;
        struct screen screen;
        uint8_t rsdp[BOOTINFO_RSDP_MAX];
        char cmdline[sizeof((struct bootinfo){0}).cmdline];
    } u;
} piece;

const void *const bootinfo_bytes = &piece;

static uint64_t ram(const struct bootinfo *bi)
{
    struct memory_map *m = &piece.u.map;
    unsigned count = 0;
    for (; count < BOOTINFO_RAM_MAX && bi->ram[count].end != 0; count++) {
        m->entry[count].size = sizeof m->entry[0] - sizeof m->entry[0].size;
        m->entry[count].start = bi->ram[count].start;
        m->entry[count].length = bi->ram[count].end - bi->ram[count].start;
        m->entry[count].type = RAM;
    }
    m->bytes = (uint32_t)(count * sizeof m->entry[0]);
    return sizeof m->bytes + m->bytes;
}

/* A machine that has none leaves the region as it is. */
static uint64_t root_pointer(const struct bootinfo *bi)
{
    memcpy(piece.u.rsdp, bi->rsdp, sizeof piece.u.rsdp);
    return bi->rsdp[0] != 0 ? sizeof piece.u.rsdp : 0;
}

static uint64_t screen(const struct bootinfo *bi)
{
    const struct bootinfo_screen *s = &bi->screen;
    piece.u.screen = (struct screen){s->paddr, s->pitch, s->width, s->height, s->bits, 1};
    return sizeof piece.u.screen;
}

static uint64_t frequency(const struct bootinfo *bi)
{
    piece.u.mhz = (uint32_t)(bi->tsc_hz / 1000000);
    return sizeof piece.u.mhz;
}

static uint64_t command_line(const struct bootinfo *bi)
{
    memcpy(piece.u.cmdline, bi->cmdline, sizeof piece.u.cmdline);
    return strlen(piece.u.cmdline) + 1;
}

uint64_t bootinfo_piece(uint64_t kind, const struct bootinfo *bi)
{
    static const struct {
        uint64_t id;
        uint64_t (*fill)(const struct bootinfo *bi);
    } kinds[BOOT_KINDS] = {
        [BOOT_TSC_FREQ] = {ID_TSC_FREQ, frequency},
        [BOOT_FRAMEBUFFER] = {ID_FRAMEBUFFER, screen},
        [BOOT_MBMMAP] = {ID_MBMMAP, ram},
        [BOOT_ACPI_RSDP] = {ID_ACPI_RSDP, root_pointer},
        [BOOT_CMDLINE] = {ID_CMDLINE, command_line},
    };
    memset(&piece, 0, sizeof piece);
    uint64_t bytes = kinds[kind].fill(bi);
    piece.header = (struct header){kinds[kind].id, sizeof piece.header + bytes};
    return bytes != 0 ? piece.header.length : 0;
}
