/* What is always true between two entries, checked. Every capability is on one list, from cap_list on; all
   objects are found through their capabilities. The names are those of docs/invariants.md. */
#include "check/check.h"

#include "arch/arch.h"
#include "object/derive.h"
#include "object/irq.h"
#include "thread/sched.h"

/* With this many capabilities the list is walked after every second entry, with twice as many after every third. */
enum { MANY = 250 };

/* handlers: how many different ones the capabilities name */
static void check_irqs(unsigned handlers)
{
    unsigned used = 0;
    for (unsigned i = 0; i < IRQ_VECTORS; i++) {
        const struct irq_handler *h = &irq_handlers[i];
        unsigned type = slot_type(&h->notification);
        if (!(h->used | h->pending | h->again | type))
            continue;
        holds("irq-target", type == TYPE_NULL || slot_object_type(&h->notification) == TYPE_NOTIFICATION, h);
        holds("irq-unused", h->used || (!h->pending && !h->again && type != TYPE_NOTIFICATION), h);
        holds("irq-again", !h->again || h->pending, h);
        used += h->used;
    }
    holds("irq-named", used == handlers, irq_handlers);
}

static void check_cpu(void)
{
    holds("flags-clean", arch_flags_clean(), cpu.current);
    check_queues();
    uint32_t threshold = cpu.highest->key;
    uint32_t slow = cpu.current->slow_reasons;
    holds("threshold", cpu.threshold == (slow & ~(uint32_t)SLOW_SECOND ? THRESHOLD_NEVER : threshold | slow),
          &cpu);
    holds("extended-held", !cpu.current->extended || cpu.extended == cpu.current->extended, cpu.current);
    holds("runs-highest", cpu.current->slow_reasons & SLOW_IDLE || cpu.current->priority + 1u >= threshold,
          cpu.current);
}

/* The types of objects that are more than the words of their capabilities. */
enum {
    STATEFUL = 1 << TYPE_TCB | 1 << TYPE_ENDPOINT | 1 << TYPE_NOTIFICATION | 1 << TYPE_TIMER |
               1 << TYPE_ADDRESS_SPACE | 1 << TYPE_IRQ_HANDLER
};

/* All capabilities to one object stand together: checking it once will do. */
static unsigned check_state(const struct slot *before, const struct slot *s)
{
    unsigned type = slot_object_type(s);
    if (!(STATEFUL >> type & 1) || slot_same_object(before, s))
        return 0;
    check_object(s);
    return type == TYPE_IRQ_HANDLER;
}

/* What follows from nothing but the words of two neighbours was checked when either of them was new here: two that both are as they
   were when they were last seen stood side by side then, too. And if all are as they were, it is the same list: what follows from
   all of their words still holds. */
static unsigned check_list(void)
{
    unsigned handlers = 0, count = 0;
    bool any = false, before_changed = true;
    const struct slot *before = &cap_list;
    for (const struct slot *s = slot_next(before); s; before = s, s = slot_next(s), count++) {
        bool changed = seen_changed(s);
        if (changed)
            check_slot(s);
        if (changed || before_changed)
            check_pair(before, s);
        handlers += check_state(before, s);
        any |= changed;
        before_changed = changed;
    }
    if (any)
        check_places();
    check_irqs(handlers);
    return count;
}

/* With many capabilities not after every entry: the time it takes grows with them, and what is broken mostly stays so. */
void check_invariants(void)
{
    static unsigned skip;
    check_cpu();
    if (skip) {
        skip--;
        return;
    }
    skip = check_list() / MANY;
}
