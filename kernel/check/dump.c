/* Dumps. All objects are found through their capabilities, as check_invariants() finds them. What is read may
   be broken after a panic, so every walk is bounded, and panic.c lets nothing that goes wrong here come back.
 */
#include "abi/abi.h"
#include "abi/handlers.h"
#include "arch/arch.h"
#include "cap/words.h"
#include "debug/debug.h"
#include "object/cnode.h"
#include "object/debug_cap.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/space.h"
#include "thread/sched.h"
#include "thread/tcb.h"

enum { REQUEST_MOST = 4096, DEPTH = 16 };

#define TYPE(n, name, bits, doc) [n] = #name,
static const char *const type_names[] = {
#include "abi/abi_each.h"
};

static const char *type_name(unsigned type)
{
    return type < TYPE_COUNT && type_names[type] ? type_names[type] : "?";
}

/* ---- threads */

static void print_flags(uint32_t set, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (set >> i & 1)
            kprintf(" %s", names[i] ? names[i] : "?");
    }
}

static void print_slow_reasons(uint32_t reasons)
{
    static const char *const names[] = {"followed", "faulted", "idle",         "signalled", [5] = "extended",
                                        "debug",    "owes",    [16] = "state", "bases"};
    if (reasons)
        kprintf("; slow:");
    print_flags(reasons, names, sizeof names / sizeof names[0]);
}

static void print_wait(const struct tcb *t)
{
    static const char *const kinds[] = {"send", "call", "fault"};
    if (t->wait & REF_SLOT)
        kprintf("waits for the saved reply in slot %p", (void *)reply_slot(t->wait));
    else if (t->wait & REF_NOTIFICATION)
        kprintf("waits at notification %p", (void *)notification_at(t->wait));
    else if (!(t->wait & REF_ENDPOINT))
        kprintf("waits for the reply of thread %p%s", (void *)server_of(t->wait),
                t->wait & REF_GRANTS ? ", grants" : "");
    else if (endpoint_of(t->wait)->recv == SLOW_HEAD)
        kprintf("waits to send (%s, badge %lx) at endpoint %p", kinds[t->send_kind % 3], t->send_badge,
                (void *)endpoint_of(t->wait));
    else
        kprintf("waits to receive at endpoint %p", (void *)endpoint_of(t->wait));
}

static void dump_thread(const struct slot *s)
{
    const struct tcb *t = tcb_of(s->object);
    kprintf("dump thread %p ", (void *)s->object);
    if (t == cpu.current)
        kprintf("runs");
    else if (sched_ready(t))
        kprintf("is ready");
    else if (t->wait)
        print_wait(t);
    else
        kprintf("is stopped");
    kprintf("; priority %u of %u, slice %d of %d", t->priority, t->ceiling,
            t == cpu.current ? cpu.slice_left : t->slice_left, t->slice_ticks);
    print_slow_reasons(t->slow_reasons);
    kprintf("\ndump     rip %lx rsp %lx cr3 %lx", t->rip, t->rsp, t->cr3);
    if (t->reply_to != NOBODY)
        kprintf("; owes thread %p a reply", (void *)t->reply_to);
    if (t->bound)
        kprintf("; bound to notification %p", (void *)t->bound);
    if (t->slow_reasons & SLOW_FAULTED)
        kprintf("; fault %lu, address %lx, error %lx, vector %lu", t->fault_label, t->fault_address,
                t->fault_error, t->fault_vector);
    kprintf("\n");
}

/* ---- endpoints and notifications */

static void print_queue(const struct tcb *head, const struct tcb *tail)
{
    unsigned shown = 0;
    for (const struct tcb *t = head; t && shown < DEPTH; t = t == tail ? NULL : t->next, shown++)
        kprintf(" %p", (const void *)t);
    kprintf(shown == DEPTH ? " ...\n" : "\n");
}

static void dump_endpoint(const struct slot *s)
{
    const struct endpoint *ep = endpoint_of(s->object);
    kprintf("dump endpoint %p: ", (const void *)ep);
    if (ep->recv == NOBODY) {
        kprintf("nobody waits\n");
    } else if (ep->recv == SLOW_HEAD) {
        kprintf("senders:");
        print_queue(ep->send, ep->tail);
    } else {
        kprintf("receivers:");
        print_queue(ep->recv, ep->recv->slow_reasons & SLOW_FOLLOWED ? ep->recv_tail : ep->recv);
    }
}

static void dump_notification(const struct slot *s)
{
    const struct notification *n = notification_of(s);
    kprintf("dump notification %p: pending %lx, bound thread %p, waiting:", (const void *)n, n->pending,
            (const void *)n->bound);
    print_queue(notification_first(n), notification_first(n) ? notification_last(n) : NULL);
}

/* ---- address spaces */

struct range {
    uint64_t start, end, entry; /* entry: of its first page, without its address */
};

static void print_range(const struct range *r)
{
    static const char *const rights[] = {"read", "write", "execute"};
    if (r->end == r->start)
        return;
    kprintf("dump     %lx to %lx:", r->start, r->end);
    print_flags(arch_entry_rights(r->entry) / RIGHT_READ, rights, 3);
    kprintf("\n");
}

/* Neighbours with the same rights are one line. */
static void dump_space(const struct slot *s)
{
    uint64_t *root = (uint64_t *)(uintptr_t)s->object;
    struct range r = {0};
    kprintf("dump space %u, root %lx:\n", (unsigned)s->data, arch_phys(s->object));
    for (uint64_t v = 0, next; v < USER_TOP; v = next) {
        struct walk w = arch_walk(root, v, 1);
        uint64_t size = 1ull << (3 + 9 * w.level);
        next = (v & ~(size - 1)) + size;
        if (!arch_entry_present(*w.entry))
            continue;
        if (r.end != v || arch_entry_rights(r.entry) != arch_entry_rights(*w.entry)) {
            print_range(&r);
            r = (struct range){v, v, *w.entry};
        }
        r.end = next;
    }
    print_range(&r);
}

/* ---- capabilities */

static void dump_cap(const struct slot *s, unsigned depth)
{
    kprintf("dump ");
    for (unsigned i = 0; i < depth; i++)
        kprintf("  ");
    kprintf("cap %p %s%s rights %x object %lx", (const void *)s, slot_dying(s) ? "dying " : "",
            type_name(slot_object_type(s)), slot_rights(s), s->object);
    switch (slot_type(s)) {
    case TYPE_UNTYPED: kprintf(" size 2^%u taken %lx", untyped_bits(s), untyped_watermark(s)); break;
    case TYPE_CNODE:
        kprintf(" radix %u guard %lx of %u bits", cnode_radix(s), cnode_guard_value(s), cnode_guard_bits(s));
        break;
    case TYPE_ENDPOINT:
    case TYPE_NOTIFICATION: kprintf(" badge %lx", slot_flags(s) & SLOT_BADGED ? s->data : 0); break;
    case TYPE_FRAME:
    case TYPE_PAGE_TABLE:
        if (mapping_asid(s->data))
            kprintf(" mapped at %lx in space %u", mapping_vaddr(s->data), mapping_asid(s->data));
        break;
    case TYPE_DEBUG: kprintf(" may %lx", s->data); break;
    default: break;
    }
    kprintf(slot_flags(s) & SLOT_DEVICE ? " device\n" : "\n");
}

/* The list is the derivation tree in preorder: what stands on the stack are the forebears of the next. */
static void dump_caps(unsigned most)
{
    const struct slot *above[DEPTH];
    unsigned depth = 0, shown = 0;
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s), shown++) {
        while (depth && !slot_is_parent(above[depth - 1], s))
            depth--;
        if (shown < most)
            dump_cap(s, depth);
        if (depth < DEPTH)
            above[depth++] = s;
    }
    if (shown > most)
        kprintf("dump ... and %u more capabilities\n", shown - most);
}

/* ---- all objects of a type */

/* Is it the first of the capabilities to its object on the list? */
static bool slot_first(const struct slot *s)
{
    const struct slot *before = slot_prev(s);
    return !(before && slot_same_object(before, s));
}

static void each(unsigned type, unsigned most, void (*one)(const struct slot *s))
{
    unsigned found = 0;
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s)) {
        if (slot_object_type(s) != type || !slot_first(s))
            continue;
        if (found++ < most)
            one(s);
    }
    if (found > most)
        kprintf("dump ... and %u more of type %s\n", found - most, type_name(type));
}

void dump(unsigned what, unsigned most)
{
    if (what == DUMP_ALL || what == DUMP_THREADS) {
        each(TYPE_TCB, most, dump_thread);
        kprintf("dump %lu faults without a handler, %lu interrupts without one\n", unasked_count[UNASKED_FAULT],
                unasked_count[UNASKED_VECTOR]);
    }
    if (what == DUMP_ALL || what == DUMP_SPACES)
        each(TYPE_ADDRESS_SPACE, most, dump_space);
    if (what == DUMP_ALL || what == DUMP_ENDPOINTS) {
        each(TYPE_ENDPOINT, most, dump_endpoint);
        each(TYPE_NOTIFICATION, most, dump_notification);
    }
    if (what == DUMP_ALL || what == DUMP_CAPS)
        dump_caps(most);
}

/* rdi debug, rsi what. */
CALL_ON(debug_dump, const struct slot *, s, debug_cap(caller, DEBUG_MAY_LOOK, &error))
{
    if (caller->rsi > DUMP_CAPS)
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    dump((unsigned)caller->rsi, REQUEST_MOST);
    return 0;
}
