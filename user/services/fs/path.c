/* What a path may look like, for every kind of file system. */
#include "serve.h"

/* How many bytes the UTF-8 of one character takes; 0: it is none, or a control character. */
static uint32_t character(const uint8_t *p, uint32_t left)
{
    static const uint32_t least[5] = {0, 0x20, 0x80, 0x800, 0x10000};
    uint32_t bytes = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    uint32_t code = bytes == 1 ? p[0] : p[0] & (0x7fu >> bytes);
    if (bytes == 0 || bytes > left)
        return 0;
    for (uint32_t i = 1; i < bytes; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    bool control = code == 0x7f || (code >= 0x80 && code < 0xa0), surrogate = code >> 11 == 0x1b;
    return code < least[bytes] || code > 0x10ffff || control || surrogate ? 0 : bytes;
}

/* A component that ends before `end`: not empty, not "." or "..". */
static bool component(const char *path, uint32_t start, uint32_t end)
{
    uint32_t length = end - start;
    if (length == 0 || length > FS_NAME)
        return false;
    return path[start] != '.' || (length > 1 && (path[start + 1] != '.' || length > 2));
}

enum fs_status path_check(const char *path, uint32_t length)
{
    uint32_t start = 0;
    if (length > FS_PATH)
        return FS_BAD_NAME;
    for (uint32_t at = 0, bytes; at < length; at += bytes) {
        bytes = character((const uint8_t *)path + at, length - at);
        if (bytes == 0)
            return FS_BAD_NAME;
        if (path[at] != '/')
            continue;
        if (!component(path, start, at))
            return FS_BAD_NAME;
        start = at + 1;
    }
    return length == 0 || component(path, start, length) ? FS_OK : FS_BAD_NAME;
}
