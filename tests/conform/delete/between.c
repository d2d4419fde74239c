/* A revoke that takes several entries, and what others do between each two of them to what is on its way: in the end all of that is
   gone, whatever was made of it meanwhile, and the doomed.memory is one piece again. */
#include "delete/between.h"
#include "frame/long.h"

enum {
    BITS = 17,
    HALF = 125,
    SHELF_RADIX = 8,
    INNER_RADIX = 5,
    COPIES_MOST = 400,
    FEWEST_CUTS = 6,
    CAUGHT_RADIX = 6
};

struct doomed doomed;
static uint64_t copies[COPIES_MOST]; /* of these */
static unsigned copy_count;

static void fill(uint64_t first)
{
    EXPECT_IS(retype(cap_at(doomed.memory), TYPE_ENDPOINT, 0, cap_at(doomed.shelf), first, HALF), 0);
}

void doomed_prepare(void)
{
    copy_count = 0;
    doomed.memory = temp_object(TYPE_UNTYPED, BITS);
    doomed.shelf = temp_object(TYPE_CNODE, SHELF_RADIX);
    doomed.inner = make(doomed.memory, TYPE_CNODE, INNER_RADIX);
    doomed.door = make(doomed.memory, TYPE_ENDPOINT, 0);
    fill(0);
    doomed.frame = make(doomed.memory, TYPE_FRAME, 12);
    doomed.tcb = make(doomed.memory, TYPE_TCB, 0);
    doomed.note = make(doomed.memory, TYPE_NOTIFICATION, 0);
    fill(HALF);
}

static struct guest *revoke_begins(uint64_t thread_memory)
{
    struct guest *g = guest_new(0, thread_memory, BELOW, between_faults());
    between_begin(g, SYS_CAP_REVOKE, own_cnode(), doomed.memory);
    return g;
}

static void expect_all_gone(void)
{
    EXPECT(is_gone(doomed.inner) && is_gone(doomed.door) && is_gone(doomed.frame) && is_gone(doomed.tcb) &&
           is_gone(doomed.note));
    for (unsigned i = 0; i < copy_count; i++)
        EXPECT(is_gone(copies[i]));
    EXPECT_IS(cap_identify(cap_at(make(doomed.memory, TYPE_UNTYPED, BITS))), TYPE_UNTYPED);
}

void doomed_against(void (*attack)(unsigned cut))
{
    unsigned cuts = 0;
    revoke_begins(temp_object(TYPE_UNTYPED, 12));
    while (between_next())
        attack(cuts++);
    EXPECT(cuts >= FEWEST_CUTS);
    between_expect(0);
    expect_all_gone();
}

bool good_or_gone(long result)
{
    return result == 0 || result == ERR_BAD_CAP;
}

/* What is copied or minted from it goes with it. */
static void copy(uint64_t slot)
{
    uint64_t to = copies[copy_count++] = temp_slot();
    EXPECT(good_or_gone(cap_copy(own_cnode(), to, own_cnode(), slot, RIGHT_ALL)));
}

static void mint(uint64_t slot, uint64_t badge)
{
    uint64_t to = copies[copy_count++] = temp_slot();
    EXPECT(good_or_gone(cap_mint(own_cnode(), to, own_cnode(), slot, RIGHT_ALL, badge)));
}

static void copy_each(unsigned cut)
{
    static const uint64_t badges[] = {0, 1, ~0ul, 1ul << 32, 1ul << 32 | 1, 1ul << 63};
    copy(doomed.inner), copy(doomed.door), copy(doomed.frame), copy(doomed.tcb), copy(doomed.note);
    copy(copies[copy_count / 2]);
    mint(doomed.door, badges[cut % COUNT(badges)]), mint(doomed.note, badges[cut % COUNT(badges)]);
}

static void copied(void)
{
    doomed_prepare();
    doomed_against(copy_each);
}

/* Moved on, and exchanged with what lives: this stays. */
static uint64_t lives_at;

static void move_each(unsigned cut)
{
    uint64_t to = temp_slot();
    if (cap_move(own_cnode(), to, own_cnode(), doomed.door) == 0)
        doomed.door = to;
    else
        EXPECT(is_gone(doomed.door));
    EXPECT(good_or_gone(cap_swap(own_cnode(), lives_at, own_cnode(), doomed.note)));
    uint64_t at = lives_at;
    lives_at = doomed.note, doomed.note = at;
    if (cut < (1u << SHELF_RADIX) - 2 * HALF)
        EXPECT(good_or_gone(cap_move(cap_at(doomed.shelf), 2 * HALF + cut, cap_at(doomed.shelf), cut)));
}

static void moved(void)
{
    doomed_prepare();
    lives_at = temp_object(TYPE_NOTIFICATION, 0);
    doomed_against(move_each);
    EXPECT_IS(cap_identify(cap_at(lives_at)), TYPE_NOTIFICATION);
}

/* More is made of the memory: it goes next. */
static void make_each(unsigned cut)
{
    static const uint8_t types[] = {TYPE_ENDPOINT, TYPE_CNODE, TYPE_TCB, TYPE_FRAME, TYPE_UNTYPED, TYPE_TIMER};
    unsigned type = types[cut % COUNT(types)];
    copies[copy_count++] = make(doomed.memory, type, type == TYPE_CNODE ? 4 : 12);
}

static void made(void)
{
    doomed_prepare();
    doomed_against(make_each);
}

/* Somebody else deletes some of it, and then revokes all of it. */
static void delete_each(unsigned cut)
{
    EXPECT_IS(cap_delete(cap_at(doomed.shelf), cut * 3), 0);
    EXPECT_IS(cap_delete(own_cnode(), cut % 2 ? doomed.tcb : doomed.door), 0);
    if (cut == 3)
        EXPECT_IS(revoke(doomed.memory), 0);
}

static void deleted(void)
{
    unsigned cuts = 0;
    doomed_prepare();
    revoke_begins(temp_object(TYPE_UNTYPED, 12));
    while (between_next())
        delete_each(cuts++);
    between_expect_cuts(cuts, 4);
    between_expect(0);
    expect_all_gone();
}

/* A CNode that goes is given to a thread as its root, an endpoint as its fault handler, a frame as its buffer. */
static uint64_t spare;

static void configure_each(unsigned cut)
{
    (void)cut;
    EXPECT(good_or_gone(thread_configure(cap_at(spare), cap_at(doomed.inner), cap_at(CAP_SELF_SPACE),
                                         cap_at(doomed.door), BELOW, BELOW)));
    copy(doomed.frame);
    EXPECT(good_or_gone(actor_set_buffer(F, cap_at(copies[copy_count - 1]))));
}

static void configured(void)
{
    doomed_prepare();
    spare = temp_object(TYPE_TCB, 0);
    EXPECT_IS(thread_configure(cap_at(spare), own_cnode(), cap_at(CAP_SELF_SPACE), 0, BELOW, BELOW), 0);
    doomed_against(configure_each);
    EXPECT_IS(thread_resume(cap_at(spare)), ERR_BAD_ARGUMENT);
}

/* Mapped anew each time: in the end nothing is there. */
static uint64_t base;

static void map_each(unsigned cut)
{
    (void)memory_unmap(cap_at(doomed.frame));
    EXPECT(good_or_gone(
        memory_map(cap_at(doomed.frame), cap_at(CAP_SELF_SPACE), base + (uint64_t)cut % 4 * 4096, RIGHT_READ)));
    copy(doomed.frame);
    (void)memory_map(cap_at(copies[copy_count - 1]), cap_at(CAP_SELF_SPACE),
                     base + (4 + (uint64_t)cut % 4) * 4096, RIGHT_READ);
}

static void mapped(void)
{
    doomed_prepare();
    base = pages_reserve(8);
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, 12), cap_at(CAP_SELF_SPACE), base, RIGHT_READ), 0);
    temp_drop();
    doomed_against(map_each);
    for (uint64_t i = 0; i < 8; i++)
        EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), base + i * 4096,
                             RIGHT_READ),
                  0);
}

/* The caller goes before its n-th entry. Nobody writes to what was its memory, and its call is not made again. */
static void caller_goes(void)
{
    for (unsigned cut = 1; cut <= FEWEST_CUTS; cut++) {
        uint64_t own = temp_object(TYPE_UNTYPED, 12), page = pages_reserve(1);
        doomed_prepare();
        const struct guest *g = revoke_begins(own);
        for (unsigned i = 0; i < cut; i++)
            EXPECT(between_next());
        EXPECT_IS(cap_delete(own_cnode(), g->tcb), 0);
        EXPECT(!between_next() && !between.ended);
        EXPECT_IS(map_frame(make(own, TYPE_FRAME, 12), cap_at(CAP_SELF_SPACE), page, RIGHT_READ), 0);
        deletions_end();
        EXPECT_IS(revoke(doomed.memory), 0);
        for (unsigned i = 0; i < 512; i++)
            EXPECT_IS(((volatile uint64_t *)page)[i], 0); /* NOLINT: mapped above */
        expect_all_gone();
    }
}

/* The revoked capability itself moves on, and another takes its place: the call goes on with what its slot holds. */
static void parent_moves(void)
{
    uint64_t to = temp_slot(), other = temp_object(TYPE_UNTYPED, 12), child = make(other, TYPE_ENDPOINT, 0);
    doomed_prepare();
    revoke_begins(temp_object(TYPE_UNTYPED, 12));
    EXPECT(between_next() && between_next());
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), doomed.memory), 0);
    EXPECT(!between_next());
    between_expect(ERR_BAD_CAP);
    EXPECT(!is_gone(doomed.door) && !is_gone(doomed.inner));
    revoke_begins(temp_object(TYPE_UNTYPED, 12)); /* of an empty slot, at first */
    EXPECT(between_next());
    EXPECT_IS(cap_swap(own_cnode(), doomed.memory, own_cnode(), to), 0);
    EXPECT(between_next());
    EXPECT_IS(cap_swap(own_cnode(), doomed.memory, own_cnode(), other), 0);
    while (between_next())
        ;
    between_expect(0);
    EXPECT(is_gone(child) && !is_gone(doomed.door));
    EXPECT_IS(cap_swap(own_cnode(), doomed.memory, own_cnode(), other), 0);
    EXPECT_IS(revoke(doomed.memory), 0);
    expect_all_gone();
}

static const struct test list[] = {
    {"copied", copied},
    {"moved", moved},
    {"made", made},
    {"deleted", deleted},
    {"configured", configured},
    {"mapped", mapped},
    {"caller_goes", caller_goes},
    {"parent_moves", parent_moves},
};

CASE_SET(405, delete_between_cases)
{
    CASES("delete/between", list);
}
