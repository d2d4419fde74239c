/* debug_dump of a scene whose lines tests/system/dump_test.py knows. */
#include "frame/conform.h"

enum { BADGE = 0x77, LOW = 80 };

/* A waits to receive at one endpoint; B calls through another with a badge; C waits at a notification; D is
   ready; E is stopped. */
static void scene(void)
{
    uint64_t receives = temp_endpoint(), calls = temp_endpoint();
    uint64_t notification = temp_object(TYPE_NOTIFICATION, 0);
    uint64_t badged = temp_mint(calls, RIGHT_SEND, BADGE);
    temp_copy(badged, RIGHT_ALL);
    EXPECT_WAITS(act(A, SYS_RECV, cap_at(receives), 1));
    EXPECT_WAITS(act(B, SYS_CALL, cap_at(badged), 2));
    EXPECT_WAITS(act(C, SYS_WAIT, cap_at(notification), 3));
    actor_configure(D, LOW, watch_fault_ep);
    plan(D, SYS_YIELD, 0, 4);
    go(D);
}

static void dump_what(unsigned what)
{
    scene();
    print("\n");
    EXPECT_IS(debug_dump(cap_at(CAP_DEBUG), what), 0);
    quiesce();
}

static void threads(void)
{
    dump_what(DUMP_THREADS);
}

static void spaces(void)
{
    dump_what(DUMP_SPACES);
}

static void endpoints(void)
{
    dump_what(DUMP_ENDPOINTS);
}

static void capabilities(void)
{
    dump_what(DUMP_CAPS);
}

static void everything(void)
{
    dump_what(DUMP_ALL);
}

static void errors(void)
{
    static const uint64_t bad[] = {DUMP_CAPS + 1, 1ul << 32, ~0ul};
    for (unsigned i = 0; i < COUNT(bad); i++)
        EXPECT_IS(syscall2(SYS_DEBUG_DUMP, cap_at(CAP_DEBUG), bad[i]), ERR_BAD_ARGUMENT);
}

static const struct test list[] = {
    {"threads", threads},           {"spaces", spaces},         {"endpoints", endpoints},
    {"capabilities", capabilities}, {"everything", everything}, {"errors", errors},
};

CASE_SET(770, debug_dump_cases)
{
    CASES("debug/dump", list);
}
