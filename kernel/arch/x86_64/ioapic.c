#include "arch/x86_64/apic.h"

#include <stddef.h>
#include "abi/abi.h"
#include "arch/arch.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/paging.h"
#include "debug/debug.h"

enum { SELECT = 0x00 / 4, WINDOW = 0x10 / 4, VERSION = 1, REDIRECTION = 0x10, PINS_MAX = 120, ALIGN = 0x400 };
enum { REDIRECT_LOW = 1 << 13, REDIRECT_LEVEL = 1 << 15, REDIRECT_MASKED = 1 << 16, APIC_ID_SHIFT = 24 };

struct ioapic {
    volatile uint32_t *registers;
    uint32_t first, pins; /* the global number of its first pin, and how many it has */
};

static struct ioapic ioapics[ACPI_IOAPICS];
static uint32_t isa[ISA_LINES];

static uint32_t read(const struct ioapic *io, uint32_t reg)
{
    io->registers[SELECT] = reg;
    return io->registers[WINDOW];
}

static void write(const struct ioapic *io, uint32_t reg, uint32_t value)
{
    io->registers[SELECT] = reg;
    io->registers[WINDOW] = value;
}

/* An impossible I/O APIC is left out: its lines do not exist. */
static void add(struct ioapic *io, const struct acpi_ioapic *from)
{
    volatile uint32_t *page = from->address % ALIGN ? NULL : paging_map_device(from->address & ~4095u);
    if (!page) {
        kprintf("baton: there cannot be an I/O APIC at %x\n", from->address);
        return;
    }
    io->registers = page + from->address % 4096 / 4;
    uint32_t version = read(io, VERSION), pins = (version >> 16 & 0xff) + 1;
    if (version == 0 || version == ~0u) { /* what is read where nothing lies */
        kprintf("baton: no I/O APIC answers at %x\n", from->address);
        return;
    }
    io->first = from->first;
    io->pins = pins < PINS_MAX ? pins : PINS_MAX;
    for (uint32_t pin = 0; pin < io->pins; pin++)
        write(io, REDIRECTION + 2 * pin, REDIRECT_MASKED);
}

void ioapic_init(const struct acpi *acpi)
{
    for (unsigned i = 0; i < acpi->ioapic_count; i++)
        add(&ioapics[i], &acpi->ioapic[i]);
    for (unsigned i = 0; i < ISA_LINES; i++)
        isa[i] = acpi->isa[i];
}

/* The I/O APIC that has this line, and in *reg the first register of its pin; NULL when none has. */
static const struct ioapic *find(uint32_t line, uint32_t *reg)
{
    for (unsigned i = 0; i < ACPI_IOAPICS; i++) {
        uint32_t pin = (line & IRQ_LINE_MAX) - ioapics[i].first;
        *reg = REDIRECTION + 2 * pin;
        if (pin < ioapics[i].pins)
            return &ioapics[i];
    }
    return NULL;
}

/* The line of a pin, which is asked for by the place of its I/O APIC in the list; how it is triggered stays. */
static uint64_t line_of_pin(uint64_t asked)
{
    uint64_t place = asked >> 8 & 0xff, pin = asked & 0xff;
    if (place >= ACPI_IOAPICS)
        return IRQ_NO_LINE;
    const struct ioapic *io = &ioapics[index_nospec(place, ACPI_IOAPICS)];
    uint64_t line = (uint64_t)io->first + pin;
    return pin < io->pins && line < IRQ_NO_LINE ? line | (asked & ~(uint64_t)IRQ_LINE_MAX) : IRQ_NO_LINE;
}

uint32_t arch_irq_line(uint64_t asked)
{
    uint32_t reg;
    uint64_t line = asked & IRQ_ISA ? asked - IRQ_ISA : asked;
    if (asked & IRQ_ISA)
        line = line < ISA_LINES ? isa[index_nospec(line, ISA_LINES)] : IRQ_NO_LINE;
    else if (asked & IRQ_IOAPIC)
        line = line_of_pin(asked - IRQ_IOAPIC);
    bool valid = !(line & ~(uint64_t)(IRQ_LINE_MAX | IRQ_LEVEL | IRQ_LOW));
    return valid && find((uint32_t)line, &reg) ? (uint32_t)line : IRQ_NO_LINE;
}

void arch_irq_route(uint32_t line, unsigned vector)
{
    uint32_t reg;
    const struct ioapic *io = find(line, &reg);
    uint32_t how = (line & IRQ_LEVEL ? REDIRECT_LEVEL : 0) | (line & IRQ_LOW ? REDIRECT_LOW : 0);
    write(io, reg, vector | how | REDIRECT_MASKED);
    write(io, reg + 1, apic_id() << APIC_ID_SHIFT);
}

void arch_irq_mask(uint32_t line, bool masked)
{
    uint32_t reg;
    const struct ioapic *io = find(line, &reg);
    uint32_t low = read(io, reg) & ~(uint32_t)REDIRECT_MASKED;
    write(io, reg, low | (masked ? REDIRECT_MASKED : 0));
}

uint64_t arch_msi_address(void)
{
    return 0xfee00000 | apic_id() << 12;
}
