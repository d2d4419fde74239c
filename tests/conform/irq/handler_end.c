/* A handler goes, or what it is bound to: what is left of the other. */
#include "frame/guest.h"
#include "frame/irq.h"

static void deleted(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    EXPECT_IS(cap_delete(own_cnode(), h), 0);
    pit_fire();
    EXPECT_SILENT(n);
    EXPECT_IS(irq_handler_ack(cap_at(h)), ERR_BAD_CAP);
    h = irq_pit(cap_at(n));
    pit_start();
    EXPECT_COMES(n, 1);
}

/* With an interrupt that nobody has acknowledged, and one more behind it. */
static void deleted_while_pending(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    pit_fire();
    EXPECT_COMES(n, 1);
    pit_fire();
    EXPECT_IS(cap_delete(own_cnode(), h), 0);
    EXPECT_SILENT(n);
    h = irq_pit(cap_at(n));
    EXPECT_SILENT(n);
    pit_start();
    EXPECT_COMES(n, 1);
}

static void deleted_while_level_is_high(void)
{
    if (!pit_holds_its_line())
        return;
    pit_low();
    uint64_t n = notification(), h = irq_open(2 | IRQ_LEVEL, cap_at(n));
    pit_fire();
    EXPECT_COMES(n, 1);
    EXPECT_IS(cap_delete(own_cnode(), h), 0);
    EXPECT_SILENT(n);
    h = irq_open(2 | IRQ_LEVEL, cap_at(n));
    EXPECT_COMES(n, 1);
    pit_low();
}

/* With the CNode that holds it. */
static void goes_with_its_cnode(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, 2), n = notification(), h = irq_pit(cap_at(n));
    EXPECT_IS(cap_move(cap_at(cnode), 1, own_cnode(), h), 0);
    pit_start();
    EXPECT_COMES(n, 1);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    pit_fire();
    EXPECT_SILENT(n);
    irq_handler(IRQ_ISA | 0);
}

static void notification_goes(void)
{
    uint64_t n = notification(), other = notification(), h = irq_pit(cap_at(n));
    EXPECT_IS(cap_revoke(own_cnode(), n), 0); /* what it is bound by was derived from that */
    pit_fire();
    EXPECT_SILENT(n);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(other)), 0);
    EXPECT_PENDING(other, 1);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    pit_start();
    EXPECT_COMES(other, 1);
}

/* The handler holds the last capability of a notification, and threads wait for it. */
static void last_of_a_notification(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    struct step *a = act(A, SYS_WAIT, cap_at(n), 1), *b = act(B, SYS_WAIT, cap_at(n), 2);
    EXPECT_IS(cap_delete(own_cnode(), n), 0);
    EXPECT_WAITS(a);
    pit_fire();
    spin(SILENT_US);
    EXPECT_SIGNAL(a, 1);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_WAITS(b);
    EXPECT_IS(cap_delete(own_cnode(), h), 0);
    EXPECT_CANCELED(b);
    irq_pit(cap_at(notification()));
}

static void unbinding_ends_a_notification(void)
{
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    struct step *a = act(A, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(cap_delete(own_cnode(), n), 0);
    EXPECT_WAITS(a);
    EXPECT_IS(irq_handler_bind(cap_at(h), 0), 0);
    EXPECT_CANCELED(a);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(notification())), 0);
}

/* The memory of the notification cannot be used again while a handler has it. */
static void untyped_is_revoked(void)
{
    uint64_t memory = pool_new(), n = make(memory, TYPE_NOTIFICATION, 0), h = irq_pit(cap_at(n));
    EXPECT_IS(cap_delete(own_cnode(), n), 0);
    pit_start();
    spin(SILENT_US);
    EXPECT_IS(revoke(memory), 0);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    pit_fire();
    spin(SILENT_US);
    n = notification();
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), 0);
    EXPECT_PENDING(n, 1);
}

static const struct test list[] = {
    {"deleted", deleted},
    {"deleted_while_pending", deleted_while_pending},
    {"deleted_while_level_is_high", deleted_while_level_is_high},
    {"goes_with_its_cnode", goes_with_its_cnode},
    {"notification_goes", notification_goes},
    {"last_of_a_notification", last_of_a_notification},
    {"unbinding_ends_a_notification", unbinding_ends_a_notification},
    {"untyped_is_revoked", untyped_is_revoked},
};

CASE_SET(682, irq_handler_end_cases)
{
    cases_need(irq_lines(), NO_LINES);
    CASES("irq/handler", list);
}
