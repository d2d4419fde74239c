/* Two threads and what they share, as the kernel has them in its memory, at addresses of this process. */
#ifndef LOGIC_WORLD_H
#define LOGIC_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLOT_ENDPOINT = 1, SLOT_NOTIFICATION, SLOTS = 4 }; /* threads.asm */

/* Where the partner is when the client's round begins. */
enum partner { RECEIVES, READY, WAITS };

/* The image's own symbols: name=address, in hexadecimal; false: one is missing. */
bool world_symbols(char **words);
uint64_t world_entry(void);           /* syscall_entry */
bool world_is_code(uint64_t address); /* of the fast paths */

/* pre: world_symbols, and the image is mapped. `code`: what the partner does when it runs. */
void world_make(enum partner state, void (*code)(void));
/* Is all as world_make left it, but for the notification's pending bits? */
bool world_is_as_made(void);

/* The CPU's caches lose the kernel's data; its code. */
void world_evict_data(void);
void world_evict_code(void);

#endif
