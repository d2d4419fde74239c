#include "tried.h"

#include <stdlib.h>
#include <string.h>

enum { TRIED_MAX = 64 }; /* those that come later are left out: they are tried among all others */

static struct {
    bool (*one)(uint64_t);
    uint64_t number;
} tried[TRIED_MAX];
static unsigned tries;

const char *tried_add(const struct kind *kinds, const char *text)
{
    for (const struct kind *kind = kinds; kind->name; kind++) {
        size_t head = strlen(kind->name);
        if (strncmp(text, kind->name, head) != 0)
            continue;
        if (tries < TRIED_MAX) {
            tried[tries].one = kind->one;
            tried[tries++].number = strtoull(text + head, NULL, 0);
        }
        return text + head;
    }
    return text;
}

void tried_all(const uint64_t *failures, uint64_t most)
{
    for (unsigned i = 0; i < tries && *failures < most; i++)
        tried[i].one(tried[i].number);
}
