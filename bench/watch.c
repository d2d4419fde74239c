#include "watch.h"
#include "harness.h"
#include "service/service.h"

enum { BADGE_FINISH = 1, BADGE_FAULT, BADGE_REPORT };

static uint64_t watch_slot, sentinel_tcb;
static cap_t finish_ep;

static uint64_t mint(uint64_t badge)
{
    uint64_t slot = slot_new();
    long error = cap_mint(cap_at(CAP_SELF_CNODE), slot, cap_at(CAP_SELF_CNODE), watch_slot, RIGHT_SEND, badge);
    if (error != 0)
        fail("bench: minting a capability of the watcher: %s", error_name(error));
    return slot;
}

/* Of lower priority than all others: it runs when every one of them waits, and then they would wait for ever. */
static void sentinel(uint64_t unused)
{
    (void)unused;
    BENCH_ERROR("%s: every thread waits; a message was lost or a partner is gone", suite_current);
    debug_exit(cap_at(CAP_DEBUG), 1);
}

void watch_init(void)
{
    watch_slot = object_new(TYPE_ENDPOINT, 0);
    finish_ep = cap_at(mint(BADGE_FINISH));
    suite_fault_ep = cap_at(mint(BADGE_FAULT));
    suite_report_slot = mint(BADGE_REPORT);
    sentinel_tcb = thread_new(sentinel, 0, SENTINEL_PRIORITY, 0).tcb;
    thread_resume(cap_at(sentinel_tcb));
}

void watch_no_more(void)
{
    thread_suspend(cap_at(sentinel_tcb));
}

/* Word 0 is an error code or what was wrong in a message. */
static void error_of_partner(const struct msg *m)
{
    bool is_code = (long)m->word[0] < 0 && (long)m->word[0] > -256;
    BENCH_ERROR("%s: partner: %s: %lx%s%s", suite_current, service_failure_name(m->label), m->word[0],
                is_code ? " " : "", is_code ? error_name((long)m->word[0]) : "");
}

int watch(void)
{
    struct msg m = {0};
    long result = ipc_recv(cap_at(watch_slot), &m);
    if (result != GOT_MESSAGE)
        BENCH_ERROR("the watcher cannot receive: %s", error_name(result));
    else if (m.badge == BADGE_FINISH)
        return (int)m.word[0];
    else if (m.badge == BADGE_REPORT)
        error_of_partner(&m);
    else
        BENCH_ERROR("%s: %s in the suite or a partner at rip %lx, word 0 %lx, error code %lx", suite_current,
                    fault_name(m.label), m.word[1], m.word[0], m.word[2]);
    return 1;
}

_Noreturn void watch_finish(uint64_t exit_code)
{
    for (;;) {
        struct msg m = {.word = {exit_code}};
        ipc_send(finish_ep, &m);
    }
}
