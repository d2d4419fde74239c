/* Snapshots: a page that has never been written since pages_begin() is the same in all of them; the CPU says when one is. */
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES_MOST = 1 << 10 };

/* Not among the library's variables, which come back with each state. */
static struct pages {
    bool watching, changes[PAGES_MOST];
    unsigned count, hot, hots[PAGES_MOST];
    char *at[PAGES_MOST];
    char kept[SNAPSHOTS][PAGES_MOST][PAGE];
} *pages;

__attribute__((constructor)) static void begin(void)
{
    pages =
        mmap(NULL, sizeof *pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        abort();
}

void pages_begin(char *const *start, const size_t *bytes, unsigned parts)
{
    pages->count = pages->hot = 0;
    memset(pages->changes, 0, sizeof pages->changes);
    for (unsigned i = 0; i < parts; i++) {
        char *first = (char *)((uintptr_t)start[i] & ~(uintptr_t)(PAGE - 1));
        for (char *at = first; at < start[i] + bytes[i]; at += PAGE) {
            if (pages->count == PAGES_MOST)
                abort();
            pages->at[pages->count++] = at;
        }
    }
    pages->watching = true;
    for (unsigned i = 0; i < pages->count; i++)
        mprotect(pages->at[i], PAGE, PROT_READ);
}

/* What it was then it is in all snapshots that are there. */
static void now_changes(unsigned i)
{
    pages->changes[i] = true;
    pages->hots[pages->hot++] = i;
    for (unsigned n = 0; n < SNAPSHOTS; n++)
        memcpy(pages->kept[n][i], pages->at[i], PAGE);
    mprotect(pages->at[i], PAGE, PROT_READ | PROT_WRITE);
}

bool pages_changes(const void *address)
{
    char *page = (char *)((uintptr_t)address & ~(uintptr_t)(PAGE - 1));
    for (unsigned i = 0; pages->watching && i < pages->count; i++) {
        if (pages->at[i] == page && !pages->changes[i]) {
            now_changes(i);
            return true;
        }
    }
    return false;
}

void pages_keep(unsigned which)
{
    for (unsigned i = 0; i < pages->hot; i++)
        memcpy(pages->kept[which][pages->hots[i]], pages->at[pages->hots[i]], PAGE);
}

void pages_restore(unsigned which)
{
    for (unsigned i = 0; i < pages->hot; i++)
        memcpy(pages->at[pages->hots[i]], pages->kept[which][pages->hots[i]], PAGE);
}

void pages_end(void)
{
    for (unsigned i = 0; pages->watching && i < pages->count; i++)
        mprotect(pages->at[i], PAGE, PROT_READ | PROT_WRITE);
    pages->watching = false;
}
