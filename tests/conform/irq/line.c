/* Interrupts of a line: when they come, what they signal, which threads they wake; edge and level triggered. */
#include "frame/irq.h"

#include "frame/watch.h"

static void comes(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    EXPECT_SILENT(n);
    for (unsigned i = 0; i < 5; i++) {
        pit_start();
        EXPECT_COMES(n, 1);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
        EXPECT_SILENT(n);
    }
}

/* By its global number, too: ACPI says for line 0 of ISA which one that is; on a PC it is 2. */
static void by_global_number(void)
{
    uint64_t n = notification();
    pit_low();
    irq_open(2, cap_at(n));
    pit_start();
    EXPECT_COMES(n, 1);
}

static void bits_of_the_badge(void)
{
    uint64_t n = notification();
    irq_pit(signaller(n, 1ul << 63 | 6));
    pit_start();
    EXPECT_COMES(n, 1ul << 63 | 6);
}

/* It preempts us: we are less urgent, and spin in ring 3. */
static void wakes_a_waiter(void)
{
    uint64_t n = notification(), h = irq_pit(signaller(n, 4));
    for (unsigned i = 0; i < 3; i++) {
        struct step *wait = act(A, SYS_WAIT, cap_at(n), i);
        EXPECT_WAITS(wait);
        pit_fire();
        spin(SILENT_US);
        EXPECT_SIGNAL(wait, 4);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    }
}

static void less_urgent_waits(void)
{
    uint64_t n = notification();
    irq_pit(cap_at(n));
    actor_configure(A, RUNNER_PRIORITY - 1, watch_fault_ep);
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    quiesce();
    pit_fire();
    spin(SILENT_US);
    EXPECT_WAITS(wait);
    quiesce();
    EXPECT_SIGNAL(wait, 1);
}

static void wakes_a_receiver(void)
{
    uint64_t n = notification();
    irq_pit(signaller(n, 0x30));
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    struct step *got = act(B, SYS_RECV, new_endpoint(), 1);
    EXPECT_WAITS(got);
    pit_fire();
    spin(SILENT_US);
    EXPECT_SIGNAL(got, 0x30);
}

/* Nobody is ready: the CPU idles. */
static void wakes_the_idle(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n)), bits = 0;
    watch_stop_sentinel();
    for (unsigned i = 0; i < 5; i++) {
        pit_start();
        EXPECT_IS(notification_wait(cap_at(n), &bits), GOT_NOTIFIED);
        EXPECT_IS(bits, 1);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    }
    watch_start_sentinel();
}

static void masked_until_the_first_ack(void)
{
    uint64_t n = notification(), h = irq_handler(IRQ_ISA | 0);
    pit_low();
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), 0);
    pit_fire();
    EXPECT_SILENT(n);
    pit_low();
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    pit_start();
    EXPECT_COMES(n, 1);
}

/* What comes before the acknowledgement is signalled by it, once. */
static void edges_until_the_ack(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    pit_fire();
    EXPECT_COMES(n, 1);
    for (unsigned i = 0; i < 4; i++) {
        pit_fire();
        EXPECT_SILENT(n);
    }
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_PENDING(n, 1);
    EXPECT_SILENT(n);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_SILENT(n);
    pit_start();
    EXPECT_COMES(n, 1);
}

/* A line that stays high interrupts once for each acknowledgement, until it is low. */
static void level_triggered(void)
{
    if (!pit_holds_its_line())
        return;
    pit_low();
    uint64_t n = notification(), h = irq_open(2 | IRQ_LEVEL, cap_at(n));
    EXPECT_SILENT(n);
    pit_fire();
    for (unsigned i = 0; i < 20; i++) {
        EXPECT_COMES(n, 1);
        EXPECT_PENDING(n, 0);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    }
    EXPECT_COMES(n, 1);
    EXPECT_SILENT(n);
    pit_low();
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_SILENT(n);
}

/* High from the beginning, and pending at the first acknowledgement. */
static void level_before_the_first_ack(void)
{
    if (!pit_holds_its_line())
        return;
    uint64_t n = notification(), h = irq_handler(2 | IRQ_LEVEL);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), 0);
    pit_fire();
    EXPECT_SILENT(n);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_COMES(n, 1);
    pit_low();
}

/* Twenty thousand edges a second that nobody acknowledges: they signal once, and the runner goes on. */
static void storm(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    pit_repeat(50);
    EXPECT_COMES(n, 1);
    for (unsigned i = 0; i < 5; i++)
        EXPECT_SILENT(n);
    for (unsigned i = 0; i < 20; i++) {
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
        EXPECT_COMES(n, 1);
    }
    pit_low();
}

/* Each edge is acknowledged by a driver that is more urgent: none is lost, and none comes twice. */
static uint64_t driver_handler;
static volatile unsigned driver_count;

static void driver_round(uint64_t n)
{
    uint64_t bits;
    if (notification_wait(n, &bits) == GOT_NOTIFIED && irq_handler_ack(cap_at(driver_handler)) == 0)
        driver_count = driver_count + 1;
}

static void every_edge_once(void)
{
    enum { EDGES = 12 };
    uint64_t n = notification();
    driver_handler = irq_pit(cap_at(n));
    driver_count = 0;
    for (unsigned i = 0; i < EDGES; i++)
        plan_function(A, driver_round, cap_at(n));
    go(A);
    for (unsigned i = 0; i < EDGES; i++) {
        EXPECT_IS(driver_count, i);
        pit_fire();
        spin(200);
    }
    EXPECT_IS(driver_count, EDGES);
    EXPECT_SILENT(n);
}

static const struct test list[] = {
    {"comes", comes},
    {"by_global_number", by_global_number},
    {"bits_of_the_badge", bits_of_the_badge},
    {"wakes_a_waiter", wakes_a_waiter},
    {"less_urgent_waits", less_urgent_waits},
    {"wakes_a_receiver", wakes_a_receiver},
    {"wakes_the_idle", wakes_the_idle},
    {"masked_until_the_first_ack", masked_until_the_first_ack},
    {"edges_until_the_ack", edges_until_the_ack},
    {"level_triggered", level_triggered},
    {"level_before_the_first_ack", level_before_the_first_ack},
    {"storm", storm},
    {"every_edge_once", every_edge_once},
};

CASE_SET(670, irq_line_cases)
{
    cases_need(irq_lines(), NO_LINES);
    CASES("irq", list);
}
