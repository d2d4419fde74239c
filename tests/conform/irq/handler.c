/* Handlers as capabilities: where they are, and what they are bound to. */
#include "frame/irq.h"

#include "frame/guest.h"

static long get(uint64_t line)
{
    return irq_handler_get(IRQS, line, own_cnode(), temp_slot());
}

static void line_has_one_handler(void)
{
    uint64_t h = irq_handler(5), slot = temp_slot();
    EXPECT_IS(get(5), ERR_IN_USE);
    EXPECT_IS(get(IRQ_ISA | 5), ERR_IN_USE);
    EXPECT_IS(get(5 | IRQ_LEVEL), ERR_IN_USE);
    EXPECT_IS(get(5 | IRQ_LEVEL | IRQ_LOW), ERR_IN_USE);
    uint64_t copy = temp_copy(h, RIGHT_ALL);
    EXPECT_IS(cap_delete(own_cnode(), h), 0);
    EXPECT_IS(get(5), ERR_IN_USE);
    EXPECT_IS(cap_move(own_cnode(), slot, own_cnode(), copy), 0);
    EXPECT_IS(get(5), ERR_IN_USE);
    EXPECT_IS(cap_delete(own_cnode(), slot), 0);
    irq_handler(5);
}

/* The old timer's line is wired to another: ACPI says so on every PC. */
static void isa_lines_are_translated(void)
{
    irq_handler(IRQ_ISA | 0);
    EXPECT_IS(get(2), ERR_IN_USE);
    EXPECT_IS(get(IRQ_ISA | 0), ERR_IN_USE);
    irq_handler(0);
}

/* Every machine here numbers its lines by the pins of the first I/O APIC. */
static void lines_are_pins(void)
{
    irq_handler(IRQ_IOAPIC | IRQ_LEVEL | IRQ_LOW | 5);
    EXPECT_IS(get(5), ERR_IN_USE);
    EXPECT_IS(get(IRQ_IOAPIC | 5), ERR_IN_USE);
    irq_handler(6);
    EXPECT_IS(get(IRQ_IOAPIC | 6), ERR_IN_USE);
}

static void get_errors(void)
{
    static const uint64_t lines[] = {IRQ_ISA | 16,
                                     IRQ_ISA | IRQ_LEVEL | 5,
                                     IRQ_ISA | IRQ_LOW | 5,
                                     IRQ_ISA | 0xffff,
                                     IRQ_NO_LINE,
                                     IRQ_IOAPIC << 1 | 5,
                                     IRQ_IOAPIC | IRQ_ISA | 5,
                                     IRQ_IOAPIC | 0xff,
                                     IRQ_IOAPIC | 31 << 8,
                                     IRQ_IOAPIC | 32 << 8,
                                     IRQ_IOAPIC | 0xff05,
                                     IRQ_IOAPIC | 1ul << 32,
                                     1ul << 32 | 5,
                                     1ul << 63 | 5,
                                     ~0ul,
                                     0x8000,
                                     IRQ_ISA | 1ul << 32};
    uint64_t slot = temp_slot(), used = temp_endpoint();
    for (unsigned i = 0; i < COUNT(lines); i++)
        EXPECT_IS(irq_handler_get(IRQS, lines[i], own_cnode(), slot), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_handler_get(IRQS, 5, own_cnode(), used), ERR_OCCUPIED);
    EXPECT_IS(irq_msi_get(IRQS, own_cnode(), used), ERR_OCCUPIED);
    EXPECT_IS(irq_handler_get(IRQS, 5, cap_at(zoo(TYPE_CNODE)), 4), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_msi_get(IRQS, cap_at(zoo(TYPE_CNODE)), 1ul << 63), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_handler_get(IRQS, IRQ_NO_LINE, own_cnode(), used), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_handler_get(IRQS | 1ul << 63, IRQ_NO_LINE, own_cnode(), slot), ERR_BAD_CAP);
    EXPECT_IS(cap_identify(cap_at(slot)), ERR_BAD_CAP);
    irq_handler(5); /* none of these has taken the line */
}

static void bind_errors(void)
{
    uint64_t n = notification(), other = notification(), h = irq_handler(5);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(temp_copy(n, RIGHT_WAIT))), ERR_NO_RIGHT);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(h)), ERR_WRONG_TYPE);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(temp_copy(n, RIGHT_SIGNAL))), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(other)), ERR_IN_USE);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), ERR_IN_USE);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(temp_copy(n, RIGHT_WAIT))), ERR_NO_RIGHT);
    EXPECT_IS(irq_handler_bind(cap_at(h), 0), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), 0), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(other)), 0);
}

/* Neither can be minted, and a handler made by a copy of the authority is as good. */
static void derived(void)
{
    uint64_t copy = temp_copy(CAP_IRQ_CONTROL, 0), h = temp_slot(), n = notification();
    EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), copy, RIGHT_ALL, 1), ERR_WRONG_TYPE);
    pit_low();
    EXPECT_IS(irq_handler_get(cap_at(copy), IRQ_ISA | 0, own_cnode(), h), 0);
    EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), h, RIGHT_ALL, 1), ERR_WRONG_TYPE);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), 0);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_IS(cap_revoke(own_cnode(), copy), 0); /* a copy is nobody's parent */
    EXPECT_IS(cap_delete(own_cnode(), copy), 0);
    pit_start();
    EXPECT_COMES(n, 1);
}

static void rebound(void)
{
    uint64_t n = notification(), other = notification(), h = irq_pit(cap_at(n));
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(other)), ERR_IN_USE);
    pit_start();
    EXPECT_COMES(n, 1);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), 0), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(other)), 0);
    pit_start();
    EXPECT_COMES(other, 1);
    EXPECT_PENDING(n, 0);
}

/* It is not lost, but signalled to the one that is bound next. */
static void bound_while_pending(void)
{
    uint64_t n = notification(), other = notification(), h = irq_handler(IRQ_ISA | 0);
    pit_low();
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    pit_fire();
    spin(SILENT_US);
    EXPECT_IS(irq_handler_bind(cap_at(h), signaller(n, 2)), 0);
    EXPECT_PENDING(n, 2);
    EXPECT_IS(irq_handler_bind(cap_at(h), 0), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(other)), 0);
    EXPECT_PENDING(other, 1); /* nobody has acknowledged it */
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), 0), 0);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), 0);
    EXPECT_PENDING(n, 0);
}

/* Another thread, by another capability. */
static void acknowledged_by_another(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n)), copy = temp_copy(h, 0);
    for (unsigned i = 0; i < 3; i++) {
        pit_fire();
        EXPECT_COMES(n, 1);
        pit_fire();
        EXPECT_SILENT(n);
        EXPECT_RESULT(act(A, SYS_IRQ_HANDLER_ACK, cap_at(copy), 1), 0);
        EXPECT_PENDING(n, 1);
        EXPECT_RESULT(act(A, SYS_IRQ_HANDLER_ACK, cap_at(i % 2 ? h : copy), 2), 0);
        EXPECT_PENDING(n, 0);
    }
    EXPECT_IS(cap_delete(own_cnode(), h), 0);
    pit_start();
    EXPECT_COMES(n, 1);
    EXPECT_IS(irq_handler_ack(cap_at(h)), ERR_BAD_CAP);
}

static void all_vectors(void)
{
    enum { RADIX = 8 };
    uint64_t cnode = temp_object(TYPE_CNODE, RADIX), count = 0, slot = temp_slot();
    bool seen[256] = {false};
    long data;
    while (count < 1u << RADIX && (data = irq_msi_get(IRQS, cap_at(cnode), count)) >= 0) {
        EXPECT(data >= 32 && data < 256 && !seen[data & 255]);
        seen[data & 255] = true;
        count++;
    }
    EXPECT(count > 100 && count < 224);
    EXPECT_IS(data, ERR_NO_MEMORY);
    EXPECT_IS(irq_handler_get(IRQS, 5, own_cnode(), slot), ERR_NO_MEMORY);
    EXPECT_IS(cap_delete(cap_at(cnode), 7), 0);
    EXPECT_IS(irq_handler_get(IRQS, 5, own_cnode(), slot), 0);
    EXPECT_IS(irq_msi_get(IRQS, cap_at(cnode), 7), ERR_NO_MEMORY);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    cnode = temp_object(TYPE_CNODE, RADIX);
    for (uint64_t i = 0; i + 1 < count; i++)
        EXPECT(irq_msi_get(IRQS, cap_at(cnode), i) >= 0);
    EXPECT_IS(irq_msi_get(IRQS, cap_at(cnode), count), ERR_NO_MEMORY);
}

static const struct test list[] = {
    {"line_has_one_handler", line_has_one_handler},
    {"isa_lines_are_translated", isa_lines_are_translated},
    {"lines_are_pins", lines_are_pins},
    {"get_errors", get_errors},
    {"bind_errors", bind_errors},
    {"derived", derived},
    {"rebound", rebound},
    {"bound_while_pending", bound_while_pending},
    {"acknowledged_by_another", acknowledged_by_another},
    {"all_vectors", all_vectors},
};

CASE_SET(680, irq_handler_cases)
{
    cases_need(irq_lines(), NO_LINES);
    CASES("irq/handler", list);
}
