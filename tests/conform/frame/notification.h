/* What the cases of notifications share. */
#ifndef CONFORM_NOTIFICATION_H
#define CONFORM_NOTIFICATION_H

#include "frame/conform.h"

/* Slot of a new notification; a capability that signals these bits of it. */
uint64_t notification(void);
cap_t signaller(uint64_t notification, uint64_t bits);
/* The step received this signal: the message is empty. */
void expect_signal(const struct step *s, uint64_t bits, const char *file, unsigned line);
#define EXPECT_SIGNAL(step, bits) expect_signal(step, bits, __FILE__, __LINE__)
/* The runner polls: these bits are pending, and no longer; or none are. */
void expect_pending(uint64_t notification, uint64_t bits, const char *file, unsigned line);
#define EXPECT_PENDING(notification, bits) expect_pending(notification, bits, __FILE__, __LINE__)

#endif
