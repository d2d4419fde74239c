/* How a step of an actor must have ended, and what is said when it has not. */
#include <stdio.h>
#include "frame/conform.h"
#include "frame/shared.h"

#define SYSCALL(n, name, doc)                                                                                  \
    case n: return #name;
static const char *operation_name(uint64_t op)
{
    switch (op) {
#include "abi_each.h"
    case STEP_FUNCTION: return "a function";
    default: return "a number that is no system call";
    }
}

#define ERROR(n, name, doc)                                                                                    \
    case n: return "ERR_" #name;
const char *error_word(long result)
{
    switch (result) {
#include "abi_each.h"
    default: return NULL;
    }
}

#define OUTCOME(n, name, doc)                                                                                  \
    case n: return "GOT_" #name;
static const char *outcome_name(long result)
{
    switch (result) {
#include "abi_each.h"
    default: return error_word(result) ? error_word(result) : "no outcome that there is";
    }
}

/* "actor B's step 2, CALL: " and what. */
static const char *told(char text[160], const struct step *s, const char *what)
{
    snprintf(text, 160, "actor %c's step %u, %s: %s", 'A' + (int)s->who, s->number, operation_name(s->op),
             what);
    return text;
}

bool expect_done(const struct step *s, const char *file, unsigned line)
{
    char text[160];
    return expect(s->done, s->done ? "" : told(text, s, "it has not ended"), file, line) &&
           expect_is(s->space, s->home, "the address space that it runs in", file, line);
}

bool expect_outcome(const struct step *s, long result, const char *file, unsigned line)
{
    char text[160], what[160];
    if (s->result == result)
        return expect(true, "", file, line);
    snprintf(what, sizeof what, "its result is %s, not %s", outcome_name(s->result), outcome_name(result));
    return expect(false, told(text, s, what), file, line);
}

static void expect_of(const struct step *s, uint64_t got, uint64_t want, const char *what, const char *file,
                      unsigned line)
{
    char text[160];
    expect_is(got, want, got == want ? "" : told(text, s, what), file, line);
}

void expect_message(const struct step *s, uint64_t badge, uint64_t seed, const char *file, unsigned line)
{
    if (!expect_done(s, file, line) || !expect_outcome(s, GOT_MESSAGE, file, line))
        return;
    expect_of(s, s->m.badge, badge, "the badge", file, line);
    expect_of(s, s->m.label, pattern(seed, 8), "the label", file, line);
    for (unsigned k = 0; k < 8; k++)
        expect_of(s, s->m.word[k], pattern(seed, k), "a message word", file, line);
}

void expect_result(const struct step *s, long result, const char *file, unsigned line)
{
    if (expect_done(s, file, line))
        expect_outcome(s, result, file, line);
}

void expect_waits(const struct step *s, const char *file, unsigned line)
{
    char text[160], what[160];
    if (s->done)
        snprintf(what, sizeof what, "it does not wait, but has ended with %s", outcome_name(s->result));
    expect(!s->done, s->done ? told(text, s, what) : "", file, line);
}

void expect_canceled(const struct step *s, const char *file, unsigned line)
{
    if (!expect_done(s, file, line) || !expect_outcome(s, ERR_CANCELED, file, line))
        return;
    uint64_t any = s->m.badge | s->m.label;
    for (unsigned k = 0; k < 8; k++)
        any |= s->m.word[k];
    expect_of(s, any, 0, "what the message registers hold", file, line);
}

void tell_stuck(const char *why)
{
    print("not ok %s: %s; its last check was %s:%u", case_name(), why, case_file(), case_line());
    for (unsigned who = 0; who < ACTORS; who++) {
        const struct actor *a = &shared()->actor[who];
        const struct step *s = &a->step[a->next % STEPS];
        char text[160];
        if (a->next < a->planned)
            print("; %s", told(text, s, "it has not ended"));
    }
    print("\n");
}
