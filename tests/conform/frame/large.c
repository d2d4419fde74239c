#include "frame/large.h"

#include "frame/guest.h"

unsigned area_tables(cap_t space, uint64_t vaddr, unsigned bits, uint64_t table[3])
{
    unsigned made = 0;
    uint64_t probe = temp_object(TYPE_FRAME, bits);
    while (memory_map(cap_at(probe), space, vaddr, RO) == ERR_NO_TABLE && made < 3) {
        uint64_t t = temp_object(TYPE_PAGE_TABLE, 0);
        EXPECT_IS(memory_map(cap_at(t), space, vaddr, 0), 0);
        if (table)
            table[made] = t;
        made++;
    }
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), probe), 0);
    return made;
}

void area_map(uint64_t slot, cap_t space, uint64_t vaddr, unsigned rights)
{
    while (memory_map(cap_at(slot), space, vaddr, rights) == ERR_NO_TABLE) {
        if (!EXPECT_IS(memory_map(cap_at(temp_object(TYPE_PAGE_TABLE, 0)), space, vaddr, 0), 0))
            return;
    }
    EXPECT_IS(memory_map(cap_at(slot), space, vaddr, rights), ERR_IN_USE);
}

const struct bootinfo_untyped *device_at(uint64_t paddr)
{
    for (unsigned i = 0; i < boot_info->untyped_count; i++) {
        const struct bootinfo_untyped *u = &boot_info->untyped[i];
        if (u->device && paddr >= u->paddr && paddr - u->paddr < 1ul << u->size_bits)
            return u;
    }
    return NULL;
}

uint64_t device_untyped(uint64_t paddr, unsigned bits)
{
    const struct bootinfo_untyped *u = device_at(paddr);
    if (!expect(u && u->size_bits >= bits, "there is such device memory", __FILE__, __LINE__))
        return 0;
    uint64_t whole = u->slot;
    for (unsigned half = u->size_bits - 1u; half >= bits; half--) {
        uint64_t low = make(whole, TYPE_UNTYPED, half), high = make(whole, TYPE_UNTYPED, half);
        whole = paddr >> half & 1 ? high : low;
    }
    return whole;
}

uint64_t device_frame(uint64_t paddr, unsigned bits)
{
    uint64_t untyped = device_untyped(paddr, bits);
    return untyped ? make(untyped, TYPE_FRAME, bits) : zoo(TYPE_FRAME);
}
