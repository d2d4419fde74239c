/* What a step of an actor must have come to. */
#include "conform.h"

static bool expect_done(const struct step *s, const char *file, unsigned line)
{
    return expect(s->done, "the step is done", file, line) &&
           expect_is(s->space, s->home, "the address space that it runs in", file, line);
}

void expect_message(const struct step *s, uint64_t badge, uint64_t seed, const char *file, unsigned line)
{
    if (!expect_done(s, file, line))
        return;
    expect_is((uint64_t)s->result, GOT_MESSAGE, "the result", file, line);
    expect_is(s->m.badge, badge, "the badge", file, line);
    expect_is(s->m.label, pattern(seed, 8), "the label", file, line);
    for (unsigned k = 0; k < 8; k++)
        expect_is(s->m.word[k], pattern(seed, k), "a message word", file, line);
}

void expect_result(const struct step *s, long result, const char *file, unsigned line)
{
    if (expect_done(s, file, line))
        expect_is((uint64_t)s->result, (uint64_t)result, "the result", file, line);
}

void expect_waits(const struct step *s, const char *file, unsigned line)
{
    expect(!s->done, "the step waits", file, line);
}

void expect_canceled(const struct step *s, const char *file, unsigned line)
{
    if (!expect_done(s, file, line))
        return;
    expect_is((uint64_t)s->result, (uint64_t)ERR_CANCELED, "the result", file, line);
    uint64_t any = s->m.badge | s->m.label;
    for (unsigned k = 0; k < 8; k++)
        any |= s->m.word[k];
    expect_is(any, 0, "what the message registers hold", file, line);
}
