/* What was done to one kernel, done to another one: tape.py. */
#include "kernel.h"

/* An entry: what, two numbers, and of a step the input: which state; when, and how it ended; the digest of what is seen. */
enum { RESTORE, KEEP, STEP, VIEW };
enum { ENTRY_WORDS = 3, INPUT_WORDS = 6 + REGISTERS };

void lockstep_restore(unsigned which);
void lockstep_keep(unsigned which);
int lockstep_step(const uint64_t *input, uint64_t now);
unsigned lockstep_view(const uint64_t **to);

/* Of the whole state; 0 if it cannot be read. */
uint64_t lockstep_digest(void)
{
    const uint64_t *words;
    unsigned count = lockstep_view(&words);
    uint64_t digest = count;
    for (unsigned i = 0; i < count; i++) {
        digest = (digest ^ words[i]) * 0x9e3779b97f4a7c15;
        digest ^= digest >> 29;
    }
    return digest;
}

static bool as_before(const uint64_t *entry, int *ended)
{
    switch (entry[0]) {
    case RESTORE: lockstep_restore((unsigned)entry[1]); return true;
    case KEEP: lockstep_keep((unsigned)entry[1]); return true;
    case STEP: *ended = lockstep_step(entry + ENTRY_WORDS, entry[1]); return (uint64_t)*ended == entry[2];
    default: return lockstep_digest() == entry[1];
    }
}

/* Where the first entry begins that goes another way, or the end; and how the last step ended. */
uint64_t lockstep_replay(const uint64_t *tape, uint64_t words, int *ended)
{
    uint64_t at = 0;
    while (at < words && as_before(tape + at, ended))
        at += ENTRY_WORDS + (tape[at] == STEP ? INPUT_WORDS : 0);
    return at;
}
