/* One line of a badge is revoked, in several entries, while others copy and move it and give the same badge anew: what had the badge from
   the revoked capability goes, and nothing else. */
#include "delete/between.h"

enum { RADIX = 8, COPIES = 240, CUTS = 4 };

static void one_line(unsigned type, uint64_t badge)
{
    uint64_t first = temp_object(type, 0), other = temp_mint(first, RIGHT_ALL, badge ^ 1ul << 32);
    uint64_t others = temp_copy(other, RIGHT_ALL), older = temp_mint(first, RIGHT_ALL, badge);
    uint64_t olders = temp_copy(older, RIGHT_ALL), line = temp_mint(first, RIGHT_ALL, badge);
    uint64_t stays[2 * CUTS], goes[2 * CUTS], cuts = 0, cnode = temp_object(TYPE_CNODE, RADIX);
    for (uint64_t i = 0; i < COPIES; i++)
        EXPECT_IS(cap_copy(cap_at(cnode), i, own_cnode(), line, RIGHT_ALL), 0);
    struct guest *g = guest_new(0, temp_object(TYPE_UNTYPED, 12), BELOW, between_faults());
    between_begin(g, SYS_CAP_REVOKE, own_cnode(), line);
    for (; between_next() && cuts < CUTS; cuts++) {
        goes[2 * cuts] = temp_slot(), goes[2 * cuts + 1] = temp_slot();
        EXPECT(good_or_gone(cap_move(own_cnode(), goes[2 * cuts], cap_at(cnode), cuts)));
        EXPECT(good_or_gone(cap_copy(own_cnode(), goes[2 * cuts + 1], cap_at(cnode), cuts + 4, RIGHT_ALL)));
        stays[2 * cuts] = temp_mint(first, RIGHT_ALL, badge);
        stays[2 * cuts + 1] = temp_copy(stays[2 * cuts], RIGHT_ALL);
    }
    between_expect_cuts((unsigned)cuts, CUTS);
    between_expect(0);
    EXPECT(!is_gone(line) && !is_gone(other) && !is_gone(others) && !is_gone(older) && !is_gone(olders));
    for (unsigned i = 0; i < 2 * cuts; i++)
        EXPECT(!is_gone(stays[i]) && is_gone(goes[i]));
    for (uint64_t i = 0; i < COPIES; i++)
        EXPECT_IS(cap_move(own_cnode(), goes[0], cap_at(cnode), i), ERR_BAD_CAP);
}

static void each_badge(void)
{
    static const uint64_t badges[] = {1, ~0ul, 1ul << 32 | 1, 1ul << 63};
    for (unsigned i = 0; i < COUNT(badges); i++) {
        one_line(TYPE_ENDPOINT, badges[i]);
        one_line(TYPE_NOTIFICATION, badges[i]);
    }
}

static const struct test list[] = {{"each_badge", each_badge}};

CASE_SET(406, delete_lines_cases)
{
    CASES("delete/lines", list);
}
