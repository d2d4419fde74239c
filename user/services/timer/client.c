/* The timer's client: a deadline that the service forgot, it sets again. */
#include "timer/protocol.h"

seL4_Word timer_now(const struct timer *t)
{
    return SERVICE_CALL(t->service, TIMER_NOW, 0, (void)0) ? microkit_mr_get(0) : 0;
}

bool timer_set(struct timer *t, seL4_Word deadline)
{
    t->deadline = deadline;
    return SERVICE_CALL(t->service, TIMER_SET, 1, microkit_mr_set(0, deadline));
}

bool timer_cancel(struct timer *t)
{
    t->deadline = 0;
    return SERVICE_CALL(t->service, TIMER_CANCEL, 0, (void)0);
}

bool timer_due(struct timer *t)
{
    if (t->deadline == 0)
        return false;
    if (timer_now(t) < t->deadline) {
        timer_set(t, t->deadline);
        return false;
    }
    t->deadline = 0;
    return true;
}
