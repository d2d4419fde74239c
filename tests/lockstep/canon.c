/* States that are the same up to names have one key: where memory lies does not count, nor what the registers of a thread hold that its next
   call sets, nor the order of what was derived from one capability. Which of two threads or endpoints is which does: the inputs that are
   tried do not treat them alike. */
#include "canon.h"

#include <stdlib.h>
#include <sys/mman.h>
#include "abi/abi.h"
#include "canon_caps.h"
#include "view.h"

/* Not among the library's variables, which come back with each state. */
static struct {
    unsigned name_count;
    uint64_t names[NAMES_MOST];
    uint64_t key;
    bool spells;
    unsigned spelled;
    uint64_t spelling[CANON_SPELLED];
} *c;

__attribute__((constructor)) static void begin(void)
{
    c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c == MAP_FAILED)
        abort();
}

uint64_t canon_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
    hash *= 0xbf58476d1ce4e5b9;
    return hash ^ hash >> 32;
}

static void mix(uint64_t word)
{
    c->key = canon_mix(c->key, word);
    if (c->spells && c->spelled < CANON_SPELLED)
        c->spelling[c->spelled++] = word;
}

/* Objects are numbered as they come. */
static void mix_name(uint64_t name)
{
    unsigned i = 0;
    c->names[c->name_count] = name;
    while (c->names[i] != name)
        i++;
    if (i == c->name_count && c->name_count < NAMES_MOST - 1)
        c->name_count++;
    mix(i);
}

static void mix_slot(uint64_t holder, uint64_t index)
{
    mix_name(holder);
    mix(index);
}

/* ---- the capabilities */
static bool stands_before(const struct cap *a, const struct cap *b)
{
    if (a->holder != b->holder)
        return a->holder < b->holder;
    return a->index < b->index;
}

static void sort_caps(const struct cap **caps, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        const struct cap *cap = caps[i];
        unsigned to = i;
        for (; to && stands_before(cap, caps[to - 1]); to--)
            caps[to] = caps[to - 1];
        caps[to] = cap;
    }
}

static void mix_cap(const struct cap *cap)
{
    mix_slot(cap->holder, cap->index);
    mix(cap->type), mix_name(cap->object), mix(cap->rights), mix(cap->original * 2 + cap->device);
    mix_slot(cap->parent, cap->parent_index);
    for (unsigned i = 0; i < cap_data_words(cap); i++)
        mix(cap_data(cap)[i]);
}

/* As it was when these capabilities came before, if they did. */
static const struct mixed *mix_caps(struct caps *caps)
{
    struct mixed *m = &caps->mixed;
    if (!m->there || c->spells) {
        c->key = 0, c->name_count = 1, c->names[0] = 0;
        sort_caps(caps->cap, caps->count);
        for (unsigned i = 0; i < caps->count; i++)
            mix_cap(caps->cap[i]);
        m->there = true, m->key = c->key, m->name_count = c->name_count;
        for (unsigned i = 0; i < c->name_count; i++)
            m->names[i] = c->names[i], m->objects[i] = caps_object(caps, c->names[i]);
    }
    c->key = m->key, c->name_count = m->name_count;
    memcpy(c->names, m->names, c->name_count * sizeof *c->names);
    return m;
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
    mix(t->state), mix_name(t->at), mix(t->at_index), mix(t->grants);
    mix(t->priority), mix(t->ceiling), mix(t->ticks), mix(t->left), mix_name(t->caller);
    mix(t->kind), mix(t->badge), mix(t->length), mix(t->fault[0]), mix_name(t->bound), mix(t->owes);
}

static void mix_object(const struct object *o, uint64_t now)
{
    const uint64_t *at = o->at;
    switch (o->type) {
    case TYPE_TCB: mix_thread((const struct thread *)at); break;
    case TYPE_ENDPOINT: mix_queue(at + 1); break;
    case TYPE_NOTIFICATION: mix(at[1]), mix_name(at[2]), mix_queue(at + 3); break;
    case TYPE_TIMER: mix(at[1]), mix(at[1] ? at[2] - now : 0); break;
    default:
        for (; at < o->end; at++)
            mix(*at);
    }
}

uint64_t canon_key(const uint64_t *numbers, uint64_t now)
{
    const uint64_t *ready = numbers + 2, *at = ready;
    while (*at != NONE)
        at += 2 + at[1];
    struct caps *caps = caps_read(at + 1);
    const struct mixed *m = mix_caps(caps);
    for (unsigned i = 0; i < c->name_count; i++) {
        const struct object *o = i < m->name_count ? m->objects[i] : caps_object(caps, c->names[i]);
        mix(o ? o->type : 0);
        if (o)
            mix_object(o, now);
    }
    for (at = ready; *at != NONE; at += 2 + at[1])
        mix(*at), mix_queue(at + 1);
    mix_name(numbers[0]), mix(numbers[1]);
    return c->key;
}

unsigned canon_spell(const uint64_t *numbers, uint64_t now, uint64_t *key, const uint64_t **words)
{
    c->spells = true, c->spelled = 0;
    *key = canon_key(numbers, now);
    c->spells = false, *words = c->spelling;
    return c->spelled;
}
