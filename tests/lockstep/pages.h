/* States of the kernel, of which only those pages are kept that change. */
#ifndef BATON_LOCKSTEP_PAGES_H
#define BATON_LOCKSTEP_PAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { SNAPSHOTS = 128 };

/* From now on: all of what is in these parts, and the first snapshot is what they hold now. */
void pages_begin(char *const *start, const size_t *bytes, unsigned parts);
/* Was the address in a page that had never changed? Then it may now. */
bool pages_changes(const void *address);
void pages_keep(unsigned which);
void pages_restore(unsigned which);
void pages_end(void);

#endif
