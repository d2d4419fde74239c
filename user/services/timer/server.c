/* Many deadlines by one timer of the kernel. */
#include <baton/timer.h>
#include "denied/denied.h"
#include "timer/protocol.h"

enum { KERNEL = 61 }; /* the id of <timer> */

const struct service_clock *clock; /* where the description maps it */
static seL4_Word deadlines[MICROKIT_MAX_CHANNELS],
    waiting; /* in nanoseconds; a bit for each client that has one */

static seL4_Word nanoseconds(seL4_Word ticks)
{
    return ticks / clock->mhz * 1000 + ticks % clock->mhz * 1000 / clock->mhz;
}

/* The first tick that is not before; for what does not fit, the last. */
static seL4_Word ticks(seL4_Word time)
{
    seL4_Word whole = time / 1000;
    if (whole >= ~0ul / clock->mhz)
        return ~0ul;
    return whole * clock->mhz + (time % 1000 * clock->mhz + 999) / 1000;
}

static void arm(void)
{
    seL4_Word next = ~0ul;
    for (seL4_Word left = waiting; left != 0; left &= left - 1)
        if (deadlines[__builtin_ctzl(left)] < next)
            next = deadlines[__builtin_ctzl(left)];
    if (waiting != 0)
        baton_timer_set(KERNEL, ticks(next));
    else
        baton_timer_cancel(KERNEL);
}

void init(void)
{
    service_signal_all();
}

void notified(microkit_channel ch)
{
    seL4_Word now = nanoseconds(baton_timer_now());
    (void)ch;
    for (seL4_Word left = waiting; left != 0; left &= left - 1) {
        unsigned client = (unsigned)__builtin_ctzl(left);
        if (deadlines[client] > now)
            continue;
        waiting &= ~(1ul << client);
        microkit_notify(client);
    }
    arm();
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word label = microkit_msginfo_get_label(msginfo), now = nanoseconds(baton_timer_now());
    seL4_Word words = label == TIMER_SET;
    if (label < TIMER_NOW || label > TIMER_CANCEL || microkit_msginfo_get_count(msginfo) != words ||
        !baton_has_id(microkit_notifications, ch)) {
        denied_number(ch, ch, DENIED_SENSE, "call", label);
        return microkit_msginfo_new(SERVICE_BAD, 0);
    }
    if (label != TIMER_NOW) {
        deadlines[ch] = microkit_mr_get(0);
        waiting = label == TIMER_SET ? waiting | 1ul << ch : waiting & ~(1ul << ch);
        arm();
    }
    microkit_mr_set(0, now);
    return microkit_msginfo_new(SERVICE_OK, 1);
}
