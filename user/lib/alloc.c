/* Slots and objects from what the boot info names. One program, one allocator; not safe for two threads at
   once: a program that makes objects from several threads makes them take turns. */
#include "baton.h"

enum { SLOTS_MAX = 1 << 16, WORD = 64, PAGE = 4096, MAP_LEVELS = 3 };

/* pages_new's addresses: far above anything that an ELF file, the modules or the first stack can reach. */
static const uint64_t HEAP_VADDR = 0x1000000000;

static uint64_t slot_taken[SLOTS_MAX / WORD]; /* one bit per slot */
static uint64_t first_slot, end_slot, slot_hint;
static struct bootinfo_untyped untyped[BOOTINFO_UNTYPED_MAX]; /* smallest first */
static unsigned untyped_count;
static uint64_t heap_next;

/* Smallest first, so that small objects do not eat into the large pieces. */
static void add_untyped(struct bootinfo_untyped u)
{
    unsigned i = untyped_count++;
    for (; i > 0 && untyped[i - 1].size_bits > u.size_bits; i--)
        untyped[i] = untyped[i - 1];
    untyped[i] = u;
}

void alloc_init(const struct bootinfo *bi)
{
    first_slot = slot_hint = bi->first_free_slot;
    end_slot = bi->slot_count < SLOTS_MAX ? bi->slot_count : SLOTS_MAX;
    memset(slot_taken, 0, sizeof slot_taken);
    untyped_count = 0;
    for (unsigned i = 0; i < bi->untyped_count && i < BOOTINFO_UNTYPED_MAX; i++)
        if (!bi->untyped[i].device)
            add_untyped(bi->untyped[i]);
    heap_next = HEAP_VADDR;
}

static bool slot_is_taken(uint64_t slot)
{
    return (slot_taken[slot / WORD] >> slot % WORD & 1) != 0;
}

/* No slot below the hint is free. */
uint64_t slot_new(void)
{
    while (slot_hint < end_slot && slot_is_taken(slot_hint))
        slot_hint++;
    if (slot_hint >= end_slot)
        fail("no capability slot is free: all of [%lu, %lu) are taken", first_slot, end_slot);
    slot_taken[slot_hint / WORD] |= 1ul << slot_hint % WORD;
    return slot_hint++;
}

void slot_free(uint64_t slot)
{
    if (slot < first_slot || slot >= end_slot || !slot_is_taken(slot))
        fail("slot %lu was given back, but it was not taken", slot);
    slot_taken[slot / WORD] &= ~(1ul << slot % WORD);
    if (slot < slot_hint)
        slot_hint = slot;
}

/* Base-two logarithm of what an object takes from untyped memory; 0: the kernel will say what is wrong. */
static unsigned object_bits(unsigned type, unsigned size_bits)
{
    switch (type) {
    case TYPE_CNODE: return size_bits + (unsigned)SLOT_BITS;
    case TYPE_UNTYPED:
    case TYPE_FRAME: return size_bits;
    case TYPE_TCB: return TYPE_BITS_TCB;
    case TYPE_ENDPOINT: return TYPE_BITS_ENDPOINT;
    case TYPE_ADDRESS_SPACE: return TYPE_BITS_ADDRESS_SPACE;
    case TYPE_PAGE_TABLE: return TYPE_BITS_PAGE_TABLE;
    case TYPE_NOTIFICATION: return TYPE_BITS_NOTIFICATION;
    case TYPE_TIMER: return TYPE_BITS_TIMER;
    default: return 0;
    }
}

/* The next untyped is worth a try only when memory was lacking. */
long object_try(unsigned type, unsigned size_bits, uint64_t slot)
{
    unsigned bits = object_bits(type, size_bits);
    for (unsigned i = 0; i < untyped_count; i++) {
        if (untyped[i].size_bits < bits)
            continue;
        long result = retype(cap_at(untyped[i].slot), type, size_bits, cap_at(CAP_SELF_CNODE), slot, 1);
        if (result != ERR_NO_MEMORY)
            return result;
    }
    return ERR_NO_MEMORY;
}

uint64_t object_new(unsigned type, unsigned size_bits)
{
    uint64_t slot = slot_new();
    long result = object_try(type, size_bits, slot);
    if (result < 0)
        fail("cannot make a %s of size bits %u: %s", type_name(type), size_bits, error_name(result));
    return slot;
}

void object_delete(uint64_t slot)
{
    must(cap_delete(cap_at(CAP_SELF_CNODE), slot), "cannot delete a capability");
    slot_free(slot);
}

/* A page table is installed at the highest level that is missing, so at most three are needed. */
long map_frame(uint64_t frame_slot, cap_t space, uint64_t vaddr, unsigned rights)
{
    long result = memory_map(cap_at(frame_slot), space, vaddr, rights);
    for (int i = 0; i < MAP_LEVELS && result == ERR_NO_TABLE; i++) {
        uint64_t table = object_new(TYPE_PAGE_TABLE, 0);
        result = memory_map(cap_at(table), space, vaddr, 0);
        if (result < 0) {
            object_delete(table);
            return result;
        }
        result = memory_map(cap_at(frame_slot), space, vaddr, rights);
    }
    return result;
}

/* Leaves a page unmapped after each stretch, so that a stack or an array that overflows faults. */
uint64_t pages_reserve(size_t pages)
{
    uint64_t start = heap_next;
    heap_next += (pages + 1) * PAGE;
    return start;
}

void *pages_new(size_t pages)
{
    uint64_t start = pages_reserve(pages);
    for (size_t i = 0; i < pages; i++) {
        uint64_t frame = object_new(TYPE_FRAME, 12);
        must(map_frame(frame, cap_at(CAP_SELF_SPACE), start + i * PAGE, RIGHT_READ | RIGHT_WRITE),
             "cannot map a new page");
    }
    return (void *)start; /* NOLINT: memory that no C object has yet */
}
