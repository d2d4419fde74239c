/* kernel/arch/x86_64/ioapic.c with several I/O APICs: by which number each pin is asked for. No emulator here has more than one.
   What lies at their addresses is memory that always says how many pins there are. */
#include "abi/abi.h"
#include "arch/arch.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/paging.h"
#include "debug/debug.h"
#include "test.h"

enum {
    FIRST = 0xfec00000,
    SECOND = 0xfec10000,
    ODD = 0xfec20000,
    LAST = 0xfec30000,
    NONE = 0xfec40000,
    PINS_FIRST = 24,
    PINS_SECOND = 8,
    CPU = 0x5a, /* its local APIC's number */
    MASKED = 1 << 16,
    SELECT = 0,
    WINDOW = 4,
};

static uint32_t registers[5][1024];

volatile uint32_t *paging_map_device(uint64_t phys)
{
    return registers[(phys - FIRST) >> 16];
}

uint32_t apic_id(void)
{
    return CPU;
}

void kprintf(const char *format, ...)
{
    (void)format;
}

static void start(void)
{
    struct acpi acpi = {.ioapic_count = 5,
                        .ioapic = {{FIRST, 0}, {SECOND, 100}, {ODD, 200}, {LAST, 0xfff8}, {NONE, 300}}};
    registers[0][4] = (PINS_FIRST - 1) << 16;
    registers[1][4] = (PINS_SECOND - 1) << 16;
    registers[2][4] = ~0u; /* nothing answers: all ones on one machine, zeros on another */
    registers[4][4] = 0;
    registers[3][4] = (PINS_SECOND - 1) << 16;
    ioapic_init(&acpi);
}

static uint32_t pin(uint64_t place, uint64_t number)
{
    return arch_irq_line(IRQ_IOAPIC | place << 8 | number);
}

static void by_place(void)
{
    start();
    for (unsigned i = 0; i < 256; i++) {
        CHECK_NUMBER("first", pin(0, i), i < PINS_FIRST ? i : IRQ_NO_LINE);
        CHECK_NUMBER("second", pin(1, i), i < PINS_SECOND ? 100 + i : IRQ_NO_LINE);
        CHECK_NUMBER("one that is not there", pin(2, i), IRQ_NO_LINE);
        CHECK_NUMBER("up to the last line", pin(3, i), i < PINS_SECOND - 1 ? 0xfff8 + i : IRQ_NO_LINE);
        CHECK_NUMBER("another that is not there", pin(4, i), IRQ_NO_LINE);
        CHECK_NUMBER("none", pin(i < 5 ? 5 : i, 0), IRQ_NO_LINE);
    }
}

static void how_it_is_triggered_stays(void)
{
    start();
    CHECK_NUMBER("level", pin(1, IRQ_LEVEL | 3), IRQ_LEVEL | 103);
    CHECK_NUMBER("low", pin(1, IRQ_LEVEL | IRQ_LOW | 3), IRQ_LEVEL | IRQ_LOW | 103);
    CHECK_NUMBER("by its number", arch_irq_line(103), 103);
    CHECK_NUMBER("both", pin(1, IRQ_ISA | 3), IRQ_NO_LINE);
    CHECK_NUMBER("bits that mean nothing", pin(1, 1ull << 32 | 3), IRQ_NO_LINE);
    CHECK_NUMBER("the next flag", pin(1, IRQ_IOAPIC << 1 | 3), IRQ_NO_LINE);
}

/* What it was told last: each pin is masked at first, and a line goes to this CPU. A mask changes no other bit. */
static void what_a_pin_is_told(void)
{
    start();
    CHECK_NUMBER("the last pin", registers[0][SELECT], 0x10 + 2 * (PINS_FIRST - 1));
    CHECK_NUMBER("is masked", registers[0][WINDOW], MASKED);
    arch_irq_route(103 | IRQ_LEVEL | IRQ_LOW, 0x41);
    CHECK_NUMBER("its upper half", registers[1][SELECT], 0x10 + 2 * 3 + 1);
    CHECK_NUMBER("the CPU", registers[1][WINDOW], (uint64_t)CPU << 24);
    registers[1][WINDOW] = 0x1a041;
    arch_irq_mask(103 | IRQ_LEVEL | IRQ_LOW, false);
    CHECK_NUMBER("its lower half", registers[1][SELECT], 0x10 + 2 * 3);
    CHECK_NUMBER("open", registers[1][WINDOW], 0xa041);
    arch_irq_mask(103, true);
    CHECK_NUMBER("masked", registers[1][WINDOW], 0x1a041);
}

int main(void)
{
    test_run("ioapic: what a pin is told", what_a_pin_is_told);
    test_run("ioapic: by place", by_place);
    test_run("ioapic: how it is triggered stays", how_it_is_triggered_stays);
    return test_end();
}
