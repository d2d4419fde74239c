/* Rights: what they allow on endpoints, and that none ever comes back. */
#include "frame/conform.h"

static const unsigned subsets[] = {0,
                                   RIGHT_SEND,
                                   RIGHT_RECV,
                                   RIGHT_GRANT,
                                   RIGHT_SEND | RIGHT_RECV,
                                   RIGHT_SEND | RIGHT_GRANT,
                                   RIGHT_RECV | RIGHT_GRANT,
                                   RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT};
static const char *const words[] = {"nothing", "s", "r", "g", "sr", "sg", "rg", "srg"};

/* What an actor may do with the capability: it waits, or it is refused. `partner_waits`: the thread that it
   would meet is there already, so that the fast path decides. */
static void one_right(uint64_t op, unsigned needs, unsigned rights, bool partner_waits)
{
    uint64_t ep = temp_endpoint();
    cap_t cap = cap_at(temp_copy(ep, rights));
    bool sends = needs == RIGHT_SEND, allowed = (rights & needs) != 0;
    struct step *partner = NULL;
    if (op == SYS_REPLY_RECV) { /* the fast path answers somebody */
        act(A, SYS_RECV, cap_at(ep), 7);
        act(C, SYS_CALL, cap_at(ep), 8);
    }
    if (partner_waits)
        partner = act(B, sends ? SYS_RECV : SYS_SEND, cap_at(ep), 1);
    struct step *s = act(A, op, cap, 2);
    if (!allowed) {
        EXPECT_RESULT(s, ERR_NO_RIGHT);
        EXPECT(is_pattern(&s->m, cap, 2)); /* rdi and the message are as they were */
        EXPECT(!partner || !partner->done);
        return;
    }
    EXPECT(s->done == (partner_waits && op != SYS_CALL));
    if (partner && sends)
        EXPECT_MESSAGE(partner, 0, 2);
    else if (partner)
        EXPECT_MESSAGE(s, 0, 1);
}

static void endpoint_rights(void)
{
    static const struct {
        const char *name;
        uint64_t op;
        unsigned needs;
    } ops[] = {{"send", SYS_SEND, RIGHT_SEND},
               {"call", SYS_CALL, RIGHT_SEND},
               {"recv", SYS_RECV, RIGHT_RECV},
               {"reply_recv", SYS_REPLY_RECV, RIGHT_RECV}};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        for (unsigned k = 0; k < COUNT(subsets); k++) {
            if (!case_begin("caps/%s_with_%s", ops[i].name, words[k]))
                continue;
            actors_reset(false);
            one_right(ops[i].op, ops[i].needs, subsets[k], false);
            actors_reset(false);
            one_right(ops[i].op, ops[i].needs, subsets[k], true);
            case_end();
        }
    }
}

static bool may(cap_t cap, unsigned right)
{
    struct step *s = act(A, right == RIGHT_SEND ? SYS_SEND : SYS_RECV, cap, 1);
    bool allowed = !s->done || s->result != ERR_NO_RIGHT;
    actors_reset(false);
    return allowed;
}

static void expect_rights(uint64_t slot, unsigned rights)
{
    EXPECT(may(cap_at(slot), RIGHT_SEND) == ((rights & RIGHT_SEND) != 0));
    EXPECT(may(cap_at(slot), RIGHT_RECV) == ((rights & RIGHT_RECV) != 0));
}

static void copies_never_widen(void)
{
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < 4; i++) {
        uint64_t narrow = temp_copy(ep, subsets[i]);
        expect_rights(temp_copy(narrow, RIGHT_ALL), subsets[i]);
        expect_rights(temp_copy(narrow, ~0u), subsets[i]);
    }
}

static void mints_never_widen(void)
{
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < 4; i++) {
        uint64_t narrow = temp_copy(ep, subsets[i]);
        expect_rights(temp_mint(narrow, RIGHT_ALL, 5), subsets[i]);
        expect_rights(temp_mint(narrow, RIGHT_ALL, 0), subsets[i]);
    }
}

static void moves_keep(void)
{
    uint64_t ep = temp_endpoint();
    cap_t self = cap_at(CAP_SELF_CNODE);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t to = temp_slot();
        EXPECT_IS(cap_move(self, to, self, temp_copy(ep, subsets[i])), 0);
        expect_rights(to, subsets[i]);
    }
}

static void mask_of_other_types(void)
{
    uint64_t ep = temp_endpoint();
    expect_rights(temp_copy(ep, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_SIGNAL | RIGHT_WAIT), 0);
}

static void fault_endpoint_needs_send(void)
{
    uint64_t ep = temp_endpoint();
    cap_t self = cap_at(CAP_SELF_CNODE), space = cap_at(CAP_SELF_SPACE);
    for (unsigned i = 0; i < COUNT(subsets); i++) {
        long want = subsets[i] & RIGHT_SEND ? 0 : ERR_NO_RIGHT;
        EXPECT_IS(thread_configure(actor_tcb(A), self, space, cap_at(temp_copy(ep, subsets[i])), 5, 5), want);
    }
}

static void frames(void)
{
    static const unsigned rights[] = {RIGHT_READ, RIGHT_READ | RIGHT_WRITE, RIGHT_READ | RIGHT_EXECUTE, 0,
                                      RIGHT_WRITE | RIGHT_EXECUTE};
    uint64_t frame = temp_object(TYPE_FRAME, 12);
    for (unsigned i = 0; i < COUNT(rights); i++) {
        cap_t cap = cap_at(temp_copy(frame, rights[i]));
        for (unsigned k = 0; k < 3; k++) {
            bool allowed = (rights[k] & ~rights[i]) == 0;
            EXPECT_IS(memory_map(cap, cap_at(CAP_SELF_SPACE), temp_page(), rights[k]),
                      allowed ? 0 : ERR_NO_RIGHT);
            EXPECT_IS(memory_unmap(cap), allowed ? 0 : ERR_NOT_MAPPED);
        }
    }
}

static const struct test list[] = {
    {"copies_never_widen", copies_never_widen},
    {"mints_never_widen", mints_never_widen},
    {"moves_keep", moves_keep},
    {"mask_of_other_types", mask_of_other_types},
    {"fault_endpoint_needs_send", fault_endpoint_needs_send},
    {"frames", frames},
};

CASE_SET(100, caps_right_cases)
{
    endpoint_rights();
    CASES("caps/rights", list);
}
