/* A region of what the kernel records, with trace=on: whose threads there are, and behind that the kernel's own pages. */
#include "root.h"
#include "baton/traced.h"

static struct made {
    uint64_t paddr;
    uint32_t name, bits;
} made[TRACED_MOST];
static unsigned made_count;

void trace_note(const struct image_object *o, uint64_t paddr, uint64_t count, unsigned bits)
{
    bool wanted = o->type == TYPE_TCB || o->type == TYPE_UNTYPED;
    for (uint64_t i = 0; wanted && i < count && made_count < TRACED_MOST; i++)
        made[made_count++] = (struct made){paddr + (i << bits), o->name, bits};
}

/* Objects are called "thread of NAME" and the like. */
static long put_owner(const struct image *image, const struct image_op *op, unsigned number)
{
    struct traced_owner owner = {.start = made[number].paddr, .bytes = 1ull << made[number].bits};
    const char *name = strstr(image->names + made[number].name, " of ");
    for (unsigned i = 0; name != NULL && name[4 + i] != 0 && i < TRACED_NAME - 1; i++)
        owner.name[i] = name[4 + i];
    return put(op->a, sizeof(struct traced_head) + number * sizeof owner, &owner, sizeof owner);
}

/* To be read only, in place of those that were made for the region. */
static long give_page(const struct image_object *o, uint32_t page, uint32_t slot)
{
    long result = cap_delete(cap_at(STORE), o->first + page);
    return result < 0 ? result
                      : cap_copy(cap_at(STORE), o->first + page, cap_at(CAP_SELF_CNODE), slot, RIGHT_READ);
}

long trace_give(const struct image *image, const struct bootinfo *bi, const struct image_op *op)
{
    const struct bootinfo_module *ring = &bi->module[bi->module_count - 1];
    const struct image_object *o = object_of(image, op->a);
    struct traced_head head = {TRACED_ID, sizeof head + made_count * sizeof(struct traced_owner), bi->tsc_hz,
                               made_count};
    if (bi->trace == 0)
        return 0;
    if (o->size_bits != 12 || o->count < 1 + ring->frames)
        return ERR_BAD_ARGUMENT;
    long result = put(op->a, 0, &head, sizeof head);
    for (unsigned i = 0; result == 0 && i < made_count; i++)
        result = put_owner(image, op, i);
    for (uint32_t i = 0; result == 0 && i < ring->frames; i++)
        result = give_page(o, 1 + i, ring->first_slot + i);
    return result;
}
