/* Capability addresses that name nothing, in every operation that takes one. */
#include "caps/ask.h"

/* Of every type, so that whatever the operation looks for is behind the masked address. */
static void each_type(const struct operation *o, uint64_t bits)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++)
        EXPECT_IS(o->ask(cap_at(zoo(type)) | bits), ERR_BAD_CAP);
}

static void empty_slot(const struct operation *o)
{
    EXPECT_IS(o->ask(cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(o->ask(cap_at(boot_info->slot_count - 1)), ERR_BAD_CAP);
    if (!(o->takes & TYPE_BIT(TYPE_NULL)))
        EXPECT_IS(o->ask(0), ERR_BAD_CAP);
}

static void low_bits(const struct operation *o)
{
    for (uint64_t bit = 1; bit < 1u << SLOT_BITS; bit <<= 1)
        each_type(o, bit);
    each_type(o, (1u << SLOT_BITS) - 1);
}

static void high_bits(const struct operation *o)
{
    for (uint64_t bit = (uint64_t)boot_info->slot_count << SLOT_BITS; bit != 0; bit <<= 1) {
        for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
            /* At a CNode it is a path to a slot of that CNode, which is empty, too. */
            if (zoo(type) && type != TYPE_CNODE)
                EXPECT_IS(o->ask(cap_at(zoo(type)) | bit), ERR_BAD_CAP);
        }
    }
}

static void out_of_range(const struct operation *o)
{
    EXPECT_IS(o->ask((uint64_t)boot_info->slot_count << SLOT_BITS), ERR_BAD_CAP);
    EXPECT_IS(o->ask(~0ul), ERR_BAD_CAP);
    EXPECT_IS(o->ask(~0ul << SLOT_BITS), ERR_BAD_CAP);
    EXPECT_IS(o->ask(1ul << 63), ERR_BAD_CAP);
    EXPECT_IS(o->ask(1ul << 32), ERR_BAD_CAP);
    EXPECT_IS(o->ask((uint64_t)(uintptr_t)o), ERR_BAD_CAP);
}

/* Low bits in the address of any slot: what lies at those bytes is part of a slot or of its neighbour. */
static void low_bits_of_each_slot(void)
{
    for (uint64_t slot = 0; slot < 64; slot++) {
        for (uint64_t low = 1; low < 1u << SLOT_BITS; low++)
            EXPECT_IS(cap_identify(cap_at(slot) | low), ERR_BAD_CAP);
    }
}

/* Slot 0 is a slot like any other: address 0 names it, and bits above the root do not. */
static void slot_0(void)
{
    uint64_t ep = temp_endpoint();
    cap_t self = cap_at(CAP_SELF_CNODE);
    EXPECT_IS(cap_mint(self, 0, self, ep, RIGHT_ALL, 6), 0);
    EXPECT_IS(cap_identify(0), TYPE_ENDPOINT);
    struct step *got = act(B, SYS_REPLY_RECV, 0, 1), *call = act(A, SYS_CALL, 0, 2);
    EXPECT_MESSAGE(got, 6, 2);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, 0, 3));
    EXPECT_MESSAGE(call, 0, 3);
    for (uint64_t bit = (uint64_t)boot_info->slot_count << SLOT_BITS; bit != 0; bit <<= 1) {
        EXPECT_IS(cap_identify(bit), ERR_BAD_CAP);
        EXPECT_RESULT(act(A, SYS_CALL, bit, 4), ERR_BAD_CAP);
        EXPECT_RESULT(act(C, SYS_REPLY_RECV, bit, 5), ERR_BAD_CAP);
    }
    EXPECT_IS(cap_delete(self, 0), 0);
}

static const struct test list[] = {
    {"low_bits_of_each_slot", low_bits_of_each_slot},
    {"slot_0", slot_0},
};

CASE_SET(090, caps_address_cases)
{
    static const struct {
        const char *name;
        void (*run)(const struct operation *o);
    } kinds[] = {{"empty_slot", empty_slot},
                 {"low_bits", low_bits},
                 {"high_bits", high_bits},
                 {"out_of_range", out_of_range}};
    for (unsigned i = 0; i < operation_count; i++) {
        for (unsigned k = 0; k < COUNT(kinds); k++) {
            if (!case_begin("caps/%s_%s", operations[i].name, kinds[k].name))
                continue;
            actors_reset(false);
            if (operation_there(&operations[i]))
                kinds[k].run(&operations[i]);
            case_end();
        }
    }
    CASES("caps", list);
}
