#include "sched/made_ready.h"
#include "frame/notification.h"

/* A of `priority` waits and is signalled by the runner, who stays the more urgent: it is ready, with bits to
 * get. D: whether that one is ready before it. */
static struct step *notified(unsigned priority, bool in_line)
{
    uint64_t n = notification();
    actor_configure(A, priority, watch_fault_ep);
    struct step *s = plan(A, SYS_WAIT, cap_at(n), 1);
    go(A);
    quiesce();
    EXPECT_WAITS(s);
    if (in_line) {
        actor_configure(D, priority, watch_fault_ep);
        plan(D, SYS_NULL, 0, 3);
        go(D);
    }
    EXPECT_IS(notification_signal(signaller(n, TAGGED_BITS)), 0);
    EXPECT_WAITS(s);
    return s;
}

struct step *tagged_notified(unsigned priority)
{
    return notified(priority, false);
}

struct step *tagged_in_line(unsigned priority)
{
    return notified(priority, true);
}

/* A of a lower priority signals the runner, and so is preempted in the middle of a system call. */
struct step *tagged_preempted(unsigned priority)
{
    uint64_t n = notification(), got = 0;
    actor_configure(A, priority, watch_fault_ep);
    struct step *s = plan(A, SYS_SIGNAL, cap_at(n), 2);
    go(A);
    EXPECT_IS(notification_wait(cap_at(n), &got), GOT_NOTIFIED);
    EXPECT_IS(got, 1);
    EXPECT_WAITS(s);
    return s;
}

/* Signal keeps the registers of a message. */
void tagged_expect_signalled(const struct step *s)
{
    EXPECT_RESULT(s, 0);
    EXPECT(is_pattern(&s->m, s->cap, 2));
}
