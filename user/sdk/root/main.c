/* The system root task: the first program of a machine that runs a system. It builds what its image says, drops all that it does
   not need any more, and waits for faults. */
#include "root.h"

/* Here the tool writes where in this program's own module the image begins. */
const volatile uint64_t baton_system_at = 0;

static void find_image(struct image *image, const struct bootinfo *bi)
{
    const struct bootinfo_module *own = &bi->module[0];
    uint64_t at = baton_system_at, where = 0;
    if (at == 0 || at % IMAGE_PAGE != 0)
        fail("the root task has no system: the tool makes one");
    if (at >= own->size)
        fail("image damaged at 0x0: it is cut off");
    image->first_frame = own->first_slot + (uint32_t)(at / IMAGE_PAGE);
    const char *wrong = check_image(image, (const char *)own->vaddr + at, own->size - at,
                                    &where); /* NOLINT: the kernel mapped it */
    if (wrong != NULL)
        fail("image damaged at 0x%lx: %s", where, wrong);
}

static unsigned radix_of(uint32_t slots)
{
    unsigned radix = 1;
    while (1u << radix < slots)
        radix++;
    return radix;
}

static bool no_line(const struct image_op *op, long result)
{
    return op->code == OP_IRQ && result == ERR_BAD_ARGUMENT;
}

static void build_all(const struct image *image, const struct bootinfo *bi)
{
    const struct image_header *h = image->header;
    memory_make_store(radix_of(h->slots));
    for (uint32_t i = 0; i < h->object_count; i++)
        memory_make(image, &image->object[i]);
    for (uint32_t i = 0; i < h->op_count; i++) {
        const struct image_op *op = &image->op[i];
        long result = build(image, bi, op);
        const struct image_object *o = object_of(image, op->a);
        if (result < 0)
            fail("operation %u (code %u) with '%s': %s%s", i, op->code,
                 o != NULL ? image->names + o->name : "?", error_name(result),
                 no_line(op, result) ? ": the machine has no such line" : "");
    }
}

/* Content is copied or mapped by now; where its pages were named there is room for what is kept. */
static void drop_content(const struct image *image)
{
    const struct image_header *h = image->header;
    uint32_t first = image->first_frame + h->kept / IMAGE_PAGE;
    uint32_t count = (uint32_t)((h->size - h->kept) / IMAGE_PAGE);
    for (uint32_t i = 0; i < count; i++)
        must(cap_delete(cap_at(CAP_SELF_CNODE), first + i), "cannot drop a page");
    own_slots_more(first, count);
}

/* The store stays, and with it what it holds, by a capability to itself that lies in it, which nobody can name. */
static void seal(const struct image *image)
{
    must(cap_copy(cap_at(STORE), image->header->slots - 1, cap_at(CAP_SELF_CNODE), STORE, RIGHT_ALL),
         "cannot seal the store");
}

/* Only the tables of the module stay: names and symbols. A thread ends with the last capability to it. */
static bool is_needed(const struct image *image, uint32_t slot)
{
    uint32_t pages = image->header->kept / IMAGE_PAGE;
    if (slot == CAP_DEBUG)
        return (image->header->flags & IMAGE_CONSOLE) != 0;
    return slot == CAP_SELF_CNODE || slot == CAP_SELF_TCB || watch_needs(slot) ||
           (slot >= image->first_frame && slot - image->first_frame < pages);
}

static void drop_all(const struct image *image)
{
    for (uint32_t slot = 1; slot < 1u << own_radix; slot++)
        if (!is_needed(image, slot))
            must(cap_delete(cap_at(CAP_SELF_CNODE), slot), "cannot drop a capability");
}

int main(const struct bootinfo *bi)
{
    static struct image image;
    find_image(&image, bi);
    memory_take(bi);
    build_all(&image, bi);
    drop_content(&image);
    watch_prepare(&image);
    seal(&image);
    drop_all(&image);
    watch(&image);
}
