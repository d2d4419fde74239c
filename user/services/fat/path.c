/* Paths: from the root, component by component. */
#include <string.h>
#include "own.h"

uint32_t root_of(const struct fat *fs)
{
    return fs->root_cluster; /* 0 but for FAT32 */
}

/* One component, as a name. */
static enum fs_status component(const char *path, uint32_t length, struct target *target)
{
    if (length > FS_NAME)
        return FS_BAD_NAME;
    target->count = utf16_from_utf8(path, length, target->name, LONG_MOST);
    return name_is_good(target->name, target->count) ? FS_OK : FS_BAD_NAME;
}

static enum fs_status enter(struct fat *fs, struct target *target)
{
    struct found found;
    TRY(folder_find(fs, target->folder, target->name, target->count, &found));
    if ((found.entry[11] & ATTR_FOLDER) == 0)
        return FS_NO_FOLDER;
    target->folder = entry_cluster(fs, found.entry);
    return is_cluster(fs, target->folder) ? FS_OK : FS_DAMAGED;
}

enum fs_status path_walk(struct fat *fs, const char *path, uint32_t length, struct target *target)
{
    target->folder = root_of(fs);
    target->count = 0;
    if (length > FS_PATH)
        return FS_BAD_NAME;
    for (uint32_t at = 0, end; length != 0; at = end + 1) {
        const char *slash = at < length ? memchr(path + at, '/', length - at) : NULL;
        end = slash ? (uint32_t)(slash - path) : length;
        TRY(component(path + at, end - at, target));
        if (end == length)
            return FS_OK;
        TRY(enter(fs, target));
    }
    return FS_OK;
}
