#include "object/irq.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/derive.h"
#include "object/notification.h"
#include "thread/tcb.h"

struct irq_handler irq_handlers[IRQ_VECTORS];

void irq_mask(const struct irq_handler *h, bool masked)
{
    if (h->line != IRQ_NO_LINE)
        arch_irq_mask(h->line, masked);
}

static void signal_bound(const struct irq_handler *h)
{
    if (slot_type(&h->notification) == TYPE_NOTIFICATION)
        notification_signal_by(&h->notification);
}

bool irq_raise(unsigned vector)
{
    if (vector - IRQ_VECTOR_FIRST >= IRQ_VECTORS || !irq_handlers[vector - IRQ_VECTOR_FIRST].used)
        return false;
    struct irq_handler *h = &irq_handlers[vector - IRQ_VECTOR_FIRST];
    bool level = h->line & IRQ_LEVEL;
    if (level || h->pending)
        irq_mask(h, true);
    if (h->pending) {
        h->again = !level;
    } else {
        h->pending = true;
        signal_bound(h);
    }
    return true;
}

void irq_free(struct irq_handler *h)
{
    h->used = h->pending = h->again = false;
}

struct get {
    struct slot *control, *to;
    struct irq_handler *handler;
    uint32_t line; /* IRQ_NO_LINE where one is asked for: it does not exist */
    bool message;  /* none is asked for */
};

/* A handler that nobody has, and whose notification from a former life is gone. */
static long find_handler(struct get *g)
{
    for (unsigned i = IRQ_VECTORS; i-- > 0;) {
        struct irq_handler *h = &irq_handlers[i];
        if (h->used && g->line != IRQ_NO_LINE && !((h->line ^ g->line) & IRQ_LINE_MAX))
            return ERR_IN_USE;
        if (!h->used && slot_empty(&h->notification))
            g->handler = h;
    }
    return g->handler ? 0 : ERR_NO_MEMORY;
}

static long decide_get(const struct tcb *caller, uint64_t cnode, uint64_t index, struct get *g)
{
    long error;
    g->control = cap_lookup_type(caller, caller->rdi, TYPE_IRQ_CONTROL, &error);
    if (!g->control)
        return error;
    if (g->line == IRQ_NO_LINE && !g->message)
        return ERR_BAD_ARGUMENT;
    g->to = cnode_slot(caller, cnode, index, &error);
    if (!g->to)
        return error;
    if (!slot_empty(g->to))
        return ERR_OCCUPIED;
    return find_handler(g);
}

static unsigned commit_get(const struct get *g)
{
    unsigned vector = IRQ_VECTOR_FIRST + (unsigned)(g->handler - irq_handlers);
    g->handler->used = true;
    g->handler->line = g->line;
    derive_fill(g->control, g->to, slot_kind(TYPE_IRQ_HANDLER, 0), (uintptr_t)g->handler, 0, SLOT_REVOCABLE);
    trace(TRACE_DERIVE, (uintptr_t)g->control, (uintptr_t)g->to);
    return vector;
}

/* rdi IRQ control, rsi line and flags, rdx, r8 CNode and index of an empty slot. The line is masked until the
   first acknowledgement. Errors: BAD_ARGUMENT when there is no such line; IN_USE when it has a handler;
   NO_MEMORY when all vectors are taken. */
long sys_irq_handler_get(struct tcb *caller)
{
    struct get g = {.line = arch_irq_line(caller->rsi)};
    long error = decide_get(caller, caller->rdx, caller->r8, &g);
    if (error)
        return error;
    /* ==== commit */
    arch_irq_route(g.line, commit_get(&g));
    return 0;
}

/* rdi IRQ control, rsi, rdx CNode and index. Result: the data of the message, which is the vector. */
long sys_irq_msi_get(struct tcb *caller)
{
    struct get g = {.line = IRQ_NO_LINE, .message = true};
    long error = decide_get(caller, caller->rsi, caller->rdx, &g);
    if (error)
        return error;
    /* ==== commit */
    return (long)commit_get(&g);
}

static struct irq_handler *lookup(const struct tcb *caller, long *error)
{
    const struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_IRQ_HANDLER, error);
    return s ? irq_handler_of(s) : NULL;
}

/* rdi handler. An interrupt that came meanwhile is signalled now. */
CALL_ON(irq_handler_ack, struct irq_handler *, h, lookup(caller, &error))
{
    /* ==== commit */
    h->pending = h->again;
    h->again = false;
    irq_mask(h, false);
    if (h->pending)
        signal_bound(h);
    return 0;
}

/* rdi handler, rsi notification, or 0 to take it off. An interrupt that is pending is signalled at once.
   Errors: IN_USE when it is bound already. */
CALL_ON(irq_handler_bind, struct irq_handler *, h, lookup(caller, &error))
{
    long error;
    struct slot *n = NULL;
    if (caller->rsi) {
        n = cap_lookup_right(caller, caller->rsi, TYPE_NOTIFICATION, RIGHT_SIGNAL, &error);
        if (!n)
            return error;
        if (slot_usable(&h->notification))
            return ERR_IN_USE;
        if (!slot_empty(&h->notification)) /* what it was bound to is being deleted */
            return delete_first(&h->notification, 1);
    }
    /* ==== commit */
    if (!n)
        return delete_slot(&h->notification);
    derive_copy(&h->notification, n, RIGHT_SIGNAL);
    if (h->pending)
        signal_bound(h);
    return 0;
}
