/* What is always true between two entries, checked. Every capability is on one list, from cap_list on; all
   objects are found through their capabilities. The names are those of docs/invariants.md. */
#include "debug/checking.h"

#include "arch/arch.h"
#include "cap/words.h"
#include "check/poison.h"
#include "debug/debug.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/space.h"
#include "object/timer.h"
#include "thread/sched.h"
#include "thread/tcb.h"

#define holds(name, condition, object)                                                                         \
    do {                                                                                                       \
        if (!(condition))                                                                                      \
            panic("invariant %s broken at %p: %s", name, (const void *)(object), #condition);                  \
    } while (0)

enum {
    ENDPOINT_RIGHTS = RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT,
    NOTIFICATION_RIGHTS = RIGHT_SIGNAL | RIGHT_WAIT
};
/* With this many capabilities the list is walked after every second entry, with twice as many after every third. */
enum { MANY = 250 };

static bool is_current(const struct tcb *t)
{
    return t == cpu.current;
}

/* The word `wait` means something only then. */
static bool waits(const struct tcb *t)
{
    return !is_current(t) && !sched_ready(t) && t->wait != 0;
}

static bool waits_to_receive(const struct tcb *t)
{
    return waits(t) && t->wait & REF_ENDPOINT && endpoint_of(t->wait)->recv != SLOW_HEAD;
}

/* What docs/invariants.md says about a capability and one derived from it, said without slot_is_parent().
 */
static bool may_come_from(const struct slot *parent, const struct slot *child)
{
    bool badged = slot_flags(parent) & SLOT_BADGED;
    switch (slot_type(parent)) {
    case TYPE_UNTYPED: return child->object - parent->object < 1ull << untyped_bits(parent);
    case TYPE_IRQ_CONTROL:
        return slot_type(child) == TYPE_IRQ_CONTROL || slot_object_type(child) == TYPE_IRQ_HANDLER;
    default:
        return parent->object == child->object && slot_type(parent) == slot_type(child) &&
               (!badged || (slot_flags(child) & SLOT_BADGED && parent->data == child->data));
    }
}

/* A slot with a badge that is not the first of its line has an elder with the same; one without has the
 * data word of none.
 */
static void check_badge(const struct slot *s)
{
    const struct slot *elder = slot_prev(s);
    if (slot_type(s) != TYPE_ENDPOINT && slot_type(s) != TYPE_NOTIFICATION)
        return;
    if (!(slot_flags(s) & SLOT_BADGED))
        holds("badge", s->data == (slot_type(s) == TYPE_NOTIFICATION ? UNBADGED_BITS : 0), s);
    else if (!(slot_flags(s) & SLOT_FIRST_BADGED))
        holds("badge-line", elder && may_come_from(elder, s) && slot_flags(elder) & SLOT_BADGED, s);
}

static void check_slot(const struct slot *s)
{
    const struct slot *next = slot_next(s);
    holds("derived", !next || !slot_is_parent(s, next) || may_come_from(s, next), s);
    check_badge(s);
    holds("list", !next || slot_prev(next) == s, s);
    holds("list", !slot_empty(s), s);
    if (slot_flags(s) & SLOT_DEVICE)
        holds("device-memory",
              (slot_type(s) == TYPE_FRAME || slot_type(s) == TYPE_UNTYPED) && !(slot_flags(s) & SLOT_IN_TCB),
              s);
    holds("untyped-is-original", slot_type(s) != TYPE_UNTYPED || slot_flags(s) & SLOT_REVOCABLE, s);
    holds("right-implies-type", !(slot_rights(s) & ENDPOINT_RIGHTS) || slot_type(s) == TYPE_ENDPOINT, s);
    holds("right-implies-type", !(slot_rights(s) & NOTIFICATION_RIGHTS) || slot_type(s) == TYPE_NOTIFICATION,
          s);
    holds("dying-has-no-right", !slot_dying(s) || slot_rights(s) == 0, s);
    holds("dying-is-last", !slot_dying(s) || slot_last(s), s);
    holds("lies-in-live-memory", slot_dying(s) || live_slot(s), s);
}

/* The untyped memory that the walk is in, which may lie in other untyped memory. What is nested deeper than
   this array is compared with the deepest in it. */
static const struct slot *around[64];
static unsigned levels;

static void check_place(const struct slot *s)
{
    while (levels && s->object - around[levels - 1]->object >= 1ull << untyped_bits(around[levels - 1]))
        levels--;
    const struct slot *u = levels ? around[levels - 1] : NULL;
    holds("untyped-children-below-watermark", !u || s->object - u->object < untyped_watermark(u), s);
    if (slot_type(s) == TYPE_UNTYPED && levels < sizeof around / sizeof around[0])
        around[levels++] = s;
}

/* Is t in the queue that begins at head? */
static bool in_queue(const struct tcb *head, const struct tcb *tail, const struct tcb *t)
{
    for (const struct tcb *q = head;; q = q->next) {
        if (q == t)
            return true;
        if (q == tail)
            return false;
    }
}

static void check_wait(const struct tcb *t)
{
    const uint64_t wait = t->wait;
    if (wait & REF_SLOT) {
        holds("wait-saved-reply", slot_type(reply_slot(wait)) == TYPE_REPLY, t);
        holds("wait-saved-reply", tcb_of(reply_slot(wait)->object) == t, t);
    } else if (wait & REF_NOTIFICATION) {
        const struct notification *n = notification_at(wait);
        holds("wait-notification", notification_first(n) && in_queue(n->head, notification_last(n), t), t);
    } else if (wait & REF_ENDPOINT) {
        const struct endpoint *ep = endpoint_of(wait);
        holds("wait-endpoint", ep->recv != NOBODY, t);
        if (ep->recv == SLOW_HEAD)
            holds("wait-endpoint", in_queue(ep->send, ep->tail, t), t);
        else if (ep->recv->slow_reasons & SLOW_FOLLOWED)
            holds("wait-endpoint", in_queue(ep->recv, ep->recv_tail, t), t);
        else
            holds("wait-endpoint", ep->recv == t, t);
    } else {
        holds("reply-mutual", tcb_of(wait)->reply_to == t, t);
    }
}

static void check_extended(const struct tcb *t)
{
    uint32_t slow = t->slow_reasons;
    bool second = !(slow & ~(uint32_t)SLOW_SECOND) || slow == SLOW_FAULTED;
    bool by_c =
        (slow & SLOW_STATE && !arch_extended_is_fast()) || (slow & SLOW_BASES && !arch_bases_are_fast());
    holds("extended-key", t->extended_key == (second ? t->priority + 1u : 0), t);
    holds("extended-state", !(slow & SLOW_STATE) == !t->extended, t);
    holds("extended-by-c", !(slow & SLOW_EXTENDED) == !by_c, t);
    holds("bases", slow & SLOW_BASES || !(t->fs_base | t->gs_base), t);
}

static void check_tcb(const struct tcb *t)
{
    holds("key", t->key == (t->slow_reasons ? 0 : t->priority + 1u), t);
    check_extended(t);
    holds("ceiling", t->priority <= t->ceiling, t);
    holds("queue", t->queue == (t->slow_reasons ? NULL : &queues[t->priority]), t);
    holds("ready-alone", !sched_ready(t) || !(t->wait & READY_ALONE) || !t->slow_reasons, t);
    if (waits(t))
        check_wait(t);
    if (!waits_to_receive(t) && t->reply_to != NOBODY) {
        holds("reply-mutual", waits(t->reply_to), t);
        holds("reply-mutual", tcb_of(t->reply_to->wait) == t, t);
    }
    if (t->slow_reasons & SLOW_FOLLOWED)
        holds("followed",
              waits(t) && (t->wait & REF_NOTIFICATION ? notification_at(t->wait)->head == t
                                                      : waits_to_receive(t) && endpoint_of(t->wait)->recv == t),
              t);
    if (t->slow_reasons & (SLOW_FAULTED | SLOW_GRANTS))
        holds("faulted-waits", waits(t) && !waits_to_receive(t), t);
    holds("signalled", !(t->slow_reasons & SLOW_SIGNALLED) == !(t->bound && t->bound->pending), t);
    holds("bound-mutual", !t->bound || t->bound->bound == t, t);
    holds("owes", !(t->slow_reasons & SLOW_OWES) || (is_current(t) && cpu.slice_left <= 0), t);
    bool breaks = t->breakpoint[0].kind | t->breakpoint[1].kind | t->breakpoint[2].kind | t->breakpoint[3].kind;
    holds("breakpoints", !(t->slow_reasons & SLOW_DEBUG) == !breaks, t);
    const struct slot *root = &t->slots[TCB_CSPACE], *space = &t->slots[TCB_SPACE];
    bool has_root = slot_type(root) == TYPE_CNODE;
    holds("cspace-cached", !has_root || t->cspace == cnode_slots(root), t);
    holds("cspace-cached", t->cspace_mask == (has_root ? ((1u << cnode_radix(root)) - 1) << SLOT_BITS : 0), t);
    uint64_t cr3 = slot_type(space) == TYPE_ADDRESS_SPACE ? arch_space_cr3(space) : arch_kernel_cr3();
    holds("cr3-cached", t->cr3 == cr3, t);
    holds("rip-canonical", is_current(t) || t->resume != RESUME_SYSRET || t->rip <= USER_TOP, t);
}

/* There are very many of these. The kernel's addresses of objects are aligned as physical ones are. */
static void check_frame(const struct slot *s)
{
    holds("frame-aligned", !((s->object | mapping_vaddr(s->data)) & ((1ull << frame_bits(s)) - 1)), s);
}

static void check_endpoint(const struct endpoint *ep)
{
    if (ep->recv == NOBODY) {
        holds("scan", !ep->scan, ep);
        return;
    }
    bool senders = ep->recv == SLOW_HEAD;
    const struct tcb *head = senders ? ep->send : ep->recv;
    bool followed = head->slow_reasons & SLOW_FOLLOWED;
    const struct tcb *tail = senders ? ep->tail : followed ? ep->recv_tail : head;
    holds("followed", senders || followed == (head != tail), ep);
    bool scanned = ep->scan;
    for (const struct tcb *t = head;; t = t->next) {
        holds("queue-waits-here", waits(t) && t->wait == ref_endpoint(ep), t);
        scanned = scanned && t != ep->scan;
        holds("scan", !senders || !scanned || t->send_badge != ep->scan_badge, t);
        if (t == tail)
            break;
        holds("queue-links", t->next->prev == t, t);
    }
    holds("scan", !scanned && (senders || !ep->scan), ep);
}

static void check_notification(const struct notification *n)
{
    const struct tcb *first = notification_first(n), *last = first ? notification_last(n) : NULL;
    holds("pending-nobody-waits", !(first && n->pending), n);
    holds("bound-mutual", !n->bound || n->bound->bound == n, n);
    holds("bound-head", first || n->head == (n->bound ? SLOW_HEAD : NULL), n);
    holds("followed", !first || !(first->slow_reasons & SLOW_FOLLOWED) == (first == last && !n->bound), n);
    for (const struct tcb *t = first; t; t = t == last ? NULL : t->next)
        holds("queue-waits-here", waits(t) && notification_at(t->wait) == n, t);
}

/* Its address leads to it from the top of the tree. */
static void check_timer(const struct timer *t)
{
    const struct timer *here = timer_first;
    unsigned type = slot_object_type(&t->target);
    holds("timer-target", type == TYPE_NULL || type == TYPE_NOTIFICATION, t);
    holds("timer-top", !timer_first || timer_first->place == &timer_first, timer_first);
    if (!t->place)
        return;
    for (unsigned depth = 0; here && here != t; depth++)
        here = here->below[timer_side(t, depth)];
    holds("timer-found", here == t && *t->place == t, t);
    for (unsigned i = 0; i < 2; i++)
        holds("timer-order",
              !t->below[i] || (t->below[i]->place == &t->below[i] && timer_earlier(t, t->below[i])), t);
}

static void check_object(const struct slot *s)
{
    switch (slot_object_type(s)) {
    case TYPE_UNTYPED: holds("untyped-watermark", untyped_watermark(s) <= 1ull << untyped_bits(s), s); break;
    case TYPE_FRAME: check_frame(s); break;
    case TYPE_TCB: check_tcb(tcb_of(s->object)); break;
    case TYPE_ENDPOINT: check_endpoint(endpoint_of(s->object)); break;
    case TYPE_NOTIFICATION: check_notification(notification_of(s)); break;
    case TYPE_TIMER: check_timer(timer_of(s)); break;
    case TYPE_ADDRESS_SPACE: holds("space-number", space_root((unsigned)s->data) == s->object, s); break;
    default: break;
    }
}

/* What the tags in references and tcb_of_slot() rely on. */
static void check_aligned(const struct slot *s)
{
    unsigned type = slot_object_type(s);
    uint64_t tag = type == TYPE_ENDPOINT ? REF_ENDPOINT : 0;
    unsigned bits = type == TYPE_ENDPOINT       ? TYPE_BITS_ENDPOINT
                    : type == TYPE_NOTIFICATION ? TYPE_BITS_NOTIFICATION
                    : type == TYPE_TCB          ? TYPE_BITS_TCB
                                                : 0;
    holds("object-aligned", !((s->object - tag) & ((1ull << bits) - 1)), s);
}

/* All capabilities to one object stand together: checking it once will do. Each one to a frame has a
 * mapping of its own.
 */
static bool same_as_before(const struct slot *s)
{
    return slot_type(s) != TYPE_FRAME && !slot_first(s);
}

/* handlers: how many different ones the capabilities name. */
static void check_irqs(unsigned handlers)
{
    unsigned used = 0;
    for (unsigned i = 0; i < IRQ_VECTORS; i++) {
        const struct irq_handler *h = &irq_handlers[i];
        unsigned type = slot_type(&h->notification);
        holds("irq-target",
              slot_empty(&h->notification) || slot_object_type(&h->notification) == TYPE_NOTIFICATION, h);
        holds("irq-unused", h->used || (!h->pending && !h->again && type != TYPE_NOTIFICATION), h);
        holds("irq-again", !h->again || h->pending, h);
        used += h->used;
    }
    holds("irq-named", used == handlers, irq_handlers);
}

static void check_cpu(void)
{
    holds("flags-clean", arch_flags_clean(), cpu.current);
    sched_check();
    uint32_t threshold = cpu.highest->key;
    uint32_t slow = cpu.current->slow_reasons;
    holds("threshold", cpu.threshold == (slow & ~(uint32_t)SLOW_SECOND ? THRESHOLD_NEVER : threshold | slow),
          &cpu);
    holds("extended-held", !cpu.current->extended || cpu.extended == cpu.current->extended, cpu.current);
    holds("runs-highest", cpu.current->slow_reasons & SLOW_IDLE || cpu.current->priority + 1u >= threshold,
          cpu.current);
}

/* With many capabilities not after every entry: the time it takes grows with them, and what is broken mostly stays so. */
void check_invariants(void)
{
    static unsigned skip;
    unsigned count = 0, handlers = 0;
    check_cpu();
    if (skip) {
        skip--;
        return;
    }
    levels = 0;
    live_begin();
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s))
        live_add(s);
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s), count++) {
        check_slot(s);
        check_place(s);
        if (same_as_before(s))
            continue;
        check_aligned(s);
        check_object(s);
        handlers += slot_object_type(s) == TYPE_IRQ_HANDLER;
    }
    check_irqs(handlers);
    skip = count / MANY;
}
