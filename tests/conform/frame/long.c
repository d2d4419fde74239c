#include "frame/long.h"

enum { MARK_SEED = 0xdead, BUFFER_NUMBERS = sizeof(struct ipc_buffer) / 8 };

static uint64_t frames[ACTORS];

uint64_t buffer_frame(unsigned who)
{
    return frames[who];
}

struct ipc_buffer *buffer_new(unsigned who)
{
    uint64_t page = temp_page(), *number = (uint64_t *)page; /* NOLINT: mapped below */
    frames[who] = temp_object(TYPE_FRAME, 12);
    EXPECT_IS(memory_map(cap_at(frames[who]), cap_at(CAP_SELF_SPACE), page, RIGHT_READ | RIGHT_WRITE), 0);
    EXPECT_IS(actor_set_buffer(who, cap_at(frames[who])), 0);
    for (unsigned i = 0; i < BUFFER_NUMBERS; i++)
        number[i] = pattern(MARK_SEED, i);
    return (struct ipc_buffer *)page; /* NOLINT: the same */
}

void buffer_fill(struct ipc_buffer *b, uint64_t words, uint64_t seed)
{
    b->words = words;
    b->caps = 0;
    for (unsigned i = 0; i < IPC_BUFFER_WORDS; i++)
        b->word[i] = pattern(seed, 100 + i);
}

/* From that word on the buffer is as buffer_new left it. */
static void expect_marks(const struct ipc_buffer *b, size_t from, size_t end, const char *file, unsigned line)
{
    const uint64_t *number = (const uint64_t *)b;
    for (size_t i = from; i < end; i++)
        expect_is(number[i], pattern(MARK_SEED, (unsigned)i), "a number that no message wrote", file, line);
}

void expect_buffer(const struct ipc_buffer *b, uint64_t words, uint64_t seed, const char *file, unsigned line)
{
    size_t first = offsetof(struct ipc_buffer, word) / 8;
    expect_is(b->words, words, "the number of words", file, line);
    expect_is(b->caps, 0, "the number of capabilities", file, line);
    for (unsigned i = 0; i < words; i++)
        expect_is(b->word[i], pattern(seed, 100 + i), "a word in the buffer", file, line);
    expect_marks(b, offsetof(struct ipc_buffer, cap) / 8, first, file, line);
    expect_marks(b, first + words, BUFFER_NUMBERS, file, line);
}

void expect_untouched(const struct ipc_buffer *b, const char *file, unsigned line)
{
    expect_marks(b, 0, BUFFER_NUMBERS, file, line);
}

void expect_long(struct step *s, uint64_t badge, uint64_t seed, const char *file, unsigned line)
{
    if (!expect_done(s, file, line) || !expect_outcome(s, GOT_LONG, file, line))
        return;
    s->result = GOT_MESSAGE;
    expect_message(s, badge, seed, file, line);
}
