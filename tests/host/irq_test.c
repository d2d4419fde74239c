/* Interrupt handlers: what an interrupt does to its line and its notification, in every order with
   acknowledging, binding and deleting; running out of vectors; errors change nothing. */
#include "object/irq.h"

#include "abi/handlers.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/notification.h"
#include "object/thread.h"
#include "thread/sched.h"
#include "world.h"

enum { CONTROL = 3, NOTE, NOTE_2, HANDLER, COPY, OTHER, SPARE, TCB, UNBADGED = 1, MANY = 40 };

static struct notification *note;

static long get(uint64_t line, uint64_t slot)
{
    return sys(SYS_IRQ_HANDLER_GET, at(CONTROL), line, at(SLOT_CNODE), slot, 0, 0);
}

static long bind(uint64_t handler, uint64_t notification)
{
    return sys(SYS_IRQ_HANDLER_BIND, at(handler), notification ? at(notification) : 0, 0, 0, 0, 0);
}

static long ack(uint64_t handler)
{
    return sys(SYS_IRQ_HANDLER_ACK, at(handler), 0, 0, 0, 0, 0);
}

static void copy(uint64_t to, uint64_t from)
{
    CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(SLOT_CNODE), to, at(SLOT_CNODE), from, RIGHT_ALL, 0), 0);
}

static void start(void)
{
    world_reset();
    memset(host.irq_open, 0, sizeof host.irq_open);
    world_caller(TCB, 10);
    slot_fill(&world[CONTROL], TYPE_IRQ_CONTROL, 0, 0, 0);
    slot_set_flags(&world[CONTROL], SLOT_REVOCABLE);
    note = world_object(NOTE, TYPE_NOTIFICATION, 0);
    world_object(NOTE_2, TYPE_NOTIFICATION, 0);
}

/* Line 5 with a handler that is bound and open. */
static void start_line(uint64_t line)
{
    start();
    CHECK_NUMBER("get", get(line, HANDLER), 0);
    CHECK(!host.irq_open[line & IRQ_LINE_MAX]);
    CHECK_NUMBER("bind", bind(HANDLER, NOTE), 0);
    CHECK(!host.irq_open[line & IRQ_LINE_MAX]);
    CHECK_NUMBER("ack", ack(HANDLER), 0);
    CHECK(host.irq_open[line & IRQ_LINE_MAX]);
    CHECK_NUMBER("nothing came", note->pending, 0);
}

/* The interrupt comes if the line lets it. */
static bool line_raise(unsigned line)
{
    return host.irq_open[line] && irq_raise(host.irq_vector[line]);
}

static bool take(struct notification *n)
{
    bool any = n->pending != 0;
    n->pending = 0;
    return any;
}

static void level(void)
{
    start_line(5 | IRQ_LEVEL);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(line_raise(5));
        CHECK(!host.irq_open[5] && take(note));
        CHECK(!line_raise(5));
        CHECK_NUMBER("ack", ack(HANDLER), 0);
        CHECK(host.irq_open[5] && !take(note)); /* if it is still raised, it comes again */
    }
    CHECK_NUMBER("an ack of nothing", ack(HANDLER), 0);
    CHECK(host.irq_open[5] && !take(note));
    CHECK(line_raise(5) && irq_raise(host.irq_vector[5])); /* one more was on its way when it was masked */
    CHECK(take(note) && ack(HANDLER) == 0 && !take(note));
}

static void edge(void)
{
    start_line(7);
    CHECK(line_raise(7) && host.irq_open[7] && take(note));
    CHECK(line_raise(7) && !host.irq_open[7] && !take(note)); /* remembered */
    CHECK(!line_raise(7));
    CHECK_NUMBER("ack", ack(HANDLER), 0);
    CHECK(host.irq_open[7] && take(note));
    CHECK_NUMBER("ack", ack(HANDLER), 0);
    CHECK(host.irq_open[7] && !take(note));
    CHECK(line_raise(7) && take(note));
}

static void message(void)
{
    start();
    long vector = sys(SYS_IRQ_MSI_GET, at(CONTROL), at(SLOT_CNODE), HANDLER, 0, 0, 0);
    CHECK(vector >= IRQ_VECTOR_FIRST && vector < IRQ_VECTOR_FIRST + IRQ_VECTORS);
    CHECK_NUMBER("bind", bind(HANDLER, NOTE), 0);
    CHECK(irq_raise((unsigned)vector) && take(note));
    for (unsigned i = 0; i < 3; i++)
        CHECK(irq_raise((unsigned)vector) && !take(note));
    CHECK(ack(HANDLER) == 0 && take(note));
    CHECK(ack(HANDLER) == 0 && !take(note));
    for (unsigned i = 0; i < HOST_LINES; i++)
        CHECK(!host.irq_open[i]);
}

static void nobody_has_it(void)
{
    start();
    for (unsigned vector = 0; vector < 512; vector++)
        CHECK(!irq_raise(vector));
    CHECK(!irq_raise(~0u));
}

static void bound_late_and_again(void)
{
    start();
    CHECK(get(5, HANDLER) == 0 && ack(HANDLER) == 0);
    CHECK(line_raise(5) && line_raise(5) && !host.irq_open[5]);
    CHECK_NUMBER("bind", bind(HANDLER, NOTE), 0);
    CHECK(take(note)); /* it came before */
    CHECK_NUMBER("bind", bind(HANDLER, NOTE_2), ERR_IN_USE);
    CHECK_NUMBER("unbind", bind(HANDLER, 0), 0);
    CHECK_NUMBER("unbind", bind(HANDLER, 0), 0);
    CHECK(ack(HANDLER) == 0 && !take(note));
    CHECK_NUMBER("bind", bind(HANDLER, NOTE_2), 0);
    CHECK(take(notification_of(&world[NOTE_2])) && !take(note));
}

static void badge(void)
{
    start_line(5);
    CHECK_NUMBER("unbind", bind(HANDLER, 0), 0);
    CHECK_NUMBER("mint", sys(SYS_CAP_MINT, at(SLOT_CNODE), SPARE, at(SLOT_CNODE), NOTE, RIGHT_SIGNAL, 0x30), 0);
    CHECK_NUMBER("bind", bind(HANDLER, SPARE), 0);
    CHECK(line_raise(5));
    CHECK_NUMBER("bits", note->pending, 0x30);
}

static void notification_goes(void)
{
    start_line(5);
    CHECK_NUMBER("revoke", sys(SYS_CAP_REVOKE, at(SLOT_CNODE), NOTE, 0, 0, 0, 0), 0);
    CHECK(line_raise(5) && !take(note));
    CHECK_NUMBER("bind", bind(HANDLER, NOTE), 0);
    CHECK(take(note));
    CHECK_NUMBER("delete", sys(SYS_CAP_DELETE, at(SLOT_CNODE), NOTE, 0, 0, 0, 0), 0);
    CHECK(ack(HANDLER) == 0 && line_raise(5) && take(note)); /* the handler keeps it */
    CHECK_NUMBER("unbind, the last capability", bind(HANDLER, 0), 0);
    CHECK(ack(HANDLER) == 0 && line_raise(5) && !take(note));
    CHECK_NUMBER("bind", bind(HANDLER, NOTE_2), 0);
}

static void handler_goes(void)
{
    start_line(5);
    copy(COPY, HANDLER);
    CHECK_NUMBER("in use", get(5, OTHER), ERR_IN_USE);
    CHECK_NUMBER("in use", get(5 | IRQ_ISA, OTHER), ERR_IN_USE);
    CHECK_NUMBER("in use, however triggered", get(5 | IRQ_LEVEL | IRQ_LOW, OTHER), ERR_IN_USE);
    slot_delete(&world[HANDLER]);
    CHECK(line_raise(5) && take(note)); /* the copy is as good */
    CHECK_NUMBER("ack by the copy", ack(COPY), 0);
    CHECK(line_raise(5)); /* pending */
    slot_delete(&world[COPY]);
    unsigned vector = host.irq_vector[5];
    CHECK(!host.irq_open[5] && !irq_raise(vector));
    CHECK(slot_last(&world[NOTE]));
    CHECK_NUMBER("get", get(5, OTHER), 0);
    CHECK_NUMBER("bind", bind(OTHER, NOTE_2), 0);
    CHECK_NUMBER("not pending", notification_of(&world[NOTE_2])->pending, 0);
}

/* The handler holds the last capability of a notification that many threads wait for: it dies in steps,
   meanwhile the vector is not given to another. */
static void handler_goes_with_notification(void)
{
    start_line(5);
    struct irq_handler *h = irq_handler_of(&world[HANDLER]);
    for (unsigned i = 0; i < MANY; i++) {
        world_caller(SPARE + 4 + i, 20);
        CHECK_NUMBER("wait", sys(SYS_WAIT, at(NOTE), 0, 0, 0, 0, 0), GOT_NOTIFIED);
    }
    slot_delete(&world[NOTE]);
    CHECK(!delete_steps(&world[HANDLER], 1, 3));
    CHECK(slot_dying(&h->notification) && !host.irq_open[5]);
    CHECK_NUMBER("get", get(6, OTHER), 0);
    CHECK(irq_handler_of(&world[OTHER]) != h);
    CHECK(delete_steps(NULL, 0, 2 * MANY));
    CHECK(slot_empty(&h->notification) && slot_empty(&world[HANDLER]));
    CHECK_NUMBER("get", get(5, HANDLER), 0);
    CHECK(irq_handler_of(&world[HANDLER]) == h);
}

/* Between two steps of its end another handler is made and bound: the new one stays bound. */
static void another_while_it_goes(void)
{
    start_line(5);
    CHECK_NUMBER("unbind", bind(HANDLER, 0), 0);
    CHECK(!delete_steps(&world[HANDLER], 1, 1));
    CHECK(!host.irq_open[5]);
    CHECK_NUMBER("get", get(5, OTHER), ERR_IN_USE);
    CHECK_NUMBER("get", get(6, OTHER), 0);
    CHECK_NUMBER("bind", bind(OTHER, NOTE_2), 0);
    CHECK(delete_steps(NULL, 0, 10));
    CHECK(slot_empty(&world[HANDLER]) && !slot_empty(&irq_handler_of(&world[OTHER])->notification));
    CHECK(ack(OTHER) == 0 && line_raise(6) && take(notification_of(&world[NOTE_2])));
    CHECK_NUMBER("get", get(5, HANDLER), 0);
}

/* The same by unbinding: it is started again until it is done, and meanwhile another cannot be bound. */
static void unbind_in_steps(void)
{
    start_line(5);
    for (unsigned i = 0; i < 2 * STEPS_PER_ENTRY; i++) {
        struct tcb *t = host_memory(1u << TYPE_BITS_TCB);
        tcb_init(t);
        derive_copy(&t->slots[TCB_CSPACE], &world[SLOT_CNODE], 0);
        tcb_slots_changed(t);
        t->ceiling = 255;
        tcb_set_priority(t, 5);
        sched_wake(t);
    }
    tcb_stop(cpu.current);
    for (unsigned i = 0; i < 2 * STEPS_PER_ENTRY; i++)
        CHECK_NUMBER("wait", sys(SYS_WAIT, at(NOTE), 0, 0, 0, 0, 0), GOT_NOTIFIED);
    world_caller(SPARE, 200);
    slot_delete(&world[NOTE]);
    struct tcb *caller = cpu.current;
    caller->rip = 0x1000;
    sys_once(SYS_IRQ_HANDLER_BIND, at(HANDLER), 0);
    CHECK_NUMBER("started again", caller->rax, SYS_IRQ_HANDLER_BIND);
    CHECK_NUMBER("rip", caller->rip, 0x1000 - 2);
    caller->rip = 0x1000;
    sys_once(SYS_IRQ_HANDLER_BIND, at(HANDLER), at(NOTE_2));
    CHECK_NUMBER("bind meanwhile", caller->rax, SYS_IRQ_HANDLER_BIND); /* is started again, too */
    CHECK_NUMBER("rip", caller->rip, 0x1000 - 2);
    CHECK(ack(HANDLER) == 0 && line_raise(5)); /* signals nobody */
    for (unsigned i = 0; i < 8 && bind(HANDLER, 0) != 0; i++)
        ;
    CHECK_NUMBER("bind", bind(HANDLER, NOTE_2), 0);
    CHECK(take(notification_of(&world[NOTE_2])));
}

static void control_goes(void)
{
    start_line(5);
    copy(COPY, CONTROL);
    CHECK_NUMBER("get", sys(SYS_IRQ_HANDLER_GET, at(COPY), 6, at(SLOT_CNODE), OTHER, 0, 0), 0);
    copy(SPARE, OTHER);
    CHECK_NUMBER("revoke of a copy", sys(SYS_CAP_REVOKE, at(SLOT_CNODE), COPY, 0, 0, 0, 0), 0);
    CHECK(!slot_empty(&world[OTHER]));
    CHECK_NUMBER("revoke of a handler", sys(SYS_CAP_REVOKE, at(SLOT_CNODE), OTHER, 0, 0, 0, 0), 0);
    CHECK(!slot_empty(&world[OTHER]) && slot_empty(&world[SPARE]));
    CHECK_NUMBER("revoke", sys(SYS_CAP_REVOKE, at(SLOT_CNODE), CONTROL, 0, 0, 0, 0), 0);
    CHECK(slot_empty(&world[HANDLER]) && slot_empty(&world[OTHER]) && slot_empty(&world[COPY]));
    CHECK(!slot_empty(&world[CONTROL]) && !host.irq_open[5] && !irq_raise(host.irq_vector[5]));
}

/* Somebody has begun to delete the handler that is the first after the control: the others are revoked all the same. */
static void control_goes_behind_another(void)
{
    start_line(5);
    CHECK_NUMBER("get", sys(SYS_IRQ_HANDLER_GET, at(CONTROL), 6, at(SLOT_CNODE), OTHER, 0, 0), 0);
    CHECK_NUMBER("bind", bind(OTHER, NOTE_2), 0);
    CHECK(slot_next(&world[CONTROL]) == &world[OTHER]);
    CHECK(!delete_steps(&world[OTHER], 1, 1) && slot_dying(&world[OTHER]));
    CHECK_NUMBER("revoke", sys(SYS_CAP_REVOKE, at(SLOT_CNODE), CONTROL, 0, 0, 0, 0), 0);
    CHECK(slot_empty(&world[HANDLER]) && slot_empty(&world[OTHER]));
}

static void every_vector(void)
{
    start();
    struct slot *cnode = host_memory(256 * sizeof *cnode);
    bool seen[256] = {0};
    slot_fill(&world[OTHER], TYPE_CNODE, 0, (uintptr_t)cnode, cnode_data(8, 0, 0));
    for (unsigned i = 0; i < IRQ_VECTORS; i++) {
        long vector = sys(SYS_IRQ_MSI_GET, at(CONTROL), at(OTHER), i, 0, 0, 0);
        CHECK(vector >= IRQ_VECTOR_FIRST && vector < IRQ_VECTOR_FIRST + IRQ_VECTORS && !seen[vector & 255]);
        seen[vector & 255] = true;
    }
    for (unsigned i = 0; i < IRQ_VECTORS; i++) {
        CHECK(!irq_handlers[i].pending && irq_raise(IRQ_VECTOR_FIRST + i) && irq_handlers[i].pending);
        for (unsigned k = i + 1; k < IRQ_VECTORS; k++)
            CHECK(!irq_handlers[k].pending);
    }
    CHECK(!irq_raise(IRQ_VECTOR_FIRST - 1) && !irq_raise(IRQ_VECTOR_FIRST + IRQ_VECTORS));
    check_refused("message", ERR_NO_MEMORY, SYS_IRQ_MSI_GET, at(CONTROL), at(SLOT_CNODE), HANDLER, 0, 0, 0);
    check_refused("line", ERR_NO_MEMORY, SYS_IRQ_HANDLER_GET, at(CONTROL), 5, at(SLOT_CNODE), HANDLER, 0, 0);
    slot_delete(&cnode[100]);
    CHECK_NUMBER("get", get(5, HANDLER), 0);
    check_refused("line", ERR_IN_USE, SYS_IRQ_HANDLER_GET, at(CONTROL), 5, at(SLOT_CNODE), OTHER + 1, 0, 0);
    check_refused("line", ERR_NO_MEMORY, SYS_IRQ_HANDLER_GET, at(CONTROL), 6, at(SLOT_CNODE), OTHER + 1, 0, 0);
}

static void refused(void)
{
    static const uint64_t lines[] = {HOST_LINES,
                                     IRQ_LINE_MAX,
                                     IRQ_ISA | 16,
                                     IRQ_ISA | IRQ_LEVEL | 5,
                                     IRQ_ISA | IRQ_LOW | 5,
                                     IRQ_IOAPIC << 1 | 5,
                                     IRQ_IOAPIC | HOST_LINES,
                                     IRQ_IOAPIC | 1 << 8,
                                     1ull << 32 | 5,
                                     ~0ull,
                                     1ull << 63 | 5,
                                     IRQ_ISA | ~0xffffull};
    start_line(5);
    struct irq_handler before[IRQ_VECTORS];
    memcpy(before, irq_handlers, sizeof before);
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        check_refused("line", ERR_BAD_ARGUMENT, SYS_IRQ_HANDLER_GET, at(CONTROL), lines[i], at(SLOT_CNODE),
                      OTHER, 0, 0);
    check_refused("slot", ERR_OCCUPIED, SYS_IRQ_HANDLER_GET, at(CONTROL), 6, at(SLOT_CNODE), HANDLER, 0, 0);
    check_refused("slot", ERR_OCCUPIED, SYS_IRQ_MSI_GET, at(CONTROL), at(SLOT_CNODE), HANDLER, 0, 0, 0);
    check_refused("slot", ERR_BAD_ARGUMENT, SYS_IRQ_HANDLER_GET, at(CONTROL), 6, at(SLOT_CNODE),
                  1 << WORLD_RADIX, 0, 0);
    check_refused("slot", ERR_BAD_ARGUMENT, SYS_IRQ_MSI_GET, at(CONTROL), at(SLOT_CNODE), ~0ull, 0, 0, 0);
    check_refused("control", ERR_WRONG_TYPE, SYS_IRQ_HANDLER_GET, at(HANDLER), 6, at(SLOT_CNODE), OTHER, 0, 0);
    check_refused("control", ERR_BAD_CAP, SYS_IRQ_HANDLER_GET, at(OTHER), ~0ull, at(SLOT_CNODE), OTHER, 0, 0);
    check_refused("handler", ERR_WRONG_TYPE, SYS_IRQ_HANDLER_ACK, at(CONTROL), 0, 0, 0, 0, 0);
    world_object(SPARE, TYPE_NOTIFICATION, 0);
    world[SPARE].prev = (world[SPARE].prev & ~(0xffull << SLOT_RIGHTS_SHIFT)) | (uint64_t)RIGHT_WAIT
                                                                                    << SLOT_RIGHTS_SHIFT;
    check_refused("right", ERR_NO_RIGHT, SYS_IRQ_HANDLER_BIND, at(HANDLER), at(SPARE), 0, 0, 0, 0);
    check_refused("bound", ERR_IN_USE, SYS_IRQ_HANDLER_BIND, at(HANDLER), at(NOTE), 0, 0, 0, 0);
    CHECK(memcmp(before, irq_handlers, sizeof before) == 0);
}

int main(void)
{
    test_run("irq: level triggered", level);
    test_run("irq: edge triggered", edge);
    test_run("irq: message", message);
    test_run("irq: nobody has it", nobody_has_it);
    test_run("irq: bound late, and again", bound_late_and_again);
    test_run("irq: badge", badge);
    test_run("irq: the notification goes", notification_goes);
    test_run("irq: the handler goes", handler_goes);
    test_run("irq: the handler goes with its notification", handler_goes_with_notification);
    test_run("irq: another while it goes", another_while_it_goes);
    test_run("irq: unbound in steps", unbind_in_steps);
    test_run("irq: the control goes", control_goes);
    test_run("irq: the control goes while a handler does", control_goes_behind_another);
    test_run("irq: every vector", every_vector);
    test_run("irq: refused", refused);
    return test_end();
}
