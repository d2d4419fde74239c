/* Checks an image whole before anything is built: that nothing in it is damaged, and that each number names something that is
   there and of the right type. The kernel's errors say what does not fit the machine. */
#include "root.h"

static struct image *image;
static uint64_t where;

#define TURN (0 - IMAGE_MODULUS) /* what 2^64 leaves when it is divided by the modulus: 59 */

static const char *bad(const void *at, const char *what)
{
    where = (uint64_t)((const char *)at - (const char *)image->header);
    return what;
}

/* Some number of 64 bits that leaves the same remainder. pre: below 2^89, so that the second sum has no carry. */
static uint64_t folded(unsigned __int128 number)
{
    number = (uint64_t)number + (number >> 64) * TURN;
    return (uint64_t)number + (uint64_t)(number >> 64) * TURN;
}

/* Is it a multiple, read as one number? From its last word on, four at a time: this is most of what a boot does for each page. */
static bool is_multiple(const uint64_t *word, uint64_t bytes)
{
    uint64_t rest = 0;
    for (uint64_t i = bytes / sizeof *word; i != 0; i -= 4) {
        const uint64_t *w = &word[i - 4];
        unsigned __int128 sum = w[0];
        sum += (unsigned __int128)w[1] * TURN;
        sum += (unsigned __int128)w[2] * (TURN * TURN);
        sum += (unsigned __int128)w[3] * (TURN * TURN * TURN);
        sum += (unsigned __int128)rest * (TURN * TURN * TURN * TURN);
        rest = folded(sum);
    }
    return rest == 0 || rest == IMAGE_MODULUS;
}

static bool table_fits(uint32_t at, uint64_t count, uint64_t record)
{
    const struct image_header *h = image->header;
    return at % 8 == 0 && at <= h->kept && count * record <= h->kept - at;
}

static const char *check_header(const char *start, uint64_t size)
{
    const struct image_header *h = image->header;
    if (size < sizeof *h || h->magic != IMAGE_MAGIC)
        return bad(&h->magic, "it is no system image");
    if (h->version != IMAGE_VERSION)
        return bad(&h->version, "it is of another version than this root task");
    if (h->size > size || h->size < sizeof *h)
        return bad(&h->size, "it is cut off");
    if (h->size % IMAGE_PAGE != 0 || !is_multiple((const uint64_t *)(const void *)start, h->size))
        return bad(&h->check, "its checksum is another");
    if (h->kept > h->size || h->kept % IMAGE_PAGE != 0)
        return bad(&h->kept, "its sizes contradict each other");
    if (!table_fits(h->objects, h->object_count, sizeof *image->object) ||
        !table_fits(h->ops, h->op_count, sizeof *image->op) ||
        !table_fits(h->pds, h->pd_count, sizeof *image->pd) ||
        !table_fits(h->symbols, h->symbol_count, sizeof *image->symbol) ||
        !table_fits(h->names, h->names_size, 1))
        return bad(&h->objects, "a table reaches past its end");
    if (h->names_size == 0 || start[h->names + h->names_size - 1] != 0)
        return bad(&h->names, "the names have no end");
    return h->slots < 3 || h->slots > 1u << 20 ? bad(&h->slots, "it has too many capabilities") : NULL;
}

const struct image_object *object_of(const struct image *from, uint32_t slot)
{
    uint32_t low = 0, high = from->header->object_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct image_object *o = &from->object[middle];
        if (slot < o->first)
            high = middle;
        else if (slot - o->first >= o->count)
            low = middle + 1;
        else
            return o;
    }
    return NULL;
}

/* The slots of all records are in order, one after the other. The first is not used: its address is that of the table. */
static const char *check_objects(void)
{
    uint32_t next = 1;
    for (uint32_t i = 0; i < image->header->object_count; i++) {
        const struct image_object *o = &image->object[i];
        if (o->first != next || o->count == 0 || o->count > image->header->slots - 1 - next)
            return bad(&o->first, "the slots of the objects are not one after the other");
        if (o->type >= TYPE_COUNT || o->size_bits > 63 || o->name >= image->header->names_size)
            return bad(o, "an object of an unknown kind");
        if (o->type == TYPE_CNODE && (o->size_bits < 1 || o->size_bits > 20))
            return bad(&o->size_bits, "a CNode of an unknown size");
        if (o->type == TYPE_FRAME && o->size_bits != 12 && o->size_bits != 21 && o->size_bits != 30)
            return bad(&o->size_bits, "a frame of an unknown size");
        next += o->count;
    }
    return NULL;
}

static bool is(uint32_t slot, unsigned type)
{
    const struct image_object *o = object_of(image, slot);
    return o != NULL && o->type == type;
}

static bool none_or(uint32_t slot, unsigned type)
{
    return slot == IMAGE_NONE || is(slot, type);
}

/* `bytes` from byte `at` on lie in the frames from this one on. */
static bool frames_hold(uint32_t slot, uint64_t at, uint64_t bytes)
{
    const struct image_object *o = object_of(image, slot);
    if (o == NULL || o->type != TYPE_FRAME)
        return false;
    uint64_t all = (uint64_t)(o->count - (slot - o->first)) << o->size_bits;
    return at <= all && bytes <= all - at;
}

static bool pages_there(uint32_t first, uint64_t bytes)
{
    uint64_t all = image->header->size;
    return first < all / IMAGE_PAGE && bytes <= all - (uint64_t)first * IMAGE_PAGE;
}

static bool slot_fits(const struct image_op *op)
{
    const struct image_object *o = object_of(image, op->b);
    return o != NULL && o->type == TYPE_CNODE && op->slot < 1u << o->size_bits;
}

static bool frame_run(uint32_t slot, uint32_t count)
{
    const struct image_object *o = object_of(image, slot);
    return o != NULL && o->type == TYPE_FRAME && count <= o->count - (slot - o->first);
}

static bool op_fits(const struct image_op *op)
{
    switch (op->code) {
    case OP_TABLE: return is(op->a, TYPE_PAGE_TABLE) && none_or(op->b, TYPE_ADDRESS_SPACE);
    case OP_MAP: return frame_run(op->a, op->count) && is(op->b, TYPE_ADDRESS_SPACE);
    case OP_MAP_OWN:
        return pages_there(op->a, (uint64_t)op->count * IMAGE_PAGE) && is(op->b, TYPE_ADDRESS_SPACE);
    case OP_FILL: return frames_hold(op->a, op->value, op->count) && pages_there(op->b, op->count);
    case OP_ADDRESS: return frames_hold(op->a, op->value, sizeof(uint64_t)) && is(op->b, TYPE_FRAME);
    case OP_RANDOM: return frames_hold(op->a, op->value, sizeof(uint64_t));
    case OP_MINT: return object_of(image, op->a) != NULL && object_of(image, op->b) != NULL;
    case OP_GIVE: return object_of(image, op->a) != NULL && slot_fits(op);
    case OP_PORTS:
    case OP_CONSOLE: return slot_fits(op);
    case OP_MOVE: return is(op->a, TYPE_UNTYPED) && slot_fits(op);
    case OP_IRQ:
    case OP_MSI: return is(op->a, TYPE_IRQ_HANDLER) && is(op->b, TYPE_NOTIFICATION);
    case OP_MSI_WORD:
        return frames_hold(op->a, op->value, sizeof(uint64_t)) && is(op->b, TYPE_IRQ_HANDLER) && op->count < 2;
    case OP_TIMER: return is(op->a, TYPE_TIMER) && is(op->b, TYPE_NOTIFICATION);
    case OP_BIND: return is(op->a, TYPE_TCB) && is(op->b, TYPE_NOTIFICATION);
    case OP_BOOTINFO: return frames_hold(op->a, 0, op->count) && op->value < BOOT_KINDS;
    case OP_THREAD:
    case OP_START: return op->a < image->header->pd_count;
    default: return false;
    }
}

static const char *check_ops(void)
{
    for (uint32_t i = 0; i < image->header->op_count; i++)
        if (!op_fits(&image->op[i]))
            return bad(&image->op[i], "an operation names what is not there");
    return NULL;
}

static const char *check_pds(void)
{
    const struct image_header *h = image->header;
    for (uint32_t i = 0; i < h->pd_count; i++) {
        const struct image_pd *p = &image->pd[i];
        if (p->name >= h->names_size || !is(p->tcb, TYPE_TCB) || !is(p->cnode, TYPE_CNODE) ||
            !is(p->space, TYPE_ADDRESS_SPACE) || !is(p->buffer, TYPE_FRAME) || !is(p->fault, TYPE_ENDPOINT) ||
            !none_or(p->endpoint, TYPE_ENDPOINT) || !none_or(p->extended, TYPE_EXTENDED_STATE) ||
            !none_or(p->stand_in, TYPE_TCB) || (p->parent != IMAGE_NONE && p->parent >= h->pd_count))
            return bad(p, "a protection domain names what is not there");
        if (p->first_symbol > h->symbol_count || p->symbol_count > h->symbol_count - p->first_symbol)
            return bad(&p->first_symbol, "a protection domain names symbols that are not there");
    }
    for (uint32_t i = 0; i < h->symbol_count; i++)
        if (image->symbol[i].name >= h->names_size)
            return bad(&image->symbol[i], "a symbol has no name");
    return is(h->faults, TYPE_ENDPOINT) ? NULL : bad(&h->faults, "no endpoint for faults");
}

const char *check_image(struct image *out, const void *start, uint64_t size, uint64_t *at)
{
    const char *bytes = start;
    image = out;
    out->header = start;
    const char *wrong = check_header(bytes, size);
    if (wrong == NULL) {
        out->object = (const struct image_object *)(const void *)(bytes + out->header->objects);
        out->op = (const struct image_op *)(const void *)(bytes + out->header->ops);
        out->pd = (const struct image_pd *)(const void *)(bytes + out->header->pds);
        out->symbol = (const struct image_symbol *)(const void *)(bytes + out->header->symbols);
        out->names = bytes + out->header->names;
        wrong = check_objects();
    }
    if (wrong == NULL)
        wrong = check_ops();
    if (wrong == NULL)
        wrong = check_pds();
    *at = where;
    return wrong;
}
