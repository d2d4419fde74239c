/* Files with which a RAM file system begins: archive.py packs them. */
#ifndef SERVICES_RAMFS_ARCHIVE_H
#define SERVICES_RAMFS_ARCHIVE_H

#include "ramfs.h"

/* One after the other, each at a multiple of 8: this, the path, the bytes. A path that ends with / is a folder. */
struct archive_entry {
    uint32_t path_length; /* 0: the end */
    uint32_t size;
};

/* What does not fit is left out. */
void archive_unpack(const void *archive, uint64_t bytes);

#endif
