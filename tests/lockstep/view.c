/* The abstraction function: what the kernel's structures say, as numbers in the order in which project.py has the
   specification's. Nothing is changed by looking. */
#include "view.h"

#include <string.h>
#include "arch_host.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/io_port.h"
#include "object/irq.h"
#include "object/space.h"
#include "object/timer.h"
#include "thread/sched.h"

enum { WORDS_MOST = 1 << 14, CAPS_MOST = 512, HANDLER_NAMES = 0x100, FRAME_WORDS = 40 };

static uint64_t words[WORDS_MOST];
static unsigned count;

uint64_t *put(uint64_t word)
{
    unsigned at = count < WORDS_MOST ? count++ : WORDS_MOST - 1;
    words[at] = word;
    return &words[at];
}

/* ---- all capabilities, in the order of derivation, and the names of their slots */
static const struct slot *all[CAPS_MOST];
static unsigned caps;

static unsigned object_radix(const struct slot *s)
{
    return slot_dying(s) ? (unsigned)(s->object & 31) : cnode_radix(s);
}

static uint64_t object_name(const struct slot *s)
{
    uint64_t at = s->object;
    switch (slot_object_type(s)) {
    case TYPE_ENDPOINT: return at - REF_ENDPOINT;
    case TYPE_CNODE: return at & ~31ull;
    case TYPE_IRQ_HANDLER: return HANDLER_NAMES + (uint64_t)(irq_handler_of(s) - irq_handlers);
    default: return at;
    }
}

static void collect(void)
{
    caps = 0;
    for (const struct slot *s = slot_next(&cap_list); s && caps < CAPS_MOST; s = slot_next(s))
        all[caps++] = s;
}

static bool lies_in(const struct slot *s, uint64_t start, uint64_t bytes)
{
    return (uintptr_t)s - start < bytes;
}

/* The object that a slot lies in, and its index there. */
void put_slot(const struct slot *s)
{
    for (unsigned i = 0; i < caps; i++) {
        const struct slot *c = all[i];
        uint64_t start = object_name(c), first = start, bytes = 0;
        switch (slot_object_type(c)) {
        case TYPE_CNODE: bytes = sizeof *s << object_radix(c); break;
        case TYPE_TCB:
            first += offsetof(struct tcb, slots), bytes = sizeof(struct tcb) - offsetof(struct tcb, slots);
            break;
        case TYPE_TIMER: first += offsetof(struct timer, target), bytes = sizeof *s; break;
        case TYPE_IRQ_HANDLER:
            first = (uintptr_t)&irq_handlers[start - HANDLER_NAMES], bytes = sizeof *s;
            break;
        }
        if (lies_in(s, first, bytes)) {
            put(start);
            put((uint64_t)(s - (const struct slot *)first));
            return;
        }
    }
    put(NONE);
    put((uintptr_t)s);
}

static void put_mapping(const struct slot *s)
{
    unsigned asid = mapping_asid(s->data);
    bool lives = asid && space_roots[asid] && space_generations[asid] == mapping_generation(s->data);
    put(asid != 0);
    put(lives ? (uintptr_t)space_roots[asid] : 0);
    put(asid ? mapping_vaddr(s->data) : 0);
    put(asid ? mapping_level(s->data) : 0);
}

static void put_data(const struct slot *s)
{
    bool badged = slot_flags(s) & SLOT_BADGED;
    switch (slot_type(s)) {
    case TYPE_UNTYPED: put(untyped_bits(s)), put(untyped_watermark(s)); break;
    case TYPE_ENDPOINT: put(s->data), put(badged); break;
    case TYPE_NOTIFICATION: put(s->data), put(badged); break;
    case TYPE_CNODE: put(cnode_radix(s)), put(cnode_guard_bits(s)), put(cnode_guard_value(s)); break;
    case TYPE_FRAME: put(frame_bits(s)), put_mapping(s); break;
    case TYPE_PAGE_TABLE: put_mapping(s); break;
    case TYPE_IO_PORT: put(s->data & IO_PORT_LAST), put(s->data >> 16); break;
    case TYPE_DEBUG: put(s->data); break;
    }
}

/* The parent: the last one before it that it was derived from, where only its children stand between. */
static void put_caps(void)
{
    const struct slot *above[CAPS_MOST];
    unsigned depth = 0;
    put(caps);
    for (unsigned i = 0; i < caps; i++) {
        const struct slot *s = all[i];
        while (depth && !slot_is_parent(above[depth - 1], s))
            depth--;
        put_slot(s);
        put(slot_type(s));
        put(object_name(s));
        put(slot_rights(s));
        put(slot_flags(s) & SLOT_REVOCABLE ? 1 : 0);
        put(slot_flags(s) & SLOT_DEVICE ? 1 : 0);
        if (depth)
            put_slot(above[depth - 1]);
        else
            put(NONE), put(NONE);
        put_data(s);
        above[depth++] = s;
    }
}

/* ---- the other objects */
static void put_table(const uint64_t *table, bool root)
{
    /* By the bits PWT and PCD. */
    static const unsigned cache[] = {CACHE_WRITE_BACK, CACHE_WRITE_THROUGH, CACHE_WRITE_COMBINING,
                                     CACHE_UNCACHED};
    put((uintptr_t)table);
    for (unsigned i = 0; i < (root ? 256u : 512u); i++) {
        uint64_t entry = table[i];
        if (!entry)
            continue;
        bool next = entry == arch_table_entry(arch_entry_phys(entry));
        put(i), put(arch_entry_phys(entry)), put(next);
        put(next ? 0 : arch_entry_rights(entry) | cache[entry / PTE_WRITE_THROUGH % 4]);
        put(entry & PTE_LARGE ? 1 : 0), put(entry & PTE_PRESENT && entry & PTE_USER);
    }
    put(NONE);
}

static void put_frame(const uint64_t *memory)
{
    put((uintptr_t)memory);
    for (unsigned i = 0; i < FRAME_WORDS; i++)
        put(memory[i]);
}

static void put_timer(const struct timer *t)
{
    put((uintptr_t)t), put(t->place != NULL), put(t->place ? t->deadline : 0);
}

static void put_handler(const struct irq_handler *h)
{
    bool line = h->line != IRQ_NO_LINE;
    put(h->used), put(line ? h->line : NONE), put(h->pending), put(h->again);
    put(line ? !host.irq_open[h->line & IRQ_LINE_MAX] : true);
}

/* Each object once, at its first capability; what is dying is still there. */
static void put_object(const struct slot *s)
{
    uint64_t name = object_name(s);
    void *object = (void *)(uintptr_t)name;
    switch (slot_object_type(s)) {
    case TYPE_TCB: put_thread(object); break;
    case TYPE_ENDPOINT: put_endpoint(object); break;
    case TYPE_NOTIFICATION: put_notification(object); break;
    case TYPE_ADDRESS_SPACE: put_table(object, true); break;
    case TYPE_PAGE_TABLE: put_table(object, false); break;
    case TYPE_FRAME: put_frame(object); break;
    case TYPE_TIMER: put_timer(object); break;
    case TYPE_IRQ_HANDLER: put_handler(irq_handler_of(s)); break;
    }
}

static bool seen_before(unsigned i)
{
    return i && slot_same_object(all[i - 1], all[i]);
}

static void view(const uint64_t *unused)
{
    (void)unused;
    count = 0;
    collect();
    put(cpu.current == &idle_tcb ? 0 : (uintptr_t)cpu.current);
    put(cpu.current == &idle_tcb ? 0 : (uint64_t)(int64_t)cpu.slice_left);
    put_ready();
    put_caps();
    for (unsigned i = 0; i < caps; i++) {
        if (!seen_before(i))
            put_object(all[i]);
    }
}

/* How many words there are, or 0: the structures are broken. */
unsigned lockstep_view(const uint64_t **to)
{
    *to = words;
    return guarded(view, NULL) == ENDED_WELL ? count : 0;
}
