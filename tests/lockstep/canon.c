/* States that are the same up to names have one key: where memory lies, and which of two threads or endpoints is which, does not count, nor
   what the registers of a thread hold that its next call sets, nor the order of what was derived from one capability. */
#include "canon.h"

#include <stdbool.h>
#include <string.h>
#include "abi/abi.h"
#include "view.h"

enum { CAPS_MOST = 512, NAMES_MOST = 512, FRAME_WORDS = 41, TYPES = 0x7f };

/* In the order of view.c. */
struct cap {
    uint64_t holder, index, type, object, rights, original, device, parent, parent_index;
};
struct thread {
    uint64_t name, state, at, at_index, grants, priority, ceiling, ticks, left, caller, kind, badge, length;
    uint64_t fault[4], bound, owes, bases[2];
    uint64_t breakpoints[3 * BREAKPOINTS], registers[REGISTERS];
};

struct object {
    uint64_t name, type;
    const uint64_t *at;
};

static struct {
    const struct cap *caps[CAPS_MOST];
    const uint64_t *ready;
    unsigned cap_count, object_count, name_count;
    struct object objects[CAPS_MOST];
    uint64_t names[NAMES_MOST], root,
        exchanged[4]; /* slots of the root: each counts as the one behind or before it */
    uint64_t key;
    const struct pairs *pairs;
} c;

uint64_t canon_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
    hash *= 0xbf58476d1ce4e5b9;
    return hash ^ hash >> 32;
}

static void mix(uint64_t word)
{
    c.key = canon_mix(c.key, word);
}

/* Objects are numbered as they come. */
static void mix_name(uint64_t name)
{
    unsigned i = 0;
    c.names[c.name_count] = name;
    while (c.names[i] != name)
        i++;
    if (i == c.name_count && c.name_count < NAMES_MOST - 1)
        c.name_count++;
    mix(i);
}

static uint64_t index_of(uint64_t holder, uint64_t index)
{
    for (unsigned i = 0; holder == c.pairs->root && i < 4; i++) {
        if (c.exchanged[i] == index)
            return c.exchanged[i ^ 1];
    }
    return index;
}

static void mix_slot(uint64_t holder, uint64_t index)
{
    mix_name(holder);
    mix(index_of(holder, index));
}

static unsigned data_words(uint64_t type)
{
    switch (type) {
    case TYPE_UNTYPED:
    case TYPE_IO_PORT:
    case TYPE_NOTIFICATION:
    case TYPE_ENDPOINT: return 2;
    case TYPE_CNODE: return 3;
    case TYPE_FRAME: return 5;
    case TYPE_PAGE_TABLE: return 4;
    case TYPE_DEBUG: return 1;
    default: return 0;
    }
}

static const uint64_t *data_of(const struct cap *cap)
{
    return (const uint64_t *)(cap + 1);
}

/* ---- which of two is which */
static const struct object *object_of(uint64_t name)
{
    for (unsigned i = 0; i < c.object_count; i++) {
        if (c.objects[i].name == name)
            return &c.objects[i];
    }
    return NULL;
}

static const struct thread *thread_of(const struct object *object)
{
    return object && object->type == TYPE_TCB ? (const struct thread *)object->at : NULL;
}

/* How far in front in its queue of ready threads, from 1; 0: it is in none. */
static uint64_t place_of(uint64_t name)
{
    for (const uint64_t *q = c.ready; *q != NONE; q += 2 + q[1]) {
        for (uint64_t i = 0; i < q[1]; i++) {
            if (q[2 + i] == name)
                return i + 1;
        }
    }
    return 0;
}

static const struct cap *in_root(uint64_t index)
{
    for (unsigned i = 0; i < c.cap_count; i++) {
        if (c.caps[i]->holder == c.pairs->root && c.caps[i]->index == index)
            return c.caps[i];
    }
    return NULL;
}

/* What tells one of two alike from the other. */
static uint64_t look_of_thread(uint64_t index)
{
    const struct cap *cap = in_root(index);
    const struct thread *t = cap ? thread_of(object_of(cap->object)) : NULL;
    if (!t)
        return cap ? 1 : 0;
    return ((t->state * 256 + t->priority) * 64 + place_of(t->name)) * 4 + (t->caller ? 2 : 0) +
           (t->fault[0] ? 1 : 0) + 2;
}

static uint64_t waiting_at(uint64_t endpoint)
{
    uint64_t look = 0;
    for (unsigned i = 0; i < c.object_count; i++) {
        const struct thread *t = thread_of(&c.objects[i]);
        if (t && t->at == endpoint)
            look += 8 + t->state;
    }
    return look;
}

static uint64_t look_of_endpoint(uint64_t index)
{
    const struct cap *cap = in_root(index);
    return cap ? cap->type * 1024 + waiting_at(cap->object) : 0;
}

static void exchange(unsigned at, const uint64_t *two, uint64_t (*look)(uint64_t))
{
    bool other = look(two[0]) > look(two[1]);
    c.exchanged[at] = other ? two[0] : NONE;
    c.exchanged[at + 1] = other ? two[1] : NONE;
}

/* ---- what is read */
static bool stands_before(const struct cap *a, const struct cap *b)
{
    if (a->holder != b->holder)
        return a->holder < b->holder;
    return index_of(a->holder, a->index) < index_of(b->holder, b->index);
}

static const uint64_t *read_caps(const uint64_t *at)
{
    uint64_t count = *at++;
    for (c.cap_count = 0; c.cap_count < count && c.cap_count < CAPS_MOST; c.cap_count++) {
        c.caps[c.cap_count] = (const struct cap *)at;
        at = data_of(c.caps[c.cap_count]) + data_words(c.caps[c.cap_count]->type);
    }
    return at;
}

static const uint64_t *end_of(const struct object *o)
{
    const uint64_t *at = o->at;
    switch (o->type) {
    case TYPE_TCB: return at + sizeof(struct thread) / sizeof *at;
    case TYPE_ENDPOINT: return at + 2 + at[1];
    case TYPE_NOTIFICATION: return at + 4 + at[3];
    case TYPE_FRAME: return at + FRAME_WORDS;
    case TYPE_TIMER: return at + 3;
    case TYPE_IRQ_HANDLER: return at + 5;
    case TYPE_ADDRESS_SPACE:
    case TYPE_PAGE_TABLE:
        for (at++; *at != NONE; at += 6)
            ;
        return at + 1;
    default: return at;
    }
}

/* Each stands at its first capability. */
static void read_objects(const uint64_t *at)
{
    uint64_t name = 0, type = 0;
    c.object_count = 0;
    for (unsigned i = 0; i < c.cap_count; i++) {
        const struct cap *cap = c.caps[i];
        if (i && cap->object == name && (cap->type & TYPES) == type)
            continue;
        name = cap->object, type = cap->type & TYPES;
        if (!name || type == TYPE_UNTYPED)
            continue;
        struct object *o = &c.objects[c.object_count++];
        *o = (struct object){name, type, at};
        at = end_of(o);
    }
}

static void sort_caps(void)
{
    for (unsigned i = 1; i < c.cap_count; i++) {
        const struct cap *cap = c.caps[i];
        unsigned to = i;
        for (; to && stands_before(cap, c.caps[to - 1]); to--)
            c.caps[to] = c.caps[to - 1];
        c.caps[to] = cap;
    }
}

static void mix_cap(const struct cap *cap)
{
    mix_slot(cap->holder, cap->index);
    mix(cap->type), mix_name(cap->object), mix(cap->rights), mix(cap->original * 2 + cap->device);
    mix_slot(cap->parent, cap->parent_index);
    for (unsigned i = 0; i < data_words(cap->type); i++)
        mix(data_of(cap)[i]);
}

/* ---- what counts */
static void mix_queue(const uint64_t *length)
{
    mix(*length);
    for (uint64_t i = 1; i <= *length; i++)
        mix_name(length[i]);
}

static void mix_thread(const struct thread *t)
{
    mix(t->state), mix_name(t->at), mix(index_of(t->at, t->at_index)), mix(t->grants);
    mix(t->priority), mix(t->ceiling), mix(t->ticks), mix(t->left), mix_name(t->caller);
    mix(t->kind), mix(t->badge), mix(t->length), mix(t->fault[0]), mix_name(t->bound), mix(t->owes);
}

static void mix_object(const struct object *o)
{
    const uint64_t *at = o->at;
    switch (o->type) {
    case TYPE_TCB: mix_thread((const struct thread *)at); break;
    case TYPE_ENDPOINT: mix_queue(at + 1); break;
    case TYPE_NOTIFICATION: mix(at[1]), mix_name(at[2]), mix_queue(at + 3); break;
    case TYPE_TIMER: mix(at[1]), mix(at[1] ? at[2] - c.pairs->now : 0); break;
    default:
        for (; at < end_of(o); at++)
            mix(*at);
    }
}

uint64_t canon_key(const uint64_t *numbers, const struct pairs *pairs)
{
    const uint64_t *at = numbers + 2;
    c.pairs = pairs, c.ready = at, c.key = 0, c.name_count = 1;
    while (*at != NONE)
        at += 2 + at[1];
    read_objects(read_caps(at + 1));
    exchange(0, pairs->thread, look_of_thread);
    exchange(2, pairs->endpoint, look_of_endpoint);
    sort_caps();
    for (unsigned i = 0; i < c.cap_count; i++)
        mix_cap(c.caps[i]);
    for (unsigned i = 0; i < c.name_count; i++) {
        const struct object *o = object_of(c.names[i]);
        mix(o ? o->type : 0);
        if (o)
            mix_object(o);
    }
    for (at = c.ready; *at != NONE; at += 2 + at[1])
        mix(*at), mix_queue(at + 1);
    mix_name(numbers[0]), mix(numbers[1]);
    return c.key;
}
