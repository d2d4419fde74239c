/* The first, the middle and the last of the I/O APIC's lines and of the interrupt vectors. */
#include "frame/guest.h"
#include "frame/irq.h"
#include "frame/timer.h"

enum { RADIX = 8, MOST = 1 << RADIX, LEAST_VECTORS = 64, ISA_LINES = 16 };

/* All vectors are a message's, except the one that the PIT's line gets; an interrupt by that one comes, and to nobody else. */
static void vectors(void)
{
    static uint64_t data[MOST];
    uint64_t cnode = temp_object(TYPE_CNODE, RADIX), others = notification(), count = 0, to = temp_slot();
    long got;
    while ((got = irq_msi_get(IRQS, cap_at(cnode), count)) >= 0) {
        data[count++] = (uint64_t)got;
        EXPECT_IS(cap_copy(own_cnode(), to, cap_at(cnode), count - 1, RIGHT_ALL), 0);
        EXPECT_IS(irq_handler_bind(cap_at(to), cap_at(others)), 0);
        EXPECT_IS(cap_delete(own_cnode(), to), 0);
    }
    EXPECT_IS(got, ERR_NO_MEMORY);
    EXPECT(count >= LEAST_VECTORS && data[count - 1] - data[0] == count); /* the second is the zoo's */
    const uint64_t places[] = {0, 1, count / 2, count - 1};
    for (unsigned i = 0; i < COUNT(places); i++) {
        EXPECT_IS(cap_delete(cap_at(cnode), places[i]), 0);
        uint64_t n = notification(), h = irq_pit(cap_at(n));
        EXPECT_IS(irq_msi_get(IRQS, cap_at(cnode), places[i]), ERR_NO_MEMORY);
        pit_start();
        EXPECT_COMES(n, 1);
        EXPECT_SILENT(others);
        EXPECT_IS(cap_delete(own_cnode(), h), 0);
        EXPECT_IS(irq_msi_get(IRQS, cap_at(cnode), places[i]), data[places[i]]);
    }
}

/* All lines that exist have handlers at the same time, each its own; the one after the last does not exist. */
static void lines(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, RADIX), count = 0;
    while (count < MOST && irq_handler_get(IRQS, count, cap_at(cnode), count) == 0)
        count++;
    EXPECT(count >= ISA_LINES && count < MOST);
    const uint64_t places[] = {0, 1, count / 2, count - 1};
    for (unsigned i = 0; i < COUNT(places); i++) {
        uint64_t to = temp_slot();
        EXPECT_IS(irq_handler_get(IRQS, places[i], own_cnode(), to), ERR_IN_USE);
        EXPECT_IS(cap_move(own_cnode(), to, cap_at(cnode), places[i]), 0);
        EXPECT_IS(irq_handler_ack(cap_at(to)), 0);
        EXPECT_IS(cap_delete(own_cnode(), to), 0);
        EXPECT_IS(irq_handler_get(IRQS, places[i] | IRQ_LEVEL | IRQ_LOW, cap_at(cnode), places[i]), 0);
    }
    EXPECT_IS(irq_handler_get(IRQS, count, own_cnode(), temp_slot()), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_handler_get(IRQS, IRQ_NO_LINE - 1, own_cnode(), temp_slot()), ERR_BAD_ARGUMENT);
}

static const struct test list[] = {{"vectors", vectors}, {"lines", lines}};

CASE_SET(917, edges_irq_cases)
{
    cases_need(irq_lines(), NO_LINES);
    CASES("edges/irq", list);
}
