/* kernel/object/derive.c: the list against a tree that is kept as a tree. */
#include "cap/words.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/untyped.h"
#include "thread/sched.h"
#include "world.h"

enum { NODES = 40, STEPS = 30000, OBJECT = 0x100000 };

/* A capability in the model: children in list order (the newest first), and what decides who is a parent. */
struct node {
    struct node *parent, *child, *sibling;
    struct slot *slot;
};

static struct node nodes[NODES];
static struct node top; /* parent of those without one */

static struct node *node_of(const struct slot *s)
{
    for (unsigned i = 0; i < NODES; i++) {
        if (nodes[i].slot == s)
            return &nodes[i];
    }
    return NULL;
}

static void attach_first(struct node *parent, struct node *n)
{
    n->parent = parent;
    n->sibling = parent->child;
    parent->child = n;
}

/* Takes n out; its children take its place, in order. */
static void detach(struct node *n)
{
    struct node **at = &n->parent->child, *last = n->child;
    while (*at != n)
        at = &(*at)->sibling;
    if (!last) {
        *at = n->sibling;
    } else {
        *at = n->child;
        for (;; last = last->sibling) {
            last->parent = n->parent;
            if (!last->sibling)
                break;
        }
        last->sibling = n->sibling;
    }
    *n = (struct node){0};
}

/* The list must be the tree in preorder, in both directions. */
static const struct slot *check_preorder(const struct node *n, const struct slot *before)
{
    for (; n; n = n->sibling) {
        CHECK(slot_prev(n->slot) == before);
        if (before)
            CHECK(slot_next(before) == n->slot);
        before = check_preorder(n->child, n->slot);
    }
    return before;
}

static unsigned descendants(const struct node *n)
{
    unsigned count = 0;
    for (const struct node *c = n->child; c; c = c->sibling)
        count += 1 + descendants(c);
    return count;
}

static void check_tree(void)
{
    const struct slot *last = check_preorder(top.child, NULL);
    if (last)
        CHECK(slot_next(last) == NULL);
    for (unsigned i = 0; i < NODES; i++) {
        if (!nodes[i].slot)
            continue;
        bool original = slot_flags(nodes[i].slot) & SLOT_REVOCABLE; /* a copy of a copy is its sibling */
        CHECK(original || !nodes[i].child);
        CHECK_NUMBER("has children", slot_has_children(nodes[i].slot), nodes[i].child != NULL);
        unsigned family = 0;
        for (const struct slot *s = slot_next(nodes[i].slot); s && slot_is_parent(nodes[i].slot, s);
             s = slot_next(s))
            family++;
        CHECK_NUMBER("descendants", family, descendants(&nodes[i]));
    }
}

/* Who is the parent of a copy of n: n itself if it is an original, else the parent of n. */
static struct node *parent_for(struct node *n)
{
    return slot_flags(n->slot) & SLOT_REVOCABLE ? n : n->parent;
}

/* A copy stands right after what it was copied from: as the first child, or as the next sibling. */
static void attach_copy(struct node *from, struct node *n)
{
    if (parent_for(from) == from) {
        attach_first(from, n);
        return;
    }
    n->parent = from->parent;
    n->sibling = from->sibling;
    from->sibling = n;
}

static struct node *free_node(void)
{
    for (unsigned i = 0; i < NODES; i++) {
        if (!nodes[i].slot)
            return &nodes[i];
    }
    return NULL;
}

static struct slot *free_slot(void)
{
    unsigned i;
    do {
        i = 8 + random_below(WORLD_SLOTS - 8);
    } while (!slot_empty(&world[i]));
    return &world[i];
}

static struct node *some_node(void)
{
    struct node *n;
    do {
        n = &nodes[random_below(NODES)];
    } while (!n->slot);
    return n;
}

/* A new object from an untyped; its memory is never touched, only compared. */
static void retype(struct node *from, struct node *n)
{
    static const unsigned types[] = {TYPE_UNTYPED, TYPE_FRAME, TYPE_ENDPOINT,
                                     TYPE_TCB,     TYPE_CNODE, TYPE_NOTIFICATION};
    unsigned type = types[random_below(6)], bits = type == TYPE_UNTYPED ? 7 : type == TYPE_CNODE ? 8 : 12;
    uint64_t size = 1ull << object_bits(type, bits), mark = untyped_watermark(from->slot);
    uint64_t start = (mark + size - 1) & ~(size - 1);
    uint64_t total = 1ull << untyped_bits(from->slot);
    if (start + size > total)
        return;
    n->slot = free_slot();
    uint64_t object = from->slot->object + start;
    uint64_t data = type == TYPE_UNTYPED        ? untyped_data(bits, 0, 0)
                    : type == TYPE_CNODE        ? cnode_data(bits, 0, 0)
                    : type == TYPE_NOTIFICATION ? UNBADGED_BITS
                                                : 0;
    slot_fill(n->slot, type, 0xff, type == TYPE_ENDPOINT ? object | REF_ENDPOINT : object, data);
    from->slot->data = untyped_data(untyped_bits(from->slot), start + size, 0);
    derive_insert(from->slot, n->slot, SLOT_REVOCABLE | SLOT_FIRST_BADGED);
    attach_first(from, n);
}

/* A badged capability is an original, with the one that it was minted from as its elder. A badge may be the
   data word of a notification without one. */
static void mint(struct node *from, struct node *n)
{
    n->slot = free_slot();
    slot_fill(n->slot, slot_type(from->slot), 0xff, from->slot->object, 1 + random_below(2));
    derive_insert(from->slot, n->slot, SLOT_NEW_BADGE);
    attach_copy(from, n);
}

static void derive_some(void)
{
    struct node *from = some_node(), *n = free_node();
    if (!n)
        return;
    unsigned type = slot_type(from->slot);
    bool can_have_badge = type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION;
    if (type == TYPE_UNTYPED) {
        retype(from, n);
    } else if (can_have_badge && !(slot_flags(from->slot) & SLOT_BADGED) && random_below(2)) {
        mint(from, n);
    } else {
        n->slot = free_slot();
        derive_copy(n->slot, from->slot, slot_rights(from->slot) & (unsigned)random_next());
        CHECK((slot_rights(n->slot) & ~slot_rights(from->slot)) == 0);
        attach_copy(from, n);
    }
}

static void move_some(void)
{
    struct node *n = some_node();
    struct slot *to = free_slot(), was = *n->slot;
    derive_move(to, n->slot);
    CHECK(memcmp(n->slot, &(struct slot){0}, sizeof was) == 0);
    CHECK(to->object == was.object && to->data == was.data && to->prev == was.prev && to->next == was.next);
    n->slot = to;
}

static bool another_to_same_object(const struct node *n)
{
    for (unsigned i = 0; i < NODES; i++) {
        const struct slot *s = nodes[i].slot;
        if (s && s != n->slot && slot_type(s) == slot_type(n->slot) && s->object == n->slot->object)
            return true;
    }
    return false;
}

/* An original that goes leaves its copies behind: they are then copies of nothing (no original among them). */
static void delete_some(void)
{
    struct node *n = some_node();
    unsigned type = slot_type(n->slot);
    bool last = !another_to_same_object(n);
    bool takes_time =
        type == TYPE_TCB || type == TYPE_CNODE || type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION;
    if (takes_time)
        CHECK_NUMBER("last", slot_last(n->slot), last);
    if (n->parent == &top || (takes_time && last))
        return; /* the objects are addresses only: they cannot be taken apart */
    struct slot *s = n->slot;
    slot_delete(s);
    CHECK(memcmp(s, &(struct slot){0}, sizeof *s) == 0);
    CHECK(node_of(s) == n);
    detach(n);
}

static void start(void)
{
    world_reset();
    memset(nodes, 0, sizeof nodes);
    top = (struct node){0};
    slot_fill(&world[4], TYPE_UNTYPED, 0, OBJECT, untyped_data(20, 0, 0));
    slot_set_flags(&world[4], SLOT_REVOCABLE);
    nodes[0].slot = &world[4];
    attach_first(&top, &nodes[0]);
}

static void random_tree(void)
{
    start();
    for (unsigned i = 0; i < STEPS && !test_state.failing; i++) {
        if (i % 1000 == 0)
            start(); /* else the untyped memory runs out */
        unsigned what = random_below(10);
        if (what < 5)
            derive_some();
        else if (what < 7)
            move_some();
        else
            delete_some();
        check_tree();
    }
}

/* With two families of the same badge side by side, the elder is not parent of the younger, even when the first
   of the younger was deleted. */
static void first_badged(void)
{
    world_reset();
    struct slot *origin = &world[8], *a = &world[9], *a2 = &world[10], *b = &world[11];
    world_object(8, TYPE_ENDPOINT, 0);
    slot_fill(a, TYPE_ENDPOINT, 3, origin->object, 5);
    derive_insert(origin, a, SLOT_NEW_BADGE);
    derive_copy(a2, a, 3);
    CHECK(slot_has_children(a) && slot_is_parent(a, a2) && slot_is_parent(origin, a));
    CHECK(!slot_is_parent(a2, a) && a2->data == 5);
    slot_delete(a);
    CHECK(slot_flags(a2) == (SLOT_FIRST_BADGED | SLOT_BADGED));
    slot_fill(b, TYPE_ENDPOINT, 3, origin->object, 5);
    derive_insert(origin, b, SLOT_NEW_BADGE);
    CHECK(!slot_has_children(b) && !slot_is_parent(b, a2));
    CHECK(slot_is_parent(origin, b) && slot_is_parent(origin, a2));
}

/* The last capability takes the object with it, any other does not. */
static void last_goes(void)
{
    world_reset();
    struct tcb *t = world_caller(20, 5);
    world_object(8, TYPE_ENDPOINT, 0);
    sys(SYS_RECV, at(8), 0, 0, 0, 0, 0);
    CHECK(t->wait == world[8].object);
    derive_copy(&world[9], &world[8], 0);
    slot_delete(&world[8]);
    CHECK(t->wait != 0 && !sched_ready(t));
    slot_delete(&world[9]);
    CHECK((long)t->rax == ERR_CANCELED);
    CHECK(slot_empty(&world[9]) && slot_last(&world[20]));
    derive_copy(&world[21], &world[20], 0);
    CHECK(!slot_last(&world[20]) && !slot_last(&world[21]));
    slot_delete(&world[21]);
    CHECK(slot_empty(&world[21]) && t->cspace == world);
    slot_delete(&world[20]); /* the last: the running thread ends */
    CHECK(slot_empty(&world[20]) && cpu.current != t && slot_empty(&t->slots[TCB_CSPACE]));
}

/* A copy of a frame is not mapped where the original is; all else that can be copied keeps its data word. */
static void copy_data(void)
{
    world_reset();
    static const unsigned types[] = {TYPE_CNODE, TYPE_TCB,   TYPE_ENDPOINT, TYPE_ADDRESS_SPACE,
                                     TYPE_FRAME, TYPE_DEBUG, TYPE_IO_PORT};
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct slot *s = &world[8 + 2 * i];
        slot_fill(s, types[i], 0xff, 0x200000, 0x5005);
        derive_copy(s + 1, s, 0x15);
        CHECK_NUMBER("data of the copy", s[1].data, types[i] == TYPE_FRAME ? 0 : 0x5005);
        CHECK(s[1].object == s->object && slot_type(s + 1) == types[i] && slot_rights(s + 1) == 0x15);
        CHECK(slot_flags(s + 1) == 0 && slot_prev(s + 1) == s && slot_next(s) == s + 1);
    }
}

/* An untyped is parent of what lies in it, to the last byte, and of nothing next to it. */
static void region_edges(void)
{
    struct slot parent = {0}, child = {0};
    slot_fill(&parent, TYPE_UNTYPED, 0, OBJECT, untyped_data(12, 0, 0));
    slot_set_flags(&parent, SLOT_REVOCABLE);
    slot_fill(&child, TYPE_ENDPOINT, 0, OBJECT + 4096 - 64 + REF_ENDPOINT, 0);
    CHECK(slot_is_parent(&parent, &child));
    child.object = OBJECT + REF_ENDPOINT;
    CHECK(slot_is_parent(&parent, &child));
    child.object = OBJECT + 4096 + REF_ENDPOINT;
    CHECK(!slot_is_parent(&parent, &child));
    child.object = OBJECT - 64 + REF_ENDPOINT;
    CHECK(!slot_is_parent(&parent, &child));
    child.object = OBJECT + REF_ENDPOINT;
    slot_set_flags(&parent, SLOT_FIRST_BADGED);
    CHECK(!slot_is_parent(&parent, &child));
}

int main(void)
{
    random_seed();
    test_run("derive: the list is the tree in preorder", random_tree);
    test_run("derive: families of one badge stay apart", first_badged);
    test_run("derive: the edges of an untyped", region_edges);
    test_run("derive: the last capability to an object", last_goes);
    test_run("derive: data and rights of copies", copy_data);
    return test_end();
}
