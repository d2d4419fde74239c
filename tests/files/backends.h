/* Each kind of file system, for tests of what they have in common. */
#ifndef FILES_BACKENDS_H
#define FILES_BACKENDS_H

void backend_begin(const char *image);      /* image: of a disk, for those that have one */
void backend_check(void);                   /* a test: what it has is whole */
extern const char *const backend_aliases[]; /* of files of ann's in owners.c; NULL ends them */

#endif
