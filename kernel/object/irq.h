/* Interrupts of devices. An IRQ_CONTROL capability is the right to make handlers; a handler has a vector of its
   own, and either a line of an I/O APIC or none: then a device raises the vector by writing it to memory (MSI).

   An interrupt signals the handler's notification and is pending until it is acknowledged. Meanwhile a line
   that is level triggered is masked. One that is edge triggered stays open, since an edge is lost while it is
   masked: a second edge is remembered (`again`) and masks it, and the acknowledgement signals that one. So no
   interrupt is lost, and a line causes at most two interrupts for each acknowledgement. A message cannot be
   masked here. */
#ifndef BATON_IRQ_H
#define BATON_IRQ_H

#include <stdbool.h>
#include "arch/arch.h"
#include "cap/slot.h"

struct tcb;

struct irq_handler {
    _Alignas(64) struct slot notification; /* a copy of the capability that it was bound to, or empty */
    uint32_t line;                         /* global number, IRQ_LEVEL, IRQ_LOW; or IRQ_NO_LINE */
    bool used;                             /* there are capabilities to it */
    bool pending, again, zero;             /* not acknowledged; came again since then; always false */
};

extern struct irq_handler irq_handlers[IRQ_VECTORS];

static inline struct irq_handler *irq_handler_of(const struct slot *s)
{
    return (struct irq_handler *)(uintptr_t)s->object;
}

/* An interrupt has come; false: no handler has that vector. */
bool irq_raise(unsigned vector);
/* The handler's line, if it has one. */
void irq_mask(const struct irq_handler *h, bool masked);
/* Nothing is bound to it any more, either: line and vector are free for another. */
void irq_free(struct irq_handler *h);

#endif
