#include "guarded.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { GUARD = 4096 };

char *guarded_start(unsigned which)
{
    static char *area[GUARDED_AREAS];
    if (area[which] == NULL) {
        char *all = mmap(NULL, GUARD + GUARDED_BYTES + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED || mprotect(all + GUARD, GUARDED_BYTES, PROT_READ | PROT_WRITE) != 0)
            abort();
        area[which] = all + GUARD;
    }
    return area[which];
}

char *guarded_end(unsigned which, size_t n)
{
    return guarded_start(which) + GUARDED_BYTES - n;
}
