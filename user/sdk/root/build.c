/* The steps of an image, one function each. */
#include "root.h"

/* Where frames of ours are mapped while they are filled, one for each size. plan.py has the page tables for it. */
static const uint64_t WINDOW = 0x1000000000, WINDOW_LARGE = 0x1040000000, WINDOW_HUGE = 0x8000000000;

static const struct image *image;
static const struct bootinfo *info;

static cap_t store(void)
{
    return cap_at(STORE);
}

static uint32_t spare(void)
{
    return image->header->slots - 1;
}

static uint64_t window_of(unsigned bits)
{
    return bits == 12 ? WINDOW : bits == 21 ? WINDOW_LARGE : WINDOW_HUGE;
}

/* Maps a capability; one that is mapped already is copied, and the copy is kept in a slot of its own. */
static long map(cap_t cnode, uint32_t index, cap_t at, cap_t space, uint64_t vaddr, unsigned rights)
{
    static uint32_t next_copy;
    long result = memory_map(at, space, vaddr, rights);
    if (result != ERR_IN_USE)
        return result;
    const struct image_object *last = &image->object[image->header->object_count - 1];
    if (next_copy == 0)
        next_copy = last->first + last->count;
    if (next_copy == spare())
        return ERR_NO_MEMORY;
    uint32_t copy = next_copy++;
    result = cap_copy(store(), copy, cnode, index, RIGHT_ALL);
    return result < 0 ? result : memory_map(store_at(copy), space, vaddr, rights);
}

/* RAM is always cached, even at an address for which the file says otherwise. */
static long op_map_frame(const struct image_op *op, uint32_t slot, uint64_t vaddr)
{
    long result = map(store(), slot, store_at(slot), store_at(op->b), vaddr, op->rights | op->slot);
    if (result == ERR_BAD_ARGUMENT && op->slot != 0)
        result = map(store(), slot, store_at(slot), store_at(op->b), vaddr, op->rights);
    return result;
}

static long op_map(const struct image_op *op)
{
    const struct image_object *o = object_of(image, op->a);
    for (uint32_t i = 0; i < op->count; i++) {
        long result = op_map_frame(op, op->a + i, op->value + ((uint64_t)i << o->size_bits));
        if (result < 0)
            return result;
    }
    return 0;
}

static long op_map_own(const struct image_op *op)
{
    for (uint32_t i = 0; i < op->count; i++) {
        uint32_t index = image->first_frame + op->a + i;
        long result = map(cap_at(CAP_SELF_CNODE), index, cap_at(index), store_at(op->b),
                          op->value + (uint64_t)i * IMAGE_PAGE, op->rights);
        if (result < 0)
            return result;
    }
    return 0;
}

/* By words: under TCG each step of a string instruction counts, and CPUs without fast ones take as many steps, too. */
static void copy_words(void *to, const void *from, uint64_t bytes)
{
    uint64_t words = bytes / 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    memcpy(to, from, bytes % 8);
}

long put(uint32_t first, uint64_t at, const void *from, uint64_t bytes)
{
    unsigned bits = object_of(image, first)->size_bits;
    const char *next = from;
    while (bytes != 0) {
        uint64_t inside = at & ((1ull << bits) - 1), n = (1ull << bits) - inside;
        n = n < bytes ? n : bytes;
        long result = cap_copy(store(), spare(), store(), first + (at >> bits), RIGHT_ALL);
        if (result == 0)
            result = memory_map(store_at(spare()), cap_at(CAP_SELF_SPACE), window_of(bits),
                                RIGHT_READ | RIGHT_WRITE);
        if (result < 0)
            return result;
        copy_words((char *)window_of(bits) + inside, next, n); /* NOLINT: mapped just now */
        result = cap_delete(store(), spare());
        if (result < 0)
            return result;
        at += n, next += n, bytes -= n;
    }
    return 0;
}

static long op_address(const struct image_op *op)
{
    long address = frame_address(store_at(op->b));
    return address < 0 ? address : put(op->a, op->value, &address, sizeof address);
}

/* The clock's value at this moment, mixed: nobody else could read it then. */
static long op_random(const struct image_op *op)
{
    uint64_t word = (clock_read() ^ op->a) * 0x9e3779b97f4a7c15;
    word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9;
    return put(op->a, op->value, &word, sizeof word);
}

static long copy(cap_t to, uint32_t slot, uint32_t from, unsigned rights, uint64_t badge)
{
    return badge != 0 ? cap_mint(to, slot, store(), from, rights, badge)
                      : cap_copy(to, slot, store(), from, rights);
}

static long op_ports(const struct image_op *op)
{
    return cap_mint(store_at(op->b), op->slot, cap_at(CAP_SELF_CNODE), CAP_IO_PORTS, RIGHT_ALL, op->value);
}

static long op_irq(const struct image_op *op)
{
    long result = irq_handler_get(cap_at(CAP_IRQ_CONTROL), op->value, store(), op->a);
    return result < 0 ? result : irq_handler_bind(store_at(op->a), store_at(op->b));
}

static uint32_t msi_data[256]; /* by slot, as it came: few components have any */
static uint32_t msi_slot[256];
static unsigned msi_count;

static long op_msi(const struct image_op *op)
{
    if (msi_count == 256)
        return ERR_NO_MEMORY;
    long data = irq_msi_get(cap_at(CAP_IRQ_CONTROL), store(), op->a);
    if (data < 0)
        return data;
    msi_slot[msi_count] = op->a;
    msi_data[msi_count++] = (uint32_t)data;
    return irq_handler_bind(store_at(op->a), store_at(op->b));
}

static long op_msi_word(const struct image_op *op)
{
    unsigned i = 0;
    while (i < msi_count && msi_slot[i] != op->b)
        i++;
    if (i == msi_count)
        return ERR_BAD_ARGUMENT;
    uint64_t word = op->count == 0 ? info->msi_address : msi_data[i];
    return put(op->a, op->value, &word, sizeof word);
}

/* It can and sees what the component can and sees, but has no buffer, and nobody hears of its faults. */
static long make_stand_in(const struct image_pd *p, unsigned priority)
{
    cap_t tcb = store_at(p->stand_in);
    long result = syscall6(SYS_THREAD_CONFIGURE, tcb, store_at(p->cnode), store_at(p->space), 0, priority, 0);
    return result < 0 ? result : thread_set_entry(tcb, p->stand_in_entry, p->stack_top, cap_at(IMAGE_INPUT));
}

static long op_thread(const struct image_pd *p)
{
    unsigned priority = p->priority | (unsigned)p->priority << 8;
    cap_t tcb = store_at(p->tcb);
    long result = syscall6(SYS_THREAD_CONFIGURE, tcb, store_at(p->cnode), store_at(p->space),
                           store_at(p->fault), priority, store_at(p->buffer));
    if (result == 0)
        result = thread_set_entry(tcb, p->entry, p->stack_top, 0);
    if (result == 0)
        result = thread_set_slice(tcb, p->slice);
    if (result == 0 && p->fs_base != 0)
        result = thread_set_tls(tcb, p->fs_base, 0);
    if (result == 0 && p->extended != IMAGE_NONE)
        result = thread_set_fpu(tcb, store_at(p->extended));
    return result == 0 && p->stand_in != IMAGE_NONE ? make_stand_in(p, priority) : result;
}

static long op_bootinfo(const struct image_op *op)
{
    if (op->value == BOOT_TRACE)
        return trace_give(image, info, op);
    uint64_t bytes = bootinfo_piece(op->value, info);
    return put(op->a, 0, bootinfo_bytes, bytes < op->count ? bytes : op->count);
}

long build(const struct image *from, const struct bootinfo *bi, const struct image_op *op)
{
    image = from, info = bi;
    switch (op->code) {
    case OP_TABLE:
        return memory_map(store_at(op->a), op->b == IMAGE_NONE ? cap_at(CAP_SELF_SPACE) : store_at(op->b),
                          op->value, 0);
    case OP_MAP: return op_map(op);
    case OP_MAP_OWN: return op_map_own(op);
    case OP_FILL:
        return put(op->a, op->value, (const char *)image->header + (uint64_t)op->b * IMAGE_PAGE, op->count);
    case OP_ADDRESS: return op_address(op);
    case OP_RANDOM: return op_random(op);
    case OP_MINT: return copy(store(), op->b, op->a, op->rights, op->value);
    case OP_GIVE: return copy(store_at(op->b), op->slot, op->a, op->rights, op->value);
    case OP_PORTS: return op_ports(op);
    case OP_CONSOLE:
        return cap_mint(store_at(op->b), op->slot, cap_at(CAP_SELF_CNODE), CAP_DEBUG, RIGHT_ALL, op->value);
    case OP_MOVE: return cap_move(store_at(op->b), op->slot, store(), op->a);
    case OP_IRQ: return op_irq(op);
    case OP_MSI: return op_msi(op);
    case OP_MSI_WORD: return op_msi_word(op);
    case OP_TIMER: return timer_bind(store_at(op->a), store_at(op->b));
    case OP_BIND: return notification_bind(store_at(op->a), store_at(op->b));
    case OP_BOOTINFO: return op_bootinfo(op);
    case OP_THREAD: return op_thread(&image->pd[op->a]);
    case OP_START: return thread_resume(store_at(image->pd[op->a].tcb));
    default: return ERR_BAD_ARGUMENT;
    }
}
