/* The root task's own parts. */
#ifndef BATON_ROOT_H
#define BATON_ROOT_H

#include "baton.h"

/* How the memory is divided between the root task and the program that it starts. */
struct reserve {
    struct bootinfo own; /* as the kernel's, but with what the root task keeps as the only untyped memory */
    /* What it gives away: RAM first, the largest first. */
    struct bootinfo_untyped rest[BOOTINFO_UNTYPED_MAX + 64];
    unsigned rest_count;
};

/* pre: the allocator is not in use yet. post: `own` is a boot info for alloc_init. */
void reserve_take(struct reserve *r, const struct bootinfo *bi);
/* Gives away the rest; when the program's boot info is full, the smallest pieces stay behind. */
void reserve_give_rest(struct reserve *r, struct program *to);

#endif
