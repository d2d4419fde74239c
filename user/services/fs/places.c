#include "places.h"

#include <string.h>

enum fs_place fs_place_of(const char **path, uint32_t *length)
{
    const uint32_t name = sizeof FS_DISK_NAME - 1;
    if (*length < name || memcmp(*path, FS_DISK_NAME, name) != 0 || (*length > name && (*path)[name] != '/'))
        return FS_IN_MEMORY;
    uint32_t cut = *length > name ? name + 1 : name;
    *path += cut;
    *length -= cut;
    return FS_ON_DISK;
}
