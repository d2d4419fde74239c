/* The boot of a kernel with `mitigations=` words on a made-up CPU, by the kernel's own functions, as far as
   that decides what the entries do. */
#ifndef BARRIERS_BOOT_H
#define BARRIERS_BOOT_H

#include <stdbool.h>
#include <stdint.h>
#include "trace.h"

struct booted {
    uint32_t on_paths;    /* set of enum mitigation: what was asked for, except what is a mode of that CPU */
    uint64_t entry_stack; /* where an interrupt of ring 3 arrives */
    bool smap;
    uint64_t window_start, window_end; /* the part that is mapped with KPTI while ring 3 runs */
    uint64_t stacks;                   /* in it, those that the CPU enters on; the entry stack is the first */
};

extern struct booted booted;

/* The variant of the entries that belongs to a set of mitigations that need instructions: its suffix. */
const char *boot_variant(uint32_t on_paths);
/* Boots, and checks that what the boot has decided, patched and set is right; else says why not in `why`. pre:
   world_init with the variant of on_paths */
bool boot(const char *words, const struct cpu_shown *on, uint32_t on_paths, bool smap, char *why,
          unsigned size);

#endif
