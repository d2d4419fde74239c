/* cap_swap: two slots exchange what they hold, and with it the place in the derivation tree. */
#include "frame/guest.h"

static long swap(uint64_t a, uint64_t b)
{
    return cap_swap(own_cnode(), a, own_cnode(), b);
}

static void expect_type(uint64_t slot, long type)
{
    EXPECT_IS(cap_identify(cap_at(slot)), type);
}

/* By a message: the slot holds a capability of that badge to the endpoint of `recv`. */
static void expect_badge(uint64_t slot, uint64_t recv, uint64_t badge)
{
    struct step *got = act(B, SYS_RECV, cap_at(recv), 1);
    EXPECT_RESULT(act(A, SYS_SEND, cap_at(slot), 2), 0);
    EXPECT_MESSAGE(got, badge, 2);
}

static void both_full(void)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (!zoo(type) || only_boot_makes(type))
            continue;
        uint64_t a = temp_object(type, type == TYPE_FRAME ? 12 : 6), b = temp_endpoint();
        EXPECT_IS(swap(a, b), 0);
        expect_type(a, TYPE_ENDPOINT);
        expect_type(b, type);
        EXPECT_IS(swap(a, b), 0);
        expect_type(a, type);
        expect_type(b, TYPE_ENDPOINT);
    }
}

static void one_empty(void)
{
    uint64_t a = temp_endpoint(), b = temp_slot(), keep = temp_mint(a, RIGHT_RECV, 9);
    EXPECT_IS(swap(a, b), 0);
    expect_type(a, ERR_BAD_CAP);
    expect_badge(b, keep, 0);
    EXPECT_IS(swap(a, b), 0);
    expect_type(b, ERR_BAD_CAP);
    expect_badge(a, keep, 0);
    EXPECT_IS(swap(b, temp_slot()), 0);
    expect_type(b, ERR_BAD_CAP);
}

static void same_slot(void)
{
    uint64_t a = temp_endpoint(), copy = temp_mint(a, RIGHT_ALL, 5);
    EXPECT_IS(swap(a, a), 0);
    EXPECT_IS(swap(copy, copy), 0);
    expect_badge(copy, a, 5);
    EXPECT_IS(revoke(a), 0);
    EXPECT(is_gone(copy) && !is_gone(a));
    EXPECT_IS(swap(copy, copy), 0);
    EXPECT(is_gone(copy));
}

/* Original and child stand next to each other on the list; each way round. */
static void neighbours(void)
{
    for (unsigned turned = 0; turned < 2; turned++) {
        uint64_t a = temp_endpoint(), b = temp_mint(a, RIGHT_ALL, 5);
        EXPECT_IS(turned ? swap(b, a) : swap(a, b), 0);
        expect_badge(a, b, 5);
        expect_badge(b, a, 0);
        EXPECT_IS(revoke(a), 0);
        EXPECT(!is_gone(a) && !is_gone(b));
        EXPECT_IS(revoke(b), 0);
        EXPECT(is_gone(a) && !is_gone(b));
    }
}

/* Three badges and the original: each pair is swapped; the list must still hold together from both ends. */
static void chained(void)
{
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < 4; j++) {
            uint64_t s[4] = {temp_endpoint()};
            for (unsigned k = 1; k < 4; k++)
                s[k] = temp_mint(s[0], RIGHT_ALL, k);
            EXPECT_IS(swap(s[i], s[j]), 0);
            uint64_t held = s[i];
            s[i] = s[j];
            s[j] = held;
            for (unsigned k = 1; k < 4; k++)
                expect_badge(s[k], s[0], k);
            EXPECT_IS(cap_delete(own_cnode(), s[2]), 0);
            expect_badge(s[1], s[3], 1);
            EXPECT_IS(revoke(s[0]), 0);
            EXPECT(is_gone(s[1]) && is_gone(s[3]) && !is_gone(s[0]));
        }
    }
}

static void untyped_and_child(void)
{
    uint64_t a = temp_object(TYPE_UNTYPED, 12), b = make(a, TYPE_UNTYPED, 8), c = make(b, TYPE_ENDPOINT, 0);
    EXPECT_IS(swap(a, b), 0);
    EXPECT_IS(retype(cap_at(a), TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 5), ERR_NO_MEMORY);
    EXPECT_IS(revoke(a), 0);
    EXPECT(is_gone(c) && !is_gone(b));
    EXPECT_IS(revoke(b), 0);
    EXPECT(is_gone(a));
    make(b, TYPE_UNTYPED, 12);
}

static void in_other_cnodes(void)
{
    uint64_t one = temp_object(TYPE_CNODE, 2), two = temp_object(TYPE_CNODE, 3), ep = temp_endpoint();
    uint64_t badged = temp_mint(ep, RIGHT_ALL, 5), plain = temp_copy(ep, RIGHT_ALL);
    EXPECT_IS(cap_swap(cap_at(one), 3, own_cnode(), badged), 0);
    EXPECT_IS(cap_swap(cap_at(two), 7, own_cnode(), plain), 0);
    EXPECT_IS(cap_swap(cap_at(two), 7, cap_at(one), 3), 0);
    EXPECT_IS(cap_swap(own_cnode(), plain, cap_at(one), 3), 0);
    expect_badge(plain, ep, 0);
    EXPECT_IS(revoke(ep), 0);
    EXPECT_IS(cap_move(own_cnode(), badged, cap_at(two), 7), ERR_BAD_CAP);
}

/* A CNode goes into itself: it is out of reach then, and only the revoke of its memory finds it. */
static void into_itself(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 12), cnode = make(memory, TYPE_CNODE, 2),
             ep = make(memory, TYPE_ENDPOINT, 0);
    EXPECT_IS(cap_move(cap_at(cnode), 1, own_cnode(), ep), 0);
    EXPECT_IS(cap_swap(cap_at(cnode), 1, own_cnode(), cnode), 0);
    expect_type(cnode, TYPE_ENDPOINT);
    EXPECT_IS(revoke(memory), 0);
    EXPECT(is_gone(cnode));
    make(memory, TYPE_UNTYPED, 12);
}

/* Mapped frames keep their mapping; it goes with the capability that has it. */
static void mapped_frames(void)
{
    uint64_t a = temp_object(TYPE_FRAME, 12), b = temp_object(TYPE_FRAME, 12), page = temp_page();
    unsigned rw = RIGHT_READ | RIGHT_WRITE;
    EXPECT_IS(map_frame(a, cap_at(CAP_SELF_SPACE), page, rw), 0);
    EXPECT_IS(swap(a, b), 0);
    EXPECT_IS(memory_unmap(cap_at(a)), ERR_NOT_MAPPED);
    EXPECT_IS(memory_unmap(cap_at(b)), 0);
    EXPECT_IS(map_frame(a, cap_at(CAP_SELF_SPACE), page, rw), 0);
}

static void save_reply(uint64_t slot)
{
    struct msg m = {.label = slot};
    EXPECT_IS(ipc(SYS_REPLY_SAVE, own_cnode(), &m), 0);
}

static struct step *call_saved(unsigned who, cap_t ep, uint64_t slot)
{
    struct step *got = act(B, SYS_RECV, ep, 1), *call = act(who, SYS_CALL, ep, 10 + who);
    EXPECT_MESSAGE(got, 0, 10 + who);
    plan_function(B, save_reply, slot);
    go(B);
    return call;
}

/* The threads know which slot they wait for. */
static void saved_replies(void)
{
    cap_t ep = new_endpoint();
    uint64_t a = temp_slot(), c = temp_slot(), empty = temp_slot();
    struct step *of_a = call_saved(A, ep, a), *of_c = call_saved(C, ep, c);
    EXPECT_IS(swap(a, c), 0);
    EXPECT_IS(swap(a, empty), 0); /* the answer to C */
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(empty), 20), 0);
    EXPECT_MESSAGE(of_c, 0, 20);
    EXPECT_WAITS(of_a);
    thread_suspend(actor_tcb(A));
    EXPECT(is_gone(c));
    go(A);
    EXPECT_CANCELED(of_a);
}

static void errors(void)
{
    uint64_t ep = temp_endpoint(), empty = temp_slot();
    EXPECT_IS(cap_swap(cap_at(ep), 0, own_cnode(), ep), ERR_WRONG_TYPE);
    EXPECT_IS(cap_swap(own_cnode(), ep, cap_at(ep), 0), ERR_WRONG_TYPE);
    EXPECT_IS(cap_swap(cap_at(empty), 0, own_cnode(), ep), ERR_BAD_CAP);
    EXPECT_IS(cap_swap(own_cnode(), ep, cap_at(empty), 0), ERR_BAD_CAP);
    EXPECT_IS(cap_swap(cap_at(zoo(TYPE_CNODE)), 4, own_cnode(), ep), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_swap(own_cnode(), ep, cap_at(zoo(TYPE_CNODE)), 1ul << 63), ERR_BAD_ARGUMENT);
    expect_type(ep, TYPE_ENDPOINT);
}

static const struct test list[] = {
    {"both_full", both_full},
    {"one_empty", one_empty},
    {"same_slot", same_slot},
    {"neighbours", neighbours},
    {"chained", chained},
    {"untyped_and_child", untyped_and_child},
    {"in_other_cnodes", in_other_cnodes},
    {"into_itself", into_itself},
    {"mapped_frames", mapped_frames},
    {"saved_replies", saved_replies},
    {"errors", errors},
};

CASE_SET(380, delete_swap_cases)
{
    CASES("delete/swap", list);
}
