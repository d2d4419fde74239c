#pragma once
/* --try KIND:N: states that are likely to differ, before all others. */
#include <stdbool.h>
#include <stdint.h>

/* A kind of states; a list of them ends with one without a name. */
struct kind {
    const char *name; /* with the colon */
    bool (*one)(uint64_t);
};

/* Where the number begins, for whoever wants to refuse what is none; what is of no kind is all number. */
const char *tried_add(const struct kind *kinds, const char *text);
/* From each of them, until so many are not equal. */
void tried_all(const uint64_t *failures, uint64_t most);
