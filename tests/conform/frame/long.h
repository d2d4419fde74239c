/* What the cases of long messages share. */
#ifndef CONFORM_IPC_LONG_H
#define CONFORM_IPC_LONG_H

#include "frame/conform.h"
#include "ipc_buffer.h"

/* Gives the actor an IPC buffer of its own, mapped here; every word of it is a mark that no message has. */
struct ipc_buffer *buffer_new(unsigned who);
/* Slot of that frame. */
uint64_t buffer_frame(unsigned who);
/* Fills in a message of this many words, without capabilities. */
void buffer_fill(struct ipc_buffer *b, uint64_t words, uint64_t seed);
/* This many words have come and no capability; after them the buffer is as buffer_new left it. */
void expect_buffer(const struct ipc_buffer *b, uint64_t words, uint64_t seed, const char *file, unsigned line);
#define EXPECT_BUFFER(b, words, seed) expect_buffer(b, words, seed, __FILE__, __LINE__)
/* Nothing has been written to it since buffer_new. */
void expect_untouched(const struct ipc_buffer *b, const char *file, unsigned line);
#define EXPECT_UNTOUCHED(b) expect_untouched(b, __FILE__, __LINE__)
/* As expect_message, but more of it is in the buffer. */
void expect_long(struct step *s, uint64_t badge, uint64_t seed, const char *file, unsigned line);
#define EXPECT_LONG(step, badge, seed) expect_long(step, badge, seed, __FILE__, __LINE__)

#endif
