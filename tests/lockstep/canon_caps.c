/* Most inputs leave all capabilities as they are: what was read of those that came last serves again. */
#include "canon_caps.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "abi/abi.h"
#include "view.h"

enum { KEPT = 8, FRAME_WORDS = 41, TYPES = 0x7f };

/* Not among the library's variables, which come back with each state. */
static struct {
    struct caps kept[KEPT];
    unsigned hit, next;
} *all;

__attribute__((constructor)) static void begin(void)
{
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        abort();
}

unsigned cap_data_words(const struct cap *cap)
{
    switch (cap->type) {
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

const uint64_t *cap_data(const struct cap *cap)
{
    return (const uint64_t *)(cap + 1);
}

struct object *caps_object(struct caps *caps, uint64_t name)
{
    for (unsigned i = 0; i < caps->object_count; i++) {
        if (caps->objects[i].name == name)
            return &caps->objects[i];
    }
    return NULL;
}

static const uint64_t *read_caps(struct caps *caps, const uint64_t *at)
{
    uint64_t count = *at++;
    for (caps->count = 0; caps->count < count && caps->count < CANON_CAPS; caps->count++) {
        const struct cap *cap = caps->cap[caps->count] = (const struct cap *)at;
        at = cap_data(cap) + cap_data_words(cap);
    }
    return at;
}

/* Each stands at its first capability. */
static void name_objects(struct caps *caps)
{
    uint64_t name = 0, type = 0;
    caps->object_count = 0;
    for (unsigned i = 0; i < caps->count; i++) {
        const struct cap *cap = caps->cap[i];
        if (i && cap->object == name && (cap->type & TYPES) == type)
            continue;
        name = cap->object, type = cap->type & TYPES;
        if (name && type != TYPE_UNTYPED)
            caps->objects[caps->object_count++] = (struct object){.name = name, .type = type};
    }
}

static const uint64_t *end_of(uint64_t type, const uint64_t *at)
{
    switch (type) {
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

static bool is_kept(const struct caps *caps, const uint64_t *numbers)
{
    return caps->words && memcmp(caps->numbers, numbers, caps->words * sizeof *numbers) == 0;
}

static struct caps *kept(const uint64_t *numbers)
{
    for (unsigned i = 0; i < KEPT; i++) {
        unsigned n = (all->hit + i) % KEPT;
        if (is_kept(&all->kept[n], numbers)) {
            all->hit = n;
            return &all->kept[n];
        }
    }
    struct caps *caps = &all->kept[all->next++ % KEPT];
    caps->words = (unsigned)(read_caps(caps, numbers) - numbers);
    memcpy(caps->numbers, numbers, caps->words * sizeof *numbers);
    read_caps(caps, caps->numbers);
    name_objects(caps);
    caps->mixed.there = false;
    return caps;
}

struct caps *caps_read(const uint64_t *numbers)
{
    struct caps *caps = kept(numbers);
    const uint64_t *at = numbers + caps->words;
    for (unsigned i = 0; i < caps->object_count; i++) {
        struct object *o = &caps->objects[i];
        o->at = at, at = o->end = end_of(o->type, at);
    }
    return caps;
}
