/* Copies a file, reads both again, and says whether they are the same. */
#include <stdio.h>
#include <string.h>
#include "program.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_FILES | PROC_CHANGE);

static char part[2000], other[2000];

static int say(const char *path, enum fs_status status)
{
    printf("%s: status %d\n", path, status);
    return 1;
}

/* Its length, or -1: they differ. */
static long copy(seL4_Word from, seL4_Word to)
{
    long at = 0;
    for (size_t n = sizeof part, m; n == sizeof part; at += (long)n) {
        if (program_read_file(from, (seL4_Word)at, part, &n) != FS_OK)
            return -1;
        m = n;
        if (program_write_file(to, (seL4_Word)at, part, &m) != FS_OK || m != n)
            return -1;
        if (program_read_file(to, (seL4_Word)at, other, &m) != FS_OK || m != n || memcmp(part, other, n) != 0)
            return -1;
    }
    return at;
}

int main(int argc, char **argv)
{
    seL4_Word from, to;
    enum fs_status status = argc != 3 ? FS_BAD_REQUEST : program_open(argv[1], 0, &from);
    if (status != FS_OK)
        return say(argc > 1 ? argv[1] : "two paths", status);
    status = program_open(argv[2], FS_WRITABLE | FS_CREATE | FS_EXCLUSIVE, &to);
    if (status != FS_OK)
        return say(argv[2], status);
    printf("%ld bytes are the same\n", copy(from, to));
    return 0;
}
