/* The abstraction function: what the kernel's structures say, as numbers in the order in which project.py has the
   specification's. Nothing is changed by looking. */
#include "view.h"

#include <stdlib.h>
#include <sys/mman.h>
#include "arch_host.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/io_port.h"
#include "object/irq.h"
#include "object/space.h"
#include "object/timer.h"
#include "thread/sched.h"

enum { HANDLER_NAMES = 0x100, FRAME_WORDS = 40 };

struct view *now_viewed;

__attribute__((constructor)) static void begin(void)
{
    now_viewed = mmap(NULL, sizeof *now_viewed, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (now_viewed == MAP_FAILED)
        abort();
}

/* ---- all capabilities, and the names of their slots */
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

static bool seen_before(unsigned i)
{
    return i && slot_same_object(now_viewed->all[i - 1], now_viewed->all[i]);
}

/* What has slots in it. */
static void add_holder(const struct slot *s, uint64_t name)
{
    struct holder h = {name, name, sizeof *s};
    switch (slot_object_type(s)) {
    case TYPE_CNODE: h.bytes <<= object_radix(s); break;
    case TYPE_TCB:
        h.first += offsetof(struct tcb, slots), h.bytes = sizeof(struct tcb) - offsetof(struct tcb, slots);
        break;
    case TYPE_TIMER: h.first += offsetof(struct timer, target); break;
    case TYPE_IRQ_HANDLER: h.first = (uintptr_t)&irq_handlers[name - HANDLER_NAMES]; break;
    default: return;
    }
    now_viewed->holder[now_viewed->holders++] = h;
}

static void collect(void)
{
    struct view *v = now_viewed;
    v->count = v->caps = v->holders = 0;
    for (const struct slot *s = slot_next(&cap_list); s && v->caps < CAPS_MOST; s = slot_next(s)) {
        unsigned i = v->caps++;
        v->all[i] = s, v->names[i] = object_name(s);
        if (!seen_before(i))
            add_holder(s, v->names[i]);
    }
}

/* The object that a slot lies in, and its index there. */
struct slot_name {
    uint64_t holder, index;
};
static struct slot_name name_of(const struct slot *s)
{
    for (const struct holder *h = now_viewed->holder; h < now_viewed->holder + now_viewed->holders; h++) {
        if ((uintptr_t)s - h->first < h->bytes)
            return (struct slot_name){h->name, (uint64_t)(s - (const struct slot *)h->first)};
    }
    return (struct slot_name){NONE, (uintptr_t)s};
}

void put_slot(const struct slot *s)
{
    struct slot_name name = name_of(s);
    PUT(name.holder, name.index);
}

static void put_mapping(const struct slot *s)
{
    unsigned asid = mapping_asid(s->data);
    bool lives = asid && space_roots[asid] && space_generations[asid] == mapping_generation(s->data);
    PUT(asid != 0, lives ? (uintptr_t)space_roots[asid] : 0, asid ? mapping_vaddr(s->data) : 0,
        asid ? mapping_level(s->data) : 0);
}

static void put_data(const struct slot *s)
{
    bool badged = slot_flags(s) & SLOT_BADGED;
    switch (slot_type(s)) {
    case TYPE_UNTYPED: PUT(untyped_bits(s), untyped_watermark(s)); break;
    case TYPE_ENDPOINT: PUT(s->data, badged); break;
    case TYPE_NOTIFICATION: PUT(s->data, badged); break;
    case TYPE_CNODE: PUT(cnode_radix(s), cnode_guard_bits(s), cnode_guard_value(s)); break;
    case TYPE_FRAME: PUT(frame_bits(s)), put_mapping(s); break;
    case TYPE_PAGE_TABLE: put_mapping(s); break;
    case TYPE_IO_PORT: PUT(s->data & IO_PORT_LAST, s->data >> 16); break;
    case TYPE_DEBUG: PUT(s->data); break;
    }
}

/* The parent: the last one before it that it was derived from, where only its children stand between. */
static void put_caps(void)
{
    static const struct slot_name nowhere = {NONE, NONE};
    const struct slot *above[CAPS_MOST];
    struct slot_name place[CAPS_MOST];
    unsigned depth = 0;
    PUT(now_viewed->caps);
    for (unsigned i = 0; i < now_viewed->caps; i++) {
        const struct slot *s = now_viewed->all[i];
        while (depth && !slot_is_parent(above[depth - 1], s))
            depth--;
        struct slot_name here = name_of(s), parent = depth ? place[depth - 1] : nowhere;
        bool original = slot_flags(s) & SLOT_REVOCABLE, device = slot_flags(s) & SLOT_DEVICE;
        PUT(here.holder, here.index, slot_type(s), now_viewed->names[i], slot_rights(s), original, device,
            parent.holder, parent.index);
        put_data(s);
        above[depth] = s, place[depth++] = here;
    }
}

/* ---- the other objects */
static void put_table(const uint64_t *table, bool root)
{
    /* By the bits PWT and PCD. */
    static const unsigned cache[] = {CACHE_WRITE_BACK, CACHE_WRITE_THROUGH, CACHE_WRITE_COMBINING,
                                     CACHE_UNCACHED};
    PUT((uintptr_t)table);
    for (unsigned i = 0; i < (root ? 256u : 512u); i++) {
        uint64_t entry = table[i];
        if (!entry)
            continue;
        bool next = entry == arch_table_entry(arch_entry_phys(entry));
        PUT(i, arch_entry_phys(entry), next,
            next ? 0 : arch_entry_rights(entry) | cache[entry / PTE_WRITE_THROUGH % 4],
            entry & PTE_LARGE ? 1 : 0, entry & PTE_PRESENT && entry & PTE_USER);
    }
    PUT(NONE);
}

static void put_frame(const uint64_t *memory)
{
    PUT((uintptr_t)memory);
    put_words(memory, FRAME_WORDS);
}

static void put_timer(const struct timer *t)
{
    PUT((uintptr_t)t, t->place != NULL, t->place ? t->deadline : 0);
}

static void put_handler(const struct irq_handler *h)
{
    bool line = h->line != IRQ_NO_LINE;
    PUT(h->used, line ? h->line : NONE, h->pending, h->again,
        line ? !host.irq_open[h->line & IRQ_LINE_MAX] : true);
}

/* Each object once, at its first capability; what is dying is still there. */
static void put_object(const struct slot *s, uint64_t name)
{
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

static void view(const uint64_t *unused)
{
    (void)unused;
    collect();
    bool idle = cpu.current == &idle_tcb;
    PUT(idle ? 0 : (uintptr_t)cpu.current, idle ? 0 : (uint64_t)(int64_t)cpu.slice_left);
    put_ready();
    put_caps();
    for (unsigned i = 0; i < now_viewed->caps; i++) {
        if (!seen_before(i))
            put_object(now_viewed->all[i], now_viewed->names[i]);
    }
}

/* How many words there are, or 0: the structures are broken. */
unsigned lockstep_view(const uint64_t **to)
{
    *to = now_viewed->words;
    return guarded(view, NULL) == ENDED_WELL ? now_viewed->count : 0;
}
