/* What a kind of file system does: one of them is linked with serve.c. Paths have been checked; a node is a number that it gives out, and
   takes back by backend_close() once for each opening. FS_UNFINISHED: it takes so long that others must be served in between. A part is
   done, and no more of it is to be seen than a part of what is written, or of the zeros by which a file becomes longer; asked again in the
   same words, as often as that is returned, it goes on. */
#ifndef SERVICES_FS_BACKEND_H
#define SERVICES_FS_BACKEND_H

#include <stdbool.h>
#include "protocol.h"

struct fs_path {
    const char *bytes;
    uint32_t length;
};

enum fs_status backend_open(struct fs_path path, uint32_t flags, uint32_t *node);
void backend_close(uint32_t node);
enum fs_status backend_read(uint32_t node, uint64_t offset, void *to, uint32_t *length);
enum fs_status backend_write(uint32_t node, uint64_t offset, const void *from, uint32_t *length);
enum fs_status backend_truncate(uint32_t node, uint64_t size);
void backend_stat(uint32_t node, struct fs_stat *stat);
/* As fat_list(). */
enum fs_status backend_list(uint32_t node, uint64_t *place, struct fs_entry *entry, char *name);
enum fs_status backend_mkdir(struct fs_path path);
enum fs_status backend_remove(struct fs_path path);
enum fs_status backend_rename(struct fs_path from, struct fs_path to, bool replace);
enum fs_status backend_sync(void);
void backend_space(uint64_t *free, uint64_t *all);

#endif
