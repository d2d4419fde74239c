/* kernel/cap/slot.h: every field keeps what was put into it, whatever is put into the others. */
#include "arch/arch.h"
#include "arch_host.h"
#include "cap/slot.h"
#include "cap/words.h"

static const uint64_t links[] = {0,
                                 32,
                                 0x00007fffffffffe0,
                                 0xffff800000000000,
                                 0xffffffffffffffe0,
                                 0xffffffff80200020,
                                 0xffff8000deadbee0,
                                 0x0000555555555540};
enum { LINKS = sizeof links / sizeof links[0] };

static struct slot *pointer(uint64_t address)
{
    return (struct slot *)(uintptr_t)address;
}

static void check_fields(const struct slot *s, unsigned type, unsigned rights, uint64_t prev, uint64_t next,
                         unsigned flags)
{
    CHECK_NUMBER("type", slot_type(s), type);
    CHECK_NUMBER("rights", slot_rights(s), rights);
    CHECK_NUMBER("empty", slot_empty(s), type == TYPE_NULL);
    CHECK(slot_prev(s) == pointer(prev));
    CHECK(slot_next(s) == pointer(next));
    CHECK_NUMBER("flags", slot_flags(s), flags);
    CHECK(s->object == 0x1234567890abcdef && s->data == 0xfedcba0987654321);
}

/* Each setter over each value that the word may hold before. */
static void keeps_fields(unsigned type, unsigned rights)
{
    struct slot s = {0};
    slot_fill(&s, type, rights, 0x1234567890abcdef, 0xfedcba0987654321);
    check_fields(&s, type, rights, 0, 0, 0);
    for (unsigned i = 0; i < LINKS; i++) {
        for (unsigned j = 0; j < LINKS; j++) {
            slot_set_prev(&s, pointer(links[i]));
            slot_set_flags(&s, (i * LINKS + j) & SLOT_FLAGS);
            slot_set_next(&s, pointer(links[j]));
            check_fields(&s, type, rights, links[i], links[j], (i * LINKS + j) & SLOT_FLAGS);
        }
    }
}

static void fields(void)
{
    for (unsigned type = 0; type < 256; type++)
        keeps_fields(type, type * 7 & 0xff);
    for (unsigned rights = 0; rights < 256; rights++)
        keeps_fields(TYPE_ENDPOINT, rights);
}

/* What a slot held before does not show after slot_fill. */
static void fill_forgets(void)
{
    struct slot s = {~0ull, ~0ull, ~0ull, ~0ull};
    slot_fill(&s, TYPE_FRAME, RIGHT_READ, 4096, 7);
    CHECK(s.object == 4096 && s.data == 7 && slot_type(&s) == TYPE_FRAME && slot_rights(&s) == RIGHT_READ);
    CHECK(!slot_prev(&s) && !slot_next(&s) && slot_flags(&s) == SLOT_PLACE);
}

/* The fast paths read type and rights as bytes (offsets.c). */
static void bytes(void)
{
    struct slot s = {0};
    slot_fill(&s, TYPE_ENDPOINT, 0xa5, 0, 0);
    const unsigned char *prev = (const unsigned char *)&s.prev;
    CHECK_NUMBER("type byte", prev[6], TYPE_ENDPOINT);
    CHECK_NUMBER("rights byte", prev[7], 0xa5);
}

static void untyped_word(void)
{
    for (unsigned bits = 6; bits <= 46; bits++) {
        const uint64_t marks[] = {0, 64, (1ull << bits) - 64, bits < 47 ? 1ull << bits : 64};
        for (unsigned i = 0; i < sizeof marks / sizeof marks[0]; i++) {
            struct slot s = {.data = untyped_data(bits, marks[i], 0)};
            CHECK_NUMBER("size bits", untyped_bits(&s), bits);
            CHECK_NUMBER("watermark", untyped_watermark(&s), marks[i]);
        }
    }
}

static void cnode_word(void)
{
    for (unsigned radix = 1; radix <= 20; radix++) {
        for (unsigned guard_bits = 0; guard_bits <= 16; guard_bits++) {
            uint64_t guard = (1ull << guard_bits) - 1;
            struct slot s = {.object = 4096, .data = cnode_data(radix, guard_bits, guard)};
            CHECK_NUMBER("radix", cnode_radix(&s), radix);
            CHECK_NUMBER("guard bits", cnode_guard_bits(&s), guard_bits);
            CHECK_NUMBER("guard value", cnode_guard_value(&s), guard);
            CHECK(cnode_slots(&s) == pointer(4096));
        }
    }
}

static void mapping_word(void)
{
    for (unsigned level = 0; level <= 3; level++) {
        for (unsigned asid = 1; asid < 4096; asid += 13) {
            const uint64_t vaddrs[] = {0, 4096, 0x7fffffffe000, 0x555555555000};
            for (unsigned i = 0; i < sizeof vaddrs / sizeof vaddrs[0]; i++) {
                uint64_t data = mapping_data(asid, vaddrs[i], level);
                CHECK_NUMBER("asid", mapping_asid(data), asid);
                CHECK_NUMBER("vaddr", mapping_vaddr(data), vaddrs[i]);
                CHECK_NUMBER("level", mapping_level(data), level);
                CHECK(data != 0);
            }
        }
    }
}

static void nospec(void)
{
    const uint64_t edges[] = {0, 1, 2, 127, 128, 0x7fffffffffffffff, 0x8000000000000000, ~1ull, ~0ull};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (unsigned i = 0; i < EDGES; i++) {
        for (unsigned j = 0; j < EDGES; j++)
            CHECK_NUMBER("masked index", index_nospec(edges[i], edges[j]), edges[i] < edges[j] ? edges[i] : 0);
    }
}

int main(void)
{
    test_run("slot: fields keep their values and disturb no other", fields);
    test_run("slot: slot_fill forgets all that was there", fill_forgets);
    test_run("slot: type and rights are the bytes that the fast paths read", bytes);
    test_run("slot: untyped word", untyped_word);
    test_run("slot: cnode word", cnode_word);
    test_run("slot: mapping word", mapping_word);
    test_run("slot: index_nospec", nospec);
    return test_end();
}
