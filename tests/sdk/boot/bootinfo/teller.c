/* Reads what the machine says of itself as components for seL4 do. */
#include <microkit.h>

enum { MBMMAP = 2, ACPI_RSDP = 3, FRAMEBUFFER = 4, TSC_FREQ = 5, RAM = 1, MIB = 1 << 20 };

struct entry {
    seL4_Uint32 size;
    seL4_Uint64 start, length;
    seL4_Uint32 type;
} __attribute__((packed));

struct map {
    seL4_BootInfoHeader header;
    seL4_Uint32 bytes;
    struct entry entry[50];
} __attribute__((packed));

static const volatile struct map *const map = (void *)0x4000000;
static const volatile struct {
    seL4_BootInfoHeader header;
    unsigned char rsdp[36];
} *const acpi = (void *)0x4001000;
static const volatile struct {
    seL4_BootInfoHeader header;
    seL4_Uint32 mhz;
} *const clock = (void *)0x4002000;
static const volatile seL4_BootInfoHeader *const screen = (void *)0x4003000;

static void say(const char *what, int right)
{
    microkit_dbg_puts("teller: ");
    microkit_dbg_puts(what);
    microkit_dbg_puts(right ? ": yes\n" : ": no\n");
}

/* 256 MiB but for the firmware's part, in order, whole pages. */
static int ram(void)
{
    seL4_Uint64 total = 0, end = 0;
    unsigned count = map->bytes / sizeof(struct entry);
    for (unsigned i = 0; i < count; i++) {
        const volatile struct entry *e = &map->entry[i];
        if (e->size != 20 || e->type != RAM || e->start < end || e->start % 4096 != 0 || e->length % 4096 != 0)
            return 0;
        end = e->start + e->length;
        total += e->length;
    }
    return count >= 2 && map->bytes == count * sizeof(struct entry) && total > 254ul * MIB &&
           end <= 256ul * MIB;
}

static int pointer(void)
{
    static const char signature[] = "RSD PTR ";
    unsigned char sum = 0;
    for (unsigned i = 0; i < 20; i++)
        sum = (unsigned char)(sum + acpi->rsdp[i]);
    for (unsigned i = 0; i < 8; i++)
        if (acpi->rsdp[i] != (unsigned char)signature[i])
            return 0;
    return sum == 0;
}

void init(void)
{
    say("map", map->header.id == MBMMAP && map->header.len == sizeof(seL4_BootInfoHeader) + 4 + map->bytes);
    say("all RAM", ram());
    say("nothing behind", ((const volatile unsigned char *)map)[map->header.len] == 0);
    say("root pointer", acpi->header.id == ACPI_RSDP && acpi->header.len == sizeof *acpi - 4 && pointer());
    say("clock", clock->header.id == TSC_FREQ && clock->header.len == 20 && clock->mhz > 100);
    say("screen", screen->id == FRAMEBUFFER && screen->len > sizeof *screen);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
