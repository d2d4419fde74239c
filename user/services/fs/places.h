/* Several file systems under one root: the files in memory, and behind the name `disk` those of the disk. A path's first component says which. */
#ifndef SERVICES_FS_PLACES_H
#define SERVICES_FS_PLACES_H

#include <stdint.h>

enum fs_place { FS_IN_MEMORY, FS_ON_DISK, FS_PLACES };
#define FS_DISK_NAME "disk"

/* Where a path leads; *path and *length become what that file system calls it. */
enum fs_place fs_place_of(const char **path, uint32_t *length);

#endif
