/* What an interrupt finds: handlers of devices, timers, the clock, and the APICs, whose registers are memory of the arena. */
#include <string.h>
#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "image.h"
#include "state_parts.h"

enum { IOAPIC_PINS = 24, LEVEL = 1 << 16, DELAY = 1000 };

/* kernel/arch/x86_64/ioapic.c */
struct ioapic {
    uint32_t *registers;
    uint32_t first, pins;
};

const unsigned interrupt_vectors[IRQ_HANDLERS] = {0x30, 0x8f, 0x90, 0xef};
static struct irq_handler *handlers; /* in the image, as all that follow */
static struct timer **timer_first_there;
static struct timer **first_place; /* its address in the kernel */
static uint64_t *next_tick, *next_interrupt, *ratio;
static uint32_t **apic_there;

void interrupt_init(void)
{
    handlers = image_at(image_variable("irq_handlers"));
    first_place = (struct timer **)(uintptr_t)image_variable("timer_first");
    timer_first_there = image_at((uintptr_t)first_place);
    next_tick = image_at(image_variable("clock_next_tick"));
    next_interrupt = image_at(image_variable("clock_next_interrupt"));
    ratio = image_at(image_variable("clock_apic_ratio"));
    apic_there = image_at(image_variable("apic"));
    *(struct ioapic *)image_at(image_variable("ioapics")) = (struct ioapic){arena->ioapic, 0, IOAPIC_PINS};
}

struct irq_handler *interrupt_handler(unsigned vector)
{
    return &handlers[vector - IRQ_VECTOR_FIRST];
}

const struct timer *interrupt_timer(void)
{
    return *timer_first_there;
}

bool interrupt_tick_is_due(void)
{
    return TSC_NOW >= *next_tick;
}

void interrupt_save(struct interrupts *to)
{
    for (unsigned i = 0; i < IRQ_HANDLERS; i++)
        to->handler[i] = *interrupt_handler(interrupt_vectors[i]);
    to->timer_first = *timer_first_there;
    to->next_tick = *next_tick, to->next_interrupt = *next_interrupt, to->ratio = *ratio;
    to->apic = *apic_there;
}

void interrupt_restore(const struct interrupts *from)
{
    for (unsigned i = 0; i < IRQ_HANDLERS; i++)
        *interrupt_handler(interrupt_vectors[i]) = from->handler[i];
    *timer_first_there = from->timer_first;
    *next_tick = from->next_tick, *next_interrupt = from->next_interrupt, *ratio = from->ratio;
    *apic_there = from->apic;
}

/* Rather one that somebody waits for. */
static uint64_t some_notification(void)
{
    const struct notification *n = &arena->notification[below(NOTIFICATIONS)];
    if (!n->head && !chance(4))
        n = &arena->notification[below(NOTIFICATIONS)];
    return (uintptr_t)n;
}

/* The slot that names what is to be signalled. */
static void fill_target(struct slot *s, bool of_timer)
{
    uint64_t n = some_notification();
    *s = (struct slot){0};
    switch (below(10)) {
    case 0: break;
    case 1: slot_fill(s, TYPE_NOTIFICATION | TYPE_DYING, 0, n, random_next() | 1); break;
    case 2:
        if (of_timer) {
            slot_fill(s, TYPE_TCB, 0, (uintptr_t)thread(below(THREADS)), 0);
            break;
        } /* fall through */
    default: slot_fill(s, TYPE_NOTIFICATION, RIGHT_SIGNAL, n, random_next() | 1);
    }
}

static void make_handler(struct irq_handler *h)
{
    *h = (struct irq_handler){.used = true};
    fill_target(&h->notification, false);
    h->line = chance(3) ? IRQ_NO_LINE : below(IOAPIC_PINS);
    if (h->line != IRQ_NO_LINE && chance(4))
        h->line |= LEVEL;
    h->pending = chance(12);
    h->again = h->pending && !(h->line & LEVEL) && chance(2);
    if (chance(24))
        *h = (struct irq_handler){.used = false};
}

static void put_below(struct timer **place, struct timer *t)
{
    *place = t;
    t->place = place;
}

/* The image's words have addresses of their own in the kernel. */
static void put_first(struct timer *t)
{
    *timer_first_there = t;
    t->place = first_place;
}

/* At the moment, a little before or after it, or at any time. */
static uint64_t around_now(bool after)
{
    uint64_t near = below(3) ? below(DELAY) : 0;
    return after ? TSC_NOW + near : TSC_NOW - near;
}

static void make_timers(void)
{
    unsigned armed = chance(12) ? 0 : chance(6) ? 2 + below(2) : 1;
    *timer_first_there = NULL;
    for (unsigned i = 0; i < TIMERS; i++) {
        struct timer *t = &arena->timer[i];
        *t = (struct timer){.deadline = around_now(chance(12) || i > 0) + i};
        fill_target(&t->target, true);
    }
    if (armed > 0)
        put_first(&arena->timer[0]);
    if (armed > 1)
        put_below(&arena->timer[0].below[below(2)], &arena->timer[1]);
    if (armed > 2)
        put_below(&arena->timer[1].below[below(2)], &arena->timer[2]);
}

static void make_clock(void)
{
    *next_tick = around_now(!chance(12)) + !chance(12);
    *next_interrupt = random_next();
    extended_time_step = below(2) ? below(2 * DELAY) : 0; /* the tick may be due by the second reading */
    *ratio = chance(4) ? random_next() : 1 + below(1u << 31);
    *apic_there = chance(3) ? NULL : arena->apic;
    for (unsigned i = 0; i < sizeof arena->apic / sizeof arena->apic[0]; i++)
        arena->apic[i] = 1 + below(~0u);
    for (unsigned i = 0; i < sizeof arena->ioapic / sizeof arena->ioapic[0]; i++)
        arena->ioapic[i] = below(~0u);
}

void interrupt_state(void)
{
    for (unsigned i = 0; i < IRQ_HANDLERS; i++)
        make_handler(interrupt_handler(interrupt_vectors[i]));
    make_timers();
    make_clock();
}

void interrupt_none(bool x2apic)
{
    for (unsigned i = 0; i < IRQ_HANDLERS; i++)
        *interrupt_handler(interrupt_vectors[i]) = (struct irq_handler){.used = false};
    *timer_first_there = NULL;
    *apic_there = x2apic ? NULL : arena->apic;
    *next_tick = 0;
}

void interrupt_plain(const struct slot *target, bool x2apic)
{
    for (unsigned i = 0; i < IRQ_HANDLERS; i++) {
        struct irq_handler *h = interrupt_handler(interrupt_vectors[i]);
        *h = (struct irq_handler){.used = true, .line = IRQ_NO_LINE, .notification = *target};
    }
    memset(arena->timer, 0, sizeof arena->timer);
    arena->timer[0] = (struct timer){.deadline = TSC_NOW, .target = *target};
    put_first(&arena->timer[0]);
    make_clock();
    *next_tick = TSC_NOW + DELAY;
    *apic_there = x2apic ? NULL : arena->apic;
}

void interrupt_refuse(void)
{
    unsigned how = below(4);
    for (unsigned i = 0; i < IRQ_HANDLERS; i++) {
        struct irq_handler *h = interrupt_handler(interrupt_vectors[i]);
        h->used = how != 0;
        h->pending = how == 1 || how == 2, h->again = how == 2;
        h->line = how == 3 ? LEVEL | below(IOAPIC_PINS) : IRQ_NO_LINE;
    }
    if (how == 0)
        *timer_first_there = NULL;
    else if (how == 1)
        put_below(&arena->timer[0].below[below(2)], &arena->timer[1]);
    else if (how == 2)
        arena->timer[0].deadline = TSC_NOW + 1;
    else
        *next_tick = TSC_NOW;
}

void state_interrupt(struct registers *user, struct fault *fault, unsigned vector)
{
    state_fault(user, fault);
    fault->vector = vector;
    fault->error = 0;
    if (chance(2)) /* what ring 3 cannot have: no frame is believed to hold it */
        fault->rflags |= random_next() & 0xffffffff;
}
