/* cap_revoke: what was derived goes, and nothing else. */
#include "frame/guest.h"

enum { BADGE = 7 };

static void children_of_untyped(void)
{
    static const unsigned types[] = {TYPE_TCB,   TYPE_ENDPOINT,     TYPE_ADDRESS_SPACE, TYPE_PAGE_TABLE,
                                     TYPE_FRAME, TYPE_NOTIFICATION, TYPE_EXTENDED_STATE};
    uint64_t untyped = temp_object(TYPE_UNTYPED, 16), other = temp_endpoint(), made[9];
    for (unsigned i = 0; i < COUNT(types); i++)
        made[i] = make(untyped, types[i], types[i] == TYPE_FRAME ? 12 : 0);
    made[7] = make(untyped, TYPE_CNODE, 3);
    made[8] = make(untyped, TYPE_UNTYPED, 8);
    EXPECT_IS(revoke(untyped), 0);
    for (unsigned i = 0; i < COUNT(made); i++)
        EXPECT(is_gone(made[i]));
    EXPECT_IS(cap_identify(cap_at(untyped)), TYPE_UNTYPED);
    EXPECT_IS(cap_identify(cap_at(other)), TYPE_ENDPOINT);
    EXPECT_IS(revoke(untyped), 0);
    make(untyped, TYPE_UNTYPED, 16);
}

/* The last object of the memory ends where it ends; the object after it belongs to another. */
static void last_object_of_untyped(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT, TYPE_NOTIFICATION};
    for (unsigned i = 0; i < COUNT(types); i++) {
        uint64_t outer = temp_object(TYPE_UNTYPED, 8);
        uint64_t untyped = make(outer, TYPE_UNTYPED, 7), after = make(outer, types[i], 0);
        uint64_t first = make(untyped, types[i], 0), last = make(untyped, types[i], 0);
        uint64_t copy = temp_copy(last, RIGHT_ALL), badged = temp_mint(last, RIGHT_ALL, BADGE);
        EXPECT_IS(revoke(untyped), 0);
        EXPECT(is_gone(first) && is_gone(last) && is_gone(copy) && is_gone(badged));
        EXPECT_IS(cap_identify(cap_at(after)), (long)types[i]);
        EXPECT_IS(revoke(outer), 0);
        EXPECT(is_gone(after) && is_gone(untyped));
    }
}

static void nested_untypeds(void)
{
    uint64_t a = temp_object(TYPE_UNTYPED, 12), b = make(a, TYPE_UNTYPED, 10), c = make(b, TYPE_UNTYPED, 8);
    uint64_t in_a = make(a, TYPE_ENDPOINT, 0), in_b = make(b, TYPE_ENDPOINT, 0),
             in_c = make(c, TYPE_ENDPOINT, 0);
    EXPECT_IS(revoke(c), 0);
    EXPECT(is_gone(in_c) && !is_gone(c) && !is_gone(in_b) && !is_gone(in_a));
    in_c = make(c, TYPE_NOTIFICATION, 0);
    EXPECT_IS(revoke(b), 0);
    EXPECT(is_gone(in_c) && is_gone(c) && is_gone(in_b) && !is_gone(b) && !is_gone(in_a));
    EXPECT_IS(revoke(a), 0);
    EXPECT(is_gone(b) && is_gone(in_a) && !is_gone(a));
}

/* The capability in the middle is deleted: its children are then its parent's. */
static void orphans(void)
{
    uint64_t a = temp_object(TYPE_UNTYPED, 12), b = make(a, TYPE_UNTYPED, 10), ep = make(b, TYPE_ENDPOINT, 0);
    uint64_t copy = temp_copy(ep, RIGHT_ALL), badged = temp_mint(ep, RIGHT_ALL, BADGE);
    EXPECT_IS(cap_delete(own_cnode(), b), 0);
    EXPECT_IS(cap_delete(own_cnode(), ep), 0);
    EXPECT(!is_gone(copy) && !is_gone(badged));
    EXPECT_IS(revoke(copy), 0);
    EXPECT(!is_gone(badged));
    EXPECT_IS(revoke(a), 0);
    EXPECT(is_gone(copy) && is_gone(badged));
    make(a, TYPE_UNTYPED, 12);
}

/* Two lines of one badge, and copies of each, from an original that has a plain copy, too. */
struct family {
    uint64_t original, plain, one, one_copy, one_copy_copy, two, two_copy, from_plain;
};

static struct family family(unsigned type, uint64_t badge)
{
    struct family f = {.original = temp_object(type, 0)};
    f.one = temp_mint(f.original, RIGHT_ALL, badge);
    f.one_copy = temp_copy(f.one, RIGHT_ALL);
    f.one_copy_copy = temp_copy(f.one_copy, RIGHT_ALL);
    f.plain = temp_copy(f.original, RIGHT_ALL);
    f.two = temp_mint(f.original, RIGHT_ALL, badge);
    f.two_copy = temp_copy(f.two, RIGHT_ALL);
    f.from_plain = temp_mint(f.plain, RIGHT_ALL, badge);
    return f;
}

static unsigned members(const struct family *f)
{
    const uint64_t slot[] = {f->original,      f->plain, f->one,      f->one_copy,
                             f->one_copy_copy, f->two,   f->two_copy, f->from_plain};
    unsigned there = 0;
    for (unsigned i = 0; i < COUNT(slot); i++)
        there |= (unsigned)!is_gone(slot[i]) << i;
    return there;
}

enum {
    ORIGINAL = 1,
    PLAIN = 2,
    ONE = 4,
    ONE_COPY = 8,
    ONE_COPY_COPY = 16,
    TWO = 32,
    TWO_COPY = 64,
    FROM_PLAIN = 128,
    EVERYBODY = 255
};

static void badged_lines(unsigned type, uint64_t badge)
{
    struct family f = family(type, badge);
    EXPECT_IS(members(&f), EVERYBODY);
    EXPECT_IS(revoke(f.plain), 0);
    EXPECT_IS(revoke(f.one_copy), 0);
    EXPECT_IS(revoke(f.one_copy_copy), 0);
    EXPECT_IS(revoke(f.from_plain), 0);
    EXPECT_IS(members(&f), EVERYBODY);
    EXPECT_IS(revoke(f.one), 0);
    EXPECT_IS(members(&f), EVERYBODY & ~(unsigned)(ONE_COPY | ONE_COPY_COPY));
    EXPECT_IS(revoke(f.two), 0);
    EXPECT_IS(members(&f), ORIGINAL | PLAIN | ONE | TWO | FROM_PLAIN);
    EXPECT_IS(revoke(f.original), 0);
    EXPECT_IS(members(&f), ORIGINAL);
}

static void badged_endpoints(void)
{
    badged_lines(TYPE_ENDPOINT, BADGE);
}

static void badged_notifications(void)
{
    badged_lines(TYPE_NOTIFICATION, BADGE);
}

/* The badge whose bits are those that a signal without a badge sets; and one that differs from none above
 * bit 31. */
static void badged_by_one(void)
{
    badged_lines(TYPE_ENDPOINT, 1);
    badged_lines(TYPE_NOTIFICATION, 1);
    badged_lines(TYPE_ENDPOINT, 1ull << 32);
    badged_lines(TYPE_NOTIFICATION, 1ull << 32 | 1);
}

/* The head of that line is gone: what comes after it and has no badge is no member. */
static void plain_behind_a_deleted_line(void)
{
    uint64_t original = temp_object(TYPE_NOTIFICATION, 0), plain = temp_copy(original, RIGHT_ALL);
    EXPECT_IS(cap_delete(own_cnode(), temp_mint(original, RIGHT_ALL, 1)), 0);
    uint64_t badged = temp_mint(original, RIGHT_ALL, 1);
    EXPECT_IS(revoke(badged), 0);
    EXPECT(!is_gone(plain));
    EXPECT_IS(revoke(original), 0);
    EXPECT(is_gone(plain) && is_gone(badged));
}

/* A copy whose head is gone stays by itself: the next line of that badge, right before it, does not take it in. */
static void newer_line_before_it(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT, TYPE_NOTIFICATION};
    for (unsigned i = 0; i < 2 * COUNT(types); i++) {
        uint64_t original = temp_object(types[i / 2], 0), head = temp_mint(original, RIGHT_ALL, BADGE);
        uint64_t copy = temp_copy(head, RIGHT_ALL), second = temp_copy(copy, RIGHT_ALL);
        EXPECT_IS(cap_delete(own_cnode(), head), 0);
        if (i % 2) /* the one behind the head, which the next one stands for */
            EXPECT_IS(cap_delete(own_cnode(), second), 0);
        uint64_t newer = temp_mint(original, RIGHT_ALL, BADGE);
        EXPECT_IS(revoke(newer), 0);
        EXPECT(!is_gone(copy) && is_gone(second) == i % 2);
        EXPECT_IS(revoke(original), 0);
        EXPECT(is_gone(copy) && is_gone(second) && is_gone(newer));
    }
}

/* The elder with the badge is gone: its copies must not become children of another line of the same badge. */
static void line_without_its_head(void)
{
    struct family f = family(TYPE_ENDPOINT, BADGE);
    EXPECT_IS(cap_delete(own_cnode(), f.one), 0);
    EXPECT_IS(revoke(f.two), 0);
    EXPECT_IS(members(&f), ORIGINAL | PLAIN | ONE_COPY | ONE_COPY_COPY | TWO | FROM_PLAIN);
    uint64_t newer = temp_mint(f.original, RIGHT_ALL, BADGE);
    EXPECT_IS(cap_delete(own_cnode(), f.two), 0);
    EXPECT_IS(revoke(newer), 0);
    EXPECT_IS(revoke(f.one_copy), 0);
    EXPECT_IS(members(&f), ORIGINAL | PLAIN | ONE_COPY | ONE_COPY_COPY | FROM_PLAIN);
    EXPECT_IS(revoke(f.original), 0);
    EXPECT_IS(members(&f), ORIGINAL);
    EXPECT(is_gone(newer));
}

static void originals_of_other_types(void)
{
    static const unsigned types[] = {TYPE_CNODE, TYPE_TCB, TYPE_ADDRESS_SPACE, TYPE_FRAME, TYPE_EXTENDED_STATE};
    for (unsigned i = 0; i < COUNT(types); i++) {
        uint64_t original = temp_object(types[i], types[i] == TYPE_CNODE ? 2 : types[i] == TYPE_FRAME ? 12 : 0);
        uint64_t copy = temp_copy(original, RIGHT_ALL), copy_copy = temp_copy(copy, RIGHT_ALL);
        EXPECT_IS(revoke(copy), 0);
        EXPECT_IS(revoke(copy_copy), 0);
        EXPECT(!is_gone(original) && !is_gone(copy) && !is_gone(copy_copy));
        EXPECT_IS(revoke(original), 0);
        EXPECT(!is_gone(original) && is_gone(copy) && is_gone(copy_copy));
    }
}

static void errors(void)
{
    uint64_t ep = temp_endpoint();
    EXPECT_IS(revoke(temp_slot()), ERR_BAD_CAP);
    EXPECT_IS(cap_revoke(cap_at(ep), 0), ERR_WRONG_TYPE);
    EXPECT_IS(cap_revoke(cap_at(temp_slot()), 0), ERR_BAD_CAP);
    EXPECT_IS(cap_revoke(cap_at(zoo(TYPE_CNODE)), 4), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_revoke(cap_at(zoo(TYPE_CNODE)), 1ul << 63), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_revoke(cap_at(zoo(TYPE_CNODE)), 0), ERR_BAD_CAP);
}

/* Only the last capability takes the mapping of its own; an alias keeps its own. */
static void mapped_frames(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12), frame = make(untyped, TYPE_FRAME, 12);
    uint64_t copy = temp_copy(frame, RIGHT_ALL), first = temp_page(), second = temp_page();
    uint64_t again = temp_object(TYPE_FRAME, 12), more = temp_object(TYPE_FRAME, 12);
    unsigned rw = RIGHT_READ | RIGHT_WRITE;
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), first, rw), 0);
    EXPECT_IS(map_frame(copy, cap_at(CAP_SELF_SPACE), second, rw), 0);
    EXPECT_IS(map_frame(again, cap_at(CAP_SELF_SPACE), second, rw), ERR_OCCUPIED);
    EXPECT_IS(revoke(frame), 0);
    EXPECT_IS(map_frame(again, cap_at(CAP_SELF_SPACE), second, rw), 0);
    EXPECT_IS(map_frame(more, cap_at(CAP_SELF_SPACE), first, rw), ERR_OCCUPIED);
    EXPECT_IS(revoke(untyped), 0);
    EXPECT_IS(map_frame(more, cap_at(CAP_SELF_SPACE), first, rw), 0);
}

static const struct test list[] = {
    {"children_of_untyped", children_of_untyped},
    {"last_object_of_untyped", last_object_of_untyped},
    {"nested_untypeds", nested_untypeds},
    {"orphans", orphans},
    {"badged_endpoints", badged_endpoints},
    {"badged_notifications", badged_notifications},
    {"badged_by_one", badged_by_one},
    {"plain_behind_a_deleted_line", plain_behind_a_deleted_line},
    {"line_without_its_head", line_without_its_head},
    {"newer_line_before_it", newer_line_before_it},
    {"originals_of_other_types", originals_of_other_types},
    {"errors", errors},
    {"mapped_frames", mapped_frames},
};

CASE_SET(330, delete_revoke_cases)
{
    CASES("delete/revoke", list);
}
