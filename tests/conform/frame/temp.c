/* Slots, objects and addresses that a case uses and that go away with it. */
#include "frame/conform.h"

enum { TEMPS_MAX = 1024, PAGES = 16, PAGE = 4096 };

static uint64_t temps[TEMPS_MAX];
static unsigned temp_count;
static uint64_t zoo_slots[TYPE_COUNT];
static uint64_t pages_start;
static unsigned page_next;

uint64_t temp_slot(void)
{
    if (temp_count == TEMPS_MAX)
        fail("a case uses too many slots: %s", case_name());
    return temps[temp_count++] = slot_new();
}

uint64_t temp_object(unsigned type, unsigned size_bits)
{
    uint64_t slot = temp_slot();
    must(object_try(type, size_bits, slot), "cannot make an object for a case");
    return slot;
}

uint64_t temp_copy(uint64_t slot, unsigned rights)
{
    uint64_t to = temp_slot();
    EXPECT_IS(cap_copy(cap_at(CAP_SELF_CNODE), to, cap_at(CAP_SELF_CNODE), slot, rights), 0);
    return to;
}

uint64_t temp_mint(uint64_t slot, unsigned rights, uint64_t badge)
{
    uint64_t to = temp_slot();
    EXPECT_IS(cap_mint(cap_at(CAP_SELF_CNODE), to, cap_at(CAP_SELF_CNODE), slot, rights, badge), 0);
    return to;
}

uint64_t temp_page(void)
{
    return pages_start + page_next++ % PAGES * PAGE;
}

void temp_drop(void)
{
    uint64_t slot = temps[--temp_count];
    must(cap_delete(cap_at(CAP_SELF_CNODE), slot), "cannot clear a slot");
    slot_free(slot);
}

void temp_clear(void)
{
    while (temp_count > 0)
        temp_drop();
}

bool only_boot_makes(unsigned type)
{
    return type == TYPE_DEBUG || type == TYPE_IO_PORT || type == TYPE_IRQ_CONTROL || type == TYPE_IRQ_HANDLER;
}

uint64_t zoo(unsigned type)
{
    return zoo_slots[type];
}

static uint64_t make_handler(void)
{
    uint64_t slot = slot_new();
    must(irq_msi_get(cap_at(CAP_IRQ_CONTROL), cap_at(CAP_SELF_CNODE), slot) < 0 ? -1 : 0,
         "cannot make an interrupt handler");
    return slot;
}

void zoo_init(void)
{
    zoo_slots[TYPE_UNTYPED] = object_new(TYPE_UNTYPED, 12);
    zoo_slots[TYPE_CNODE] = object_new(TYPE_CNODE, 2);
    for (unsigned type = TYPE_TCB; type <= TYPE_PAGE_TABLE; type++)
        zoo_slots[type] = object_new(type, 0);
    zoo_slots[TYPE_FRAME] = object_new(TYPE_FRAME, 12);
    zoo_slots[TYPE_DEBUG] = CAP_DEBUG;
    zoo_slots[TYPE_IO_PORT] = CAP_IO_PORTS;
    zoo_slots[TYPE_IRQ_CONTROL] = CAP_IRQ_CONTROL;
    uint64_t first = make_handler(); /* the first vector is the cases' */
    zoo_slots[TYPE_IRQ_HANDLER] = make_handler();
    object_delete(first);
    zoo_slots[TYPE_NOTIFICATION] = object_new(TYPE_NOTIFICATION, 0);
    zoo_slots[TYPE_TIMER] = object_new(TYPE_TIMER, 0);
    zoo_slots[TYPE_EXTENDED_STATE] = object_new(TYPE_EXTENDED_STATE, 0);
    pages_start = pages_reserve(PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t frame = object_new(TYPE_FRAME, 12);
        must(map_frame(frame, cap_at(CAP_SELF_SPACE), pages_start + i * PAGE, RIGHT_READ), "cannot map a page");
        object_delete(frame);
    }
}
