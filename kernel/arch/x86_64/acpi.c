/* The tables come from firmware and are not trusted to be sound: every length is checked against what can be
   read before it is used, every table against its checksum. Numbers in them are aligned to nothing. */
#include "arch/x86_64/acpi.h"

#include <stdbool.h>
#include <stddef.h>
#include "abi/abi.h"
#include "debug/text.h"

/* RSDP: where its fields are (5.2.5.3) */
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_BYTES = 20, RSDP_XSDT = 24, RSDP_BYTES_2 = ACPI_RSDP_BYTES };
/* Every other table (5.2.6) */
enum { TABLE_LENGTH = 4, TABLE_BYTES = 36, TABLE_MAX = 1 << 20 };
/* MADT (5.2.12): from MADT_ENTRIES on, entries of type, length and content */
enum { MADT_ENTRIES = 44, ENTRY_IOAPIC = 1, ENTRY_OVERRIDE = 2, IOAPIC_BYTES = 12, OVERRIDE_BYTES = 10 };
/* FADT (5.2.9) */
enum { FADT_TIMER = 76, FADT_TIMER_BYTES = 91, FADT_FLAGS = 112, FADT_END = 116, FADT_REDUCED = 1 << 20 };
/* The old timer's, the keyboard's, the second PIC's, the clock's and the numeric processor's line. Where there is no such
   register, all bits read as 1, or as 0. */
enum { NEVER_LEVEL = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 8 | 1 << 13 };
/* Where a PC's firmware puts the RSDP (5.2.5.1) */
enum { EBDA_SEGMENT = 0x40e, EBDA_BYTES = 1024, BIOS_START = 0xe0000, BIOS_BYTES = 0x20000, RSDP_ALIGN = 16 };

static uint64_t number(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;
    while (bytes--)
        value = value << 8 | p[bytes];
    return value;
}

static bool sum_is_zero(const uint8_t *p, uint64_t bytes)
{
    uint8_t sum = 0;
    while (bytes--)
        sum = (uint8_t)(sum + *p++);
    return sum == 0;
}

static const uint8_t *rsdp_at(acpi_memory *memory, uint64_t phys)
{
    const uint8_t *p = memory(phys, RSDP_BYTES);
    return p && text_after((const char *)p, "RSD PTR ") && sum_is_zero(p, RSDP_BYTES) ? p : NULL;
}

static uint64_t find_rsdp(acpi_memory *memory, uint64_t start, uint64_t bytes)
{
    for (uint64_t p = start; p < start + bytes; p += RSDP_ALIGN) {
        if (rsdp_at(memory, p))
            return p;
    }
    return 0;
}

/* A whole and sound table, or NULL. */
static const uint8_t *table_at(acpi_memory *memory, uint64_t phys, const char *signature)
{
    const uint8_t *t = memory(phys, TABLE_BYTES);
    uint64_t length = t && text_after((const char *)t, signature) ? number(t + TABLE_LENGTH, 4) : 0;
    if (length < TABLE_BYTES || length > TABLE_MAX)
        return NULL;
    t = memory(phys, length);
    return t && sum_is_zero(t, length) ? t : NULL;
}

/* The table of that signature to which an RSDT (addresses of 4 bytes) or an XSDT (of 8) leads. */
static const uint8_t *find_below(acpi_memory *memory, uint64_t root, const char *root_signature, unsigned bytes,
                                 const char *signature)
{
    const uint8_t *t = table_at(memory, root, root_signature), *found = NULL;
    uint64_t end = t ? number(t + TABLE_LENGTH, 4) : 0;
    for (uint64_t i = TABLE_BYTES; !found && i + bytes <= end; i += bytes)
        found = table_at(memory, number(t + i, bytes), signature);
    return found;
}

static void keep_rsdp(struct acpi *to, acpi_memory *memory, uint64_t rsdp)
{
    const uint8_t *p = rsdp_at(memory, rsdp), *p2 = p[RSDP_REVISION] >= 2 ? memory(rsdp, RSDP_BYTES_2) : NULL;
    for (unsigned i = 0; i < RSDP_BYTES_2; i++)
        to->rsdp[i] = p2 ? p2[i] : i < RSDP_BYTES ? p[i] : 0;
}

static const uint8_t *find_table(acpi_memory *memory, uint64_t rsdp, const char *signature)
{
    const uint8_t *p = rsdp_at(memory, rsdp), *found = NULL;
    const uint8_t *p2 = p[RSDP_REVISION] >= 2 ? memory(rsdp, RSDP_BYTES_2) : NULL;
    if (p2 && sum_is_zero(p2, RSDP_BYTES_2))
        found = find_below(memory, number(p2 + RSDP_XSDT, 8), "XSDT", 8, signature);
    return found ? found : find_below(memory, number(p + RSDP_RSDT, 4), "RSDT", 4, signature);
}

static bool add_ioapic(struct acpi *to, const uint8_t *entry)
{
    if (to->ioapic_count == ACPI_IOAPICS)
        return false;
    to->ioapic[to->ioapic_count++] =
        (struct acpi_ioapic){(uint32_t)number(entry + 4, 4), (uint32_t)number(entry + 8, 4)};
    return true;
}

/* Polarity in bits 0 and 1 of the flags, trigger mode in 2 and 3: 0 as on the bus (ISA: high, edge), 3 the
   opposite (Table 5.26). */
static bool add_override(struct acpi *to, const uint8_t *entry)
{
    unsigned line = entry[3], flags = entry[8];
    uint64_t gsi = number(entry + 4, 4);
    if (entry[2] != 0 || line >= ISA_LINES || gsi > IRQ_LINE_MAX)
        return false;
    unsigned low = (flags & 3) == 3 ? IRQ_LOW : 0, level = (flags >> 2 & 3) == 3 ? IRQ_LEVEL : 0;
    to->isa[line] = (uint32_t)gsi | low | level;
    return true;
}

static bool read_entry(struct acpi *to, const uint8_t *entry, unsigned length)
{
    switch (entry[0]) {
    case ENTRY_IOAPIC: return length >= IOAPIC_BYTES && add_ioapic(to, entry);
    case ENTRY_OVERRIDE: return length >= OVERRIDE_BYTES && add_override(to, entry);
    default: return true;
    }
}

/* An impossible entry is left out; after one without a length nothing can be found. */
static const char *read_madt(struct acpi *to, const uint8_t *madt)
{
    uint64_t end = number(madt + TABLE_LENGTH, 4);
    unsigned bytes = 0;
    for (uint64_t i = MADT_ENTRIES; i + 2 <= end; i += bytes) {
        bytes = madt[i + 1];
        bool whole = bytes >= 2 && i + bytes <= end;
        if (!whole || !read_entry(to, madt + i, bytes))
            to->odd_entries++;
        if (!whole)
            break;
    }
    return to->ioapic_count ? NULL : "its MADT has no I/O APIC";
}

static uint16_t timer_of(const uint8_t *fadt)
{
    uint64_t end = number(fadt + TABLE_LENGTH, 4), port = end < FADT_END ? 0 : number(fadt + FADT_TIMER, 4);
    bool none = end < FADT_END || fadt[FADT_TIMER_BYTES] != 4 || number(fadt + FADT_FLAGS, 4) & FADT_REDUCED;
    return none || port > UINT16_MAX ? 0 : (uint16_t)port;
}

/* A PC as it was before ACPI. */
static void assume(struct acpi *to)
{
    *to = (struct acpi){.ioapic = {{0xfec00000, 0}}};
    for (unsigned i = 0; i < ISA_LINES; i++)
        to->isa[i] = i;
}

const char *acpi_read(struct acpi *to, uint64_t rsdp, acpi_memory *memory, unsigned level)
{
    const uint8_t *ebda = memory(EBDA_SEGMENT, 2);
    const char *wrong = "there is no RSDP";
    if (rsdp && !rsdp_at(memory, rsdp))
        rsdp = 0;
    if (!rsdp && ebda)
        rsdp = find_rsdp(memory, number(ebda, 2) << 4, EBDA_BYTES);
    if (!rsdp)
        rsdp = find_rsdp(memory, BIOS_START, BIOS_BYTES);
    assume(to);
    if (rsdp) {
        const uint8_t *madt = find_table(memory, rsdp, "APIC"), *fadt = find_table(memory, rsdp, "FACP");
        keep_rsdp(to, memory, rsdp);
        to->pm_timer = fadt ? timer_of(fadt) : 0;
        wrong = madt ? read_madt(to, madt) : "it has no sound MADT";
    }
    for (unsigned i = 0; wrong && !(level & NEVER_LEVEL) && i < ISA_LINES; i++)
        to->isa[i] |= to->isa[i] == i && level >> i & 1 ? IRQ_LEVEL : 0; /* an override knows better */
    if (wrong && !to->isa[0])
        to->isa[0] = 2; /* where the old timer is wired on nearly every PC */
    if (wrong)
        to->ioapic_count = 1;
    return wrong;
}
