/* The capability in rdi of each system call, asked as abi.def describes it: whatever else is wrong, the call
   fails by that capability first. */
#include "frame/conform.h"
#include "grammar.h"

/* All else 0. */
static long ask(uint64_t op, cap_t cap)
{
    struct msg m = {0};
    long result = ipc(op, cap, &m);
    EXPECT_IS(m.badge, cap); /* rdi: it did nothing */
    return result;
}

static void names_nothing(uint64_t op, bool or_0)
{
    EXPECT_IS(ask(op, cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(ask(op, cap_at(boot_info->slot_count)), ERR_BAD_CAP);
    EXPECT_IS(ask(op, cap_at(CAP_SELF_TCB) | 1), ERR_BAD_CAP);
    EXPECT_IS(ask(op, ~0ul), ERR_BAD_CAP);
    if (!or_0)
        EXPECT_IS(ask(op, 0), ERR_BAD_CAP);
}

static void wrong_type(uint64_t op, uint32_t types)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (zoo(type) && !(types >> type & 1))
            EXPECT_IS(ask(op, cap_at(zoo(type))), ERR_WRONG_TYPE);
    }
}

/* Every right but one that is needed. */
static void missing_right(uint64_t op, const struct grammar_kind_info *k)
{
    unsigned type = (unsigned)__builtin_ctz(k->types);
    for (unsigned right = 1; right < RIGHT_ALL; right <<= 1) {
        if (k->rights & right)
            EXPECT_IS(ask(op, cap_at(temp_copy(zoo(type), RIGHT_ALL & ~right))), ERR_NO_RIGHT);
    }
}

CASE_SET(590, caps_first_cases)
{
    grammar_init();
    for (uint64_t op = 0; op < GRAMMAR_CALLS; op++) {
        const struct grammar_call *call = &grammar_calls[op];
        const struct grammar_kind_info *k = &grammar_kinds[call->kind[PLACE_rdi]];
        bool is_cap = call->kind[PLACE_rdi] && (k->group == CLASS_CAP || k->group == CLASS_CAP_OR_0);
        if (!call->name || !is_cap || !case_begin("caps/first/%s", call->name))
            continue;
        actors_reset(false);
        names_nothing(op, k->group == CLASS_CAP_OR_0);
        if (k->types)
            wrong_type(op, k->types);
        if (k->rights)
            missing_right(op, k);
        case_end();
    }
}
