/* The side that writes the list. */
#include "denied.h"
#include <stdbool.h>
#include <string.h>

struct denials *denied_page;
uint64_t denied_size;

static unsigned count(void)
{
    return denied_page ? (unsigned)denied_lines(denied_size) : 0;
}

/* The oldest of those of one who asked, or of an owner. pre: there is one. */
static struct denial *oldest(bool by_owner, uint32_t whose)
{
    struct denial *found = NULL;
    for (struct denial *d = denied_page->line; d < denied_page->line + count(); d++)
        if ((by_owner ? d->owner : d->who) == whose && (!found || d->number < found->number))
            found = d;
    return found;
}

static bool is_same(const struct denial *d, const struct denial *new)
{
    return d->number != 0 && d->who == new->who && d->owner == new->owner &&
           d->why == new->why &&memcmp(d->what, new->what, DENIED_TEXT) == 0;
}

/* The same line, or one of which nothing is kept any more: an empty one; of who has his share, his own oldest; else the oldest of the owner
   who has most. So a flood takes no more lines than that from others, and those first from who has more than they. */
static struct denial *place_for(const struct denial *new)
{
    uint16_t of[DENIED_OWNERS] = {0};
    uint32_t most = 0;
    unsigned own = 0;
    struct denial *empty = NULL;
    for (struct denial *d = denied_page->line; d < denied_page->line + count(); d++) {
        if (d->number == 0) { /* or it was left half written by a life that ended */
            empty = empty ? empty : d;
            continue;
        }
        if (is_same(d, new))
            return d;
        own += d->who == new->who;
        of[d->owner % DENIED_OWNERS]++;
        most = of[d->owner % DENIED_OWNERS] > of[most] ? d->owner % DENIED_OWNERS : most;
    }
    if (empty)
        return empty;
    return own > 0 && own >= count() / DENIED_SHARES ? oldest(false, new->who) : oldest(true, most);
}

static void put(const struct denial *new)
{
    uint64_t number = ++denied_page->all;
    struct denial *d = place_for(new);
    uint32_t times = is_same(d, new) ? d->times + (d->times < UINT32_MAX) : 1;
    __atomic_store_n(&d->number, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *d = *new;
    d->times = times;
    __atomic_store_n(&d->number, number, __ATOMIC_RELEASE);
}

/* Whoever reads it must not take a part of the text for something else that is said. */
static unsigned add(struct denial *d, unsigned at, const char *text, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        if (at == DENIED_TEXT - 1) {
            memcpy(d->what + at - 3, "...", 3);
            return at;
        }
        d->what[at++] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    }
    return at;
}

void denied(uint32_t who, uint32_t owner, enum denied_why why, const char *what, const char *text,
            uint32_t bytes)
{
    struct denial d = {.who = who, .owner = (uint16_t)(owner % DENIED_OWNERS), .why = (uint16_t)why};
    if (count() == 0)
        return;
    unsigned at = add(&d, 0, what, (uint32_t)strlen(what));
    if (bytes > 0)
        add(&d, add(&d, at, " ", 1), text, bytes);
    put(&d);
}

void denied_number(uint32_t who, uint32_t owner, enum denied_why why, const char *what, uint64_t number)
{
    char digits[20];
    unsigned at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    denied(who, owner, why, what, digits + at, (uint32_t)sizeof digits - at);
}
