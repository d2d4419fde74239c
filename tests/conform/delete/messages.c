/* Calls are answered and long messages pass while that goes which they are about, in several entries: capabilities, where these go, and
   buffers. */
#include "delete/between.h"
#include "frame/long.h"

enum { CAUGHT_RADIX = 6 };

/* Rights to answer are saved in a CNode that goes: who waits for the answers is told. */
static struct step *calls[ACTORS];
static cap_t service;

static void save_each(unsigned cut)
{
    struct msg m = {0};
    if (cut >= ACTORS)
        return;
    calls[cut] = act(cut, SYS_CALL, service, cut);
    EXPECT_IS(ipc_recv(service, &m), GOT_MESSAGE);
    EXPECT_IS(reply_save(cap_at(doomed.inner), cut), 0);
}

static void saved(void)
{
    doomed_prepare();
    service = new_endpoint();
    doomed_against(save_each);
    for (unsigned who = 0; who < ACTORS; who++)
        EXPECT_CANCELED(calls[who]);
}

/* Long messages pass what goes, to where it goes and to what stays; one buffer goes, too. */
static uint64_t caught;
static struct ipc_buffer *out, *in;

static void send_each(unsigned cut)
{
    uint64_t all[] = {doomed.door, doomed.note, doomed.inner};
    bool to_inner = cut % 2;
    in->receive_cnode = cap_at(to_inner ? doomed.inner : caught);
    in->receive_index = cut % 8 * 3;
    buffer_fill(out, 3, cut);
    out->caps = 3;
    for (unsigned i = 0; i < 3; i++)
        out->cap[i] = cap_at(all[i]);
    struct step *got = act(B, SYS_RECV, service, cut);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, service, cut), 0);
    EXPECT_LONG(got, 0, cut);
    EXPECT(in->words == 3 && in->caps <= 3);
    EXPECT(good_or_gone(actor_set_buffer(C, cap_at(doomed.frame))));
    got = act(C, SYS_RECV, service, cut);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, service, cut), 0);
    EXPECT(got->done && (got->result == GOT_LONG || got->result == GOT_MESSAGE));
}

/* All of the memory is frames, and C still receives: what comes does not lie there. */
static void expect_no_buffer(void)
{
    enum { PAGES = 8 };
    uint64_t words = 0, at = pages_reserve(PAGES);
    EXPECT_IS(revoke(doomed.memory), 0);
    for (uint64_t i = 0; i < PAGES; i++)
        EXPECT_IS(
            map_frame(make(doomed.memory, TYPE_FRAME, 12), cap_at(CAP_SELF_SPACE), at + i * 4096, RIGHT_READ),
            0);
    struct step *got = act(C, SYS_RECV, service, 1);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, service, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    for (unsigned i = 0; i < PAGES * 512; i++)
        words |= ((volatile uint64_t *)at)[i]; /* NOLINT: mapped above */
    EXPECT_IS(words, 0);
}

static void passed(void)
{
    doomed_prepare();
    service = new_endpoint();
    caught = temp_object(TYPE_CNODE, CAUGHT_RADIX);
    out = buffer_new(A), in = buffer_new(B);
    doomed_against(send_each);
    for (uint64_t i = 0; i < 1u << CAUGHT_RADIX; i++)
        EXPECT_IS(cap_move(own_cnode(), doomed.door, cap_at(caught), i), ERR_BAD_CAP);
    expect_no_buffer();
}

static const struct test list[] = {
    {"saved", saved},
    {"passed", passed},
};

CASE_SET(409, delete_message_cases)
{
    CASES("delete/messages", list);
}
