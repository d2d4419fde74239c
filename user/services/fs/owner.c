/* Whose files are whose. There is no owner in FAT, so a file is of the user in whose home it lies. What a path leads to decides, and not how it
   is written: two paths are the same if they open the same node, by whichever of its names. */
#include <string.h>
#include "backend.h"
#include "serve.h"
#include "try.h"

static const struct fs_path homes = {FS_HOMES, sizeof FS_HOMES - 1};

/* Of what is not there, or in no folder, nothing is the same. */
static enum fs_status same(struct fs_path a, struct fs_path b, bool *is)
{
    uint32_t one, other;
    *is = false;
    enum fs_status status = backend_open(a, 0, &one);
    if (status == FS_OK) {
        status = backend_open(b, 0, &other);
        *is = status == FS_OK && one == other;
        if (status == FS_OK)
            backend_close(other);
        backend_close(one);
    }
    return status == FS_NOT_FOUND || status == FS_NO_FOLDER ? FS_OK : status;
}

/* The path of its first `count` components; false: it has fewer. */
static bool begins(struct fs_path path, unsigned count, struct fs_path *begin)
{
    uint32_t at = 0;
    for (; count > 0 && at < path.length; count--, at++)
        while (at < path.length && path.bytes[at] != '/')
            at++;
    *begin = (struct fs_path){path.bytes, at > 0 ? at - 1 : 0};
    return count == 0;
}

/* Names that are a component of a path, and that no file system takes for others that differ in more than capitals. */
static bool is_name(struct fs_path user)
{
    for (uint32_t i = 0; i < user.length; i++) {
        char c = user.bytes[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' &&
            c != '_')
            return false;
    }
    return user.length > 0 && user.length <= FS_USER;
}

/* "folder/name". pre: folder has two components at most, so there is room. */
static struct fs_path inside(struct fs_path folder, const char *name, uint32_t length, char made[FS_PATH])
{
    memcpy(made, folder.bytes, folder.length);
    made[folder.length] = '/';
    memcpy(made + folder.length + 1, name, length);
    return (struct fs_path){made, folder.length + 1 + length};
}

enum fs_status owner_check(struct fs_path path, struct fs_path user, bool changes)
{
    static char made[FS_PATH];
    const enum fs_status others = changes ? FS_DENIED : FS_OK; /* what is nobody's may be read */
    struct fs_path first, home, third;
    bool is = false;
    if (!is_name(user))
        return FS_BAD_REQUEST;
    if (begins(path, 1, &first))
        TRY(same(first, homes, &is));
    if (!is || !begins(path, 2, &home))
        return others;
    bool deeper = begins(path, 3, &third);
    TRY(same(home, inside(homes, user.bytes, user.length, made), &is));
    if (is)
        return deeper ? FS_OK : others; /* it stays, and where it is */
    if (!deeper)
        return FS_DENIED;
    TRY(same(third, inside(home, FS_PUBLIC, sizeof FS_PUBLIC - 1, made), &is));
    return is ? others : FS_DENIED;
}
