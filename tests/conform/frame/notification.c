#include "frame/notification.h"

uint64_t notification(void)
{
    return temp_object(TYPE_NOTIFICATION, 0);
}

cap_t signaller(uint64_t notification_slot, uint64_t bits)
{
    return cap_at(temp_mint(notification_slot, RIGHT_SIGNAL, bits));
}

void expect_signal(const struct step *s, uint64_t bits, const char *file, unsigned line)
{
    if (!expect_done(s, file, line) || !expect_outcome(s, GOT_NOTIFIED, file, line))
        return;
    expect_is(s->m.badge, bits, "the bits", file, line);
    expect_is(s->m.label, 0, "the label", file, line);
    for (unsigned k = 0; k < 8; k++)
        expect_is(s->m.word[k], 0, "a message word", file, line);
}

void expect_pending(uint64_t notification_slot, uint64_t bits, const char *file, unsigned line)
{
    uint64_t got;
    long result = notification_poll(cap_at(notification_slot), &got);
    expect_is((uint64_t)result, bits ? (uint64_t)GOT_NOTIFIED : (uint64_t)ERR_EMPTY, "a poll", file, line);
    if (result == GOT_NOTIFIED)
        expect_is(got, bits, "the pending bits", file, line);
}
