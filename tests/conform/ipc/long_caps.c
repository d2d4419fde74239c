/* Capabilities in long messages: who may pass them, where they arrive, what ends the list. */
#include "frame/long.h"

enum { BADGE = 0x4d, PLACES = 4 };

static cap_t client(uint64_t ep, bool grants)
{
    return cap_at(temp_mint(ep, grants ? RIGHT_SEND | RIGHT_GRANT : RIGHT_SEND, BADGE));
}

static void expect_type(cap_t cap, long type)
{
    EXPECT_IS(cap_identify(cap), type);
}

/* A's and B's buffers; a CNode of PLACES empty slots where B wants what A passes. */
struct pair {
    struct ipc_buffer *from, *to;
    uint64_t ep, cnode;
};

static void receive_at(struct ipc_buffer *b, uint64_t cnode, uint64_t index)
{
    b->receive_cnode = cap_at(cnode);
    b->receive_index = index;
}

static struct pair pair_new(void)
{
    struct pair p = {buffer_new(A), buffer_new(B), temp_endpoint(), temp_object(TYPE_CNODE, 2)};
    buffer_fill(p.from, 2, 10);
    buffer_fill(p.to, 0, 11);
    receive_at(p.to, p.cnode, 0);
    return p;
}

/* The address of the slot at `index` of a CNode whose slot is in the root. */
static cap_t inside(uint64_t cnode, uint64_t index)
{
    return index * boot_info->slot_count << SLOT_BITS | cap_at(cnode);
}

/* A sends what its buffer says; this many capabilities arrive at B. */
static void sent(struct pair *p, bool receiver_first, uint64_t arrive)
{
    cap_t by = client(p->ep, true);
    struct step *got = receiver_first ? act(B, SYS_RECV, cap_at(p->ep), 1) : NULL;
    struct step *send = act(A, SYS_LONG_SEND, by, 2);
    if (!receiver_first)
        got = act(B, SYS_RECV, cap_at(p->ep), 1);
    EXPECT_RESULT(send, 0);
    EXPECT_LONG(got, BADGE, 2);
    EXPECT_IS(p->to->caps, arrive);
    EXPECT_IS(p->to->words, 2);
    EXPECT_IS(p->to->word[1], pattern(10, 101));
}

static void offer(struct ipc_buffer *b, uint64_t caps, const cap_t *cap)
{
    b->caps = caps;
    for (unsigned i = 0; i < IPC_BUFFER_CAPS; i++)
        b->cap[i] = cap[i];
}

/* This many capabilities, from slot `index` of the receiver's CNode on; the other slots stay empty. */
static void pass(uint64_t caps, uint64_t arrive, uint64_t index, bool receiver_first)
{
    static const unsigned types[IPC_BUFFER_CAPS] = {TYPE_TCB, TYPE_FRAME, TYPE_ENDPOINT};
    struct pair p = pair_new();
    cap_t cap[IPC_BUFFER_CAPS];
    for (unsigned i = 0; i < IPC_BUFFER_CAPS; i++)
        cap[i] = cap_at(zoo(types[i]));
    offer(p.from, caps, cap);
    receive_at(p.to, p.cnode, index);
    sent(&p, receiver_first, arrive);
    for (uint64_t i = 1; i < PLACES;
         i++) { /* slot 0 of the CNode has no address of its own: a path ends in 0s */
        bool filled = i >= index && i < index + arrive;
        expect_type(inside(p.cnode, i), filled ? (long)types[i - index] : ERR_BAD_CAP);
    }
    for (unsigned i = 0; i < IPC_BUFFER_CAPS; i++)
        expect_type(cap[i], (long)types[i]);
}

static void numbers(void)
{
    for (uint64_t caps = 0; caps <= IPC_BUFFER_CAPS; caps++)
        pass(caps, caps, 1, caps % 2 == 0);
}

static void sender_first(void)
{
    pass(3, 3, 1, false);
    pass(2, 2, 2, false);
}

static void too_many(void)
{
    pass(IPC_BUFFER_CAPS + 1, IPC_BUFFER_CAPS, 1, true);
    pass(~0ul, IPC_BUFFER_CAPS, 1, false);
}

/* The last slots of the CNode: what does not fit stays away. */
static void end_of_cnode(void)
{
    pass(3, 2, 2, true);
    pass(3, 1, 3, false);
    pass(3, 0, 4, true);
}

static void without_grant(void)
{
    struct pair p = pair_new();
    cap_t by = client(p.ep, false);
    struct step *got = act(B, SYS_RECV, cap_at(p.ep), 1);
    offer(p.from, 1, (const cap_t[3]){cap_at(zoo(TYPE_TCB))});
    static const uint64_t ops[] = {SYS_LONG_SEND, SYS_LONG_CALL};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        struct step *send = act(A, ops[i], by, 2);
        EXPECT_RESULT(send, ERR_NO_RIGHT);
        EXPECT(is_pattern(&send->m, by, 2));
        EXPECT_WAITS(got);
    }
    p.from->caps = 0;
    EXPECT_RESULT(act(A, SYS_LONG_SEND, by, 3), 0);
    EXPECT_LONG(got, BADGE, 3);
    EXPECT_IS(p.to->caps, 0);
}

/* What it may not pass when it sends it cannot put into the buffer later. */
static void without_grant_and_later(void)
{
    struct pair p = pair_new();
    act(A, SYS_LONG_SEND, client(p.ep, false), 1);
    offer(p.from, 3, (const cap_t[3]){cap_at(zoo(TYPE_TCB)), cap_at(zoo(TYPE_TCB)), cap_at(zoo(TYPE_TCB))});
    EXPECT_LONG(act(B, SYS_RECV, cap_at(p.ep), 2), BADGE, 1);
    EXPECT_IS(p.to->caps, 0);
    expect_type(inside(p.cnode, 1), ERR_BAD_CAP);
}

static void rights_and_badge(void)
{
    struct pair p = pair_new();
    uint64_t other = temp_endpoint();
    cap_t send_only = cap_at(temp_mint(other, RIGHT_SEND, 0x66)),
          recv_only = cap_at(temp_copy(other, RIGHT_RECV));
    offer(p.from, 2, (const cap_t[3]){send_only, recv_only});
    receive_at(p.to, p.cnode, 1);
    sent(&p, true, 2);
    EXPECT_RESULT(act(C, SYS_RECV, inside(p.cnode, 1), 3), ERR_NO_RIGHT);
    EXPECT_RESULT(act(C, SYS_SEND, inside(p.cnode, 2), 4), ERR_NO_RIGHT);
    struct step *got = act(C, SYS_RECV, inside(p.cnode, 2), 5);
    EXPECT_RESULT(act(D, SYS_SEND, inside(p.cnode, 1), 6), 0);
    EXPECT_MESSAGE(got, 0x66, 6);
}

/* What was passed goes when the original is revoked; the original stays when the copy is deleted. */
static void revoked(void)
{
    struct pair p = pair_new();
    uint64_t first = temp_object(TYPE_FRAME, 12), second = temp_endpoint();
    offer(p.from, 2, (const cap_t[3]){cap_at(first), cap_at(second)});
    receive_at(p.to, p.cnode, 1);
    sent(&p, false, 2);
    EXPECT_IS(cap_revoke(own_cnode(), first), 0);
    expect_type(inside(p.cnode, 1), ERR_BAD_CAP);
    expect_type(inside(p.cnode, 2), TYPE_ENDPOINT);
    EXPECT_IS(cap_delete(cap_at(p.cnode), 2), 0);
    expect_type(cap_at(second), TYPE_ENDPOINT);
    expect_type(cap_at(first), TYPE_FRAME);
}

/* A place that is taken ends the list; what comes behind it is not passed either. */
static void occupied(void)
{
    struct pair p = pair_new();
    cap_t tcb = cap_at(zoo(TYPE_TCB));
    EXPECT_IS(cap_copy(cap_at(p.cnode), 2, own_cnode(), zoo(TYPE_FRAME), RIGHT_ALL), 0);
    offer(p.from, 3, (const cap_t[3]){tcb, tcb, tcb});
    receive_at(p.to, p.cnode, 1);
    sent(&p, true, 1);
    expect_type(inside(p.cnode, 1), TYPE_TCB);
    expect_type(inside(p.cnode, 2), TYPE_FRAME);
    expect_type(inside(p.cnode, 3), ERR_BAD_CAP);
}

static void bad_places(void)
{
    struct pair p = pair_new();
    cap_t tcb = cap_at(zoo(TYPE_TCB));
    const uint64_t cnodes[] = {0, temp_slot(), zoo(TYPE_FRAME), zoo(TYPE_TCB)};
    static const uint64_t indexes[] = {PLACES, 1ul << 32, 1ul << 63, ~0ul};
    offer(p.from, 1, (const cap_t[3]){tcb});
    for (unsigned i = 0; i < COUNT(cnodes); i++) {
        receive_at(p.to, cnodes[i], 1);
        sent(&p, i % 2, 0);
    }
    for (unsigned i = 0; i < COUNT(indexes); i++) {
        receive_at(p.to, p.cnode, indexes[i]);
        sent(&p, i % 2, 0);
    }
    receive_at(p.to, p.cnode, 1); /* and then all is well */
    sent(&p, true, 1);
}

/* What cannot be passed, in the middle: the one before it arrives, the one behind it does not. */
static void uncopyable(void)
{
    struct pair p = pair_new();
    cap_t tcb = cap_at(zoo(TYPE_TCB));
    uint64_t reply = temp_slot();
    cap_t ep = new_endpoint();
    act(D, SYS_RECV, ep, 1);
    act(C, SYS_CALL, ep, 2);
    struct step *save = plan(D, SYS_REPLY_SAVE, own_cnode(), 3);
    save->m.label = reply;
    go(D);
    EXPECT_RESULT(save, 0);
    const cap_t bad[] = {0,
                         cap_at(temp_slot()),
                         1,
                         ~0ul,
                         cap_at(zoo(TYPE_UNTYPED)),
                         cap_at(zoo(TYPE_PAGE_TABLE)),
                         cap_at(reply)};
    receive_at(p.to, p.cnode, 1);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        offer(p.from, 3, (const cap_t[3]){tcb, bad[i], tcb});
        sent(&p, i % 2, 1);
        expect_type(inside(p.cnode, 1), TYPE_TCB);
        expect_type(inside(p.cnode, 2), ERR_BAD_CAP);
        EXPECT_IS(cap_delete(cap_at(p.cnode), 1), 0);
    }
    expect_type(cap_at(reply), TYPE_REPLY);
}

/* A mapped frame's copy is not mapped; CNodes and address spaces can be passed, too. */
static void of_each_type(void)
{
    struct pair p = pair_new();
    receive_at(p.to, p.cnode, 3);
    for (unsigned type = TYPE_CNODE; type < TYPE_COUNT; type++) {
        if (!zoo(type) || type == TYPE_PAGE_TABLE)
            continue;
        offer(p.from, 1, (const cap_t[3]){cap_at(type == TYPE_FRAME ? buffer_frame(A) : zoo(type))});
        sent(&p, type % 2, 1);
        expect_type(inside(p.cnode, 3), (long)type);
        if (type == TYPE_FRAME)
            EXPECT_IS(memory_unmap(inside(p.cnode, 3)), ERR_NOT_MAPPED);
        EXPECT_IS(cap_delete(cap_at(p.cnode), 3), 0);
    }
}

static const struct test list[] = {
    {"numbers", numbers},
    {"sender_first", sender_first},
    {"too_many", too_many},
    {"end_of_cnode", end_of_cnode},
    {"without_grant", without_grant},
    {"without_grant_and_later", without_grant_and_later},
    {"rights_and_badge", rights_and_badge},
    {"revoked", revoked},
    {"occupied", occupied},
    {"bad_places", bad_places},
    {"uncopyable", uncopyable},
    {"of_each_type", of_each_type},
};

CASE_SET(540, ipc_long_caps_cases)
{
    CASES_SPACES("ipc/long/caps", list);
}
