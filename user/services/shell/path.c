/* Paths as people type them. The server knows neither . nor .., nor a current folder. */
#include <string.h>
#include "shell.h"

char path_here[FS_PATH + 1];

static void up(char *path)
{
    char *slash = strrchr(path, '/');
    *(slash ? slash : path) = 0;
}

/* Appends a component. */
static bool down(char *path, const char *name, size_t length)
{
    size_t used = strlen(path);
    if (used + 1 + length > FS_PATH)
        return false;
    if (used > 0)
        path[used++] = '/';
    memcpy(path + used, name, length);
    path[used + length] = 0;
    return true;
}

const char *path_of(const char *typed)
{
    static char made[2][FS_PATH + 1]; /* a command may have two */
    static unsigned turn;
    char *path = made[turn++ % 2];
    strcpy(path, typed[0] == '/' ? "" : path_here);
    while (*typed != 0) {
        size_t length = strcspn(typed, "/");
        bool stays = length == 0 || (length == 1 && typed[0] == '.');
        if (length == 2 && memcmp(typed, "..", 2) == 0)
            up(path);
        else if (!stays && !down(path, typed, length))
            return NULL;
        typed += length;
        typed += *typed == '/';
    }
    return path;
}
