/* From the archive into files. */
#include <string.h>
#include "archive.h"

static void add(struct fs_path path, const char *from, uint32_t size)
{
    uint32_t node;
    if (path.bytes[path.length - 1] == '/') {
        backend_mkdir((struct fs_path){path.bytes, path.length - 1});
        return;
    }
    if (backend_open(path, FS_WRITABLE | FS_CREATE, &node) != FS_OK)
        return;
    backend_write(node, 0, from, &size);
    backend_close(node);
}

void archive_unpack(const void *archive, uint64_t bytes)
{
    for (uint64_t at = 0; at + sizeof(struct archive_entry) <= bytes;) {
        struct archive_entry e;
        memcpy(&e, (const char *)archive + at, sizeof e);
        at += sizeof e;
        if (e.path_length == 0 || (uint64_t)e.path_length + e.size > bytes - at)
            return;
        struct fs_path path = {(const char *)archive + at, e.path_length};
        add(path, path.bytes + path.length, e.size);
        at = (at + e.path_length + e.size + 7) & ~7ull;
    }
}
