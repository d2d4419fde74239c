/* A call and its answer between threads that have extended state, an FS base, both or neither: each pair, there and back. */
#include "frame/conform.h"

enum { HAS_STATE = 1, HAS_BASES = 2, HAS_ALL = 3, BASE = 0x123000 };

static void give(unsigned who, unsigned has)
{
    cap_t state = has & HAS_STATE ? cap_at(temp_object(TYPE_EXTENDED_STATE, 0)) : 0;
    EXPECT_IS(thread_set_fpu(actor_tcb(who), state), 0);
    EXPECT_IS(thread_set_tls(actor_tcb(who), has & HAS_BASES ? BASE + who : 0, 0), 0);
}

static void there_and_back(cap_t ep)
{
    struct step *got = act(B, SYS_RECV, ep, 1), *call = act(A, SYS_CALL, ep, 2);
    EXPECT_MESSAGE(got, 0, 2);
    for (uint64_t seed = 3; seed < 9; seed += 2) {
        got = act(B, SYS_REPLY_RECV, ep, seed);
        EXPECT_MESSAGE(call, 0, seed);
        call = act(A, SYS_CALL, ep, seed + 1);
        EXPECT_MESSAGE(got, 0, seed + 1);
    }
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 9), 0);
    EXPECT_MESSAGE(call, 0, 9);
}

static void each_pair(void)
{
    for (unsigned client = 0; client <= HAS_ALL; client++) {
        for (unsigned server = 0; server <= HAS_ALL; server++) {
            cap_t ep = new_endpoint();
            give(A, client);
            give(B, server);
            there_and_back(ep);
        }
    }
    give(A, 0);
    give(B, 0);
}

static const struct test list[] = {
    {"each_pair", each_pair},
};

CASE_SET(459, thread_pair_cases)
{
    CASES_SPACES("thread/pairs", list);
}
