/* Before bench/evict.c on the host: the system calls that it makes, by mmap and mprotect. */
#ifndef EVICT_SHIM_H
#define EVICT_SHIM_H

#include "baton.h"

long host_protect(cap_t frame, unsigned rights);
#define memory_protect host_protect
#define cap_move(to, to_index, from, from_index) ((long)0 * (long)((to) + (to_index) + (from) + (from_index)))

#endif
