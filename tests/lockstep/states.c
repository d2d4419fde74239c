/* Of a state 16 bytes are kept, in a file if there is one: it only grows, so whatever happens, what was there stays right. Which keys
   there are is looked up in a table, which is made from them. */
#include "states.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Not among the library's variables, which come back with each state. */
static struct states {
    struct found *all;
    uint64_t *seen, room; /* keys, where each falls, 0: none; a power of two of them */
    uint64_t count, most;
} *s;

static void *memory(size_t bytes, int file)
{
    int how = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    void *to = mmap(NULL, bytes, PROT_READ | PROT_WRITE, how, file, 0);
    if (to == MAP_FAILED)
        abort();
    return to;
}

__attribute__((constructor)) static void begin(void)
{
    s = memory(sizeof *s, -1);
}

static uint64_t *place_of(uint64_t key)
{
    uint64_t at = key & (s->room - 1);
    while (s->seen[at] && s->seen[at] != key)
        at = (at + 1) & (s->room - 1);
    return &s->seen[at];
}

void states_begin(uint64_t most, int file, uint64_t there)
{
    size_t bytes = (most + 1) * sizeof *s->all;
    if (there > most || (file >= 0 && ftruncate(file, (off_t)bytes)))
        abort();
    for (s->room = 1; s->room < 2 * most;)
        s->room *= 2;
    s->most = most, s->count = there;
    s->all = memory(bytes, file);
    s->seen = memory(s->room * sizeof *s->seen, -1);
    madvise(s->seen, s->room * sizeof *s->seen, MADV_HUGEPAGE);
    for (uint64_t i = 0; i < there; i++)
        *place_of(s->all[i].key) = s->all[i].key;
}

void states_end(void)
{
    munmap(s->all, (s->most + 1) * sizeof *s->all);
    munmap(s->seen, s->room * sizeof *s->seen);
}

uint64_t states_count(void)
{
    return s->count;
}

bool states_has(uint64_t key)
{
    return *place_of(key) == key;
}

bool states_add(struct found found)
{
    uint64_t *place = place_of(found.key);
    if (*place)
        return false;
    if (s->count > s->most)
        abort();
    *place = found.key;
    s->all[s->count++] = found;
    return true;
}

const struct found *states_at(uint64_t state)
{
    return &s->all[state];
}
