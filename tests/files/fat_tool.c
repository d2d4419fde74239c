/* fat_tool IMAGE: does what the lines of its input say, each a word and paths behind tabs: mkdir PATH; put PATH FILE; get PATH FILE; ls PATH;
   rm PATH; mv PATH PATH; cut PATH SIZE. Says what each ends with, and for ls each entry: size, kind, name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "disk.h"
#include "whole.h"

static struct fat fs;
static uint8_t bytes[1 << 24];

static enum fs_status put(const char *path, uint32_t length, const char *from)
{
    FILE *file = fopen(from, "rb");
    uint32_t node, done, size = file ? (uint32_t)fread(bytes, 1, sizeof bytes, file) : 0;
    if (!file || fclose(file) != 0)
        exit(2);
    enum fs_status status = WHOLE(fat_open(&fs, path, length, FS_WRITABLE | FS_CREATE, &node));
    if (status != FS_OK)
        return status;
    status = WHOLE(fat_truncate(&fs, node, 0));
    if (status == FS_OK)
        status = WHOLE((done = size, fat_write(&fs, node, 0, bytes, &done)));
    fat_close(&fs, node);
    return status;
}

static enum fs_status get(const char *path, uint32_t length, const char *to)
{
    uint32_t node, size = sizeof bytes;
    enum fs_status status = fat_open(&fs, path, length, 0, &node);
    if (status != FS_OK)
        return status;
    status = fat_read(&fs, node, 0, bytes, &size);
    fat_close(&fs, node);
    FILE *file = fopen(to, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        exit(2);
    return status;
}

static enum fs_status list(const char *path, uint32_t length)
{
    uint32_t node;
    uint64_t place = 0;
    struct fs_entry entry;
    char name[FS_NAME];
    enum fs_status status = fat_open(&fs, path, length, 0, &node);
    if (status != FS_OK)
        return status;
    while ((status = fat_list(&fs, node, &place, &entry, name)) == FS_OK)
        printf("%llu\t%s\t%.*s\n", (unsigned long long)entry.size, entry.flags & FS_FOLDER ? "folder" : "file",
               (int)entry.name_length, name);
    fat_close(&fs, node);
    return status == FS_NOT_FOUND ? FS_OK : status;
}

static enum fs_status cut(const char *path, uint32_t length, const char *size)
{
    uint32_t node;
    enum fs_status status = fat_open(&fs, path, length, FS_WRITABLE, &node);
    if (status != FS_OK)
        return status;
    status = WHOLE(fat_truncate(&fs, node, strtoull(size, NULL, 0)));
    fat_close(&fs, node);
    return status;
}

static enum fs_status order(const char *word, const char *path, const char *more)
{
    uint32_t length = (uint32_t)strlen(path);
    if (strcmp(word, "mkdir") == 0)
        return WHOLE(fat_mkdir(&fs, path, length));
    if (strcmp(word, "put") == 0)
        return put(path, length, more);
    if (strcmp(word, "get") == 0)
        return get(path, length, more);
    if (strcmp(word, "ls") == 0)
        return list(path, length);
    if (strcmp(word, "rm") == 0)
        return WHOLE(fat_remove(&fs, path, length));
    if (strcmp(word, "mv") == 0)
        return WHOLE(fat_rename(&fs, path, length, more, (uint32_t)strlen(more), false));
    if (strcmp(word, "cut") == 0)
        return cut(path, length, more);
    exit(2);
}

static void say(const char *what, enum fs_status status)
{
#define NAME(name, text) #name,
    static const char *const names[] = {FS_STATUSES(NAME)};
    printf("%s: %s\n", what, names[status]);
}

int main(int argc, char **argv)
{
    static struct disk disk;
    static char line[4 * FS_PATH];
    if (argc != 2)
        return 2;
    disk_load(&disk, argv[1]);
    struct fat_disk functions = disk_functions(&disk);
    say("mount", fat_mount(&fs, &functions));
    while (fgets(line, sizeof line, stdin)) {
        char *at = line, *word = strsep(&at, "\t\n"), *path = strsep(&at, "\t\n"),
             *more = at ? strsep(&at, "\t\n") : NULL;
        say(word, order(word, path ? path : "", more ? more : ""));
    }
    say("sync", WHOLE(fat_sync(&fs)));
    disk_save(&disk, argv[1]);
    disk_free(&disk);
    return 0;
}
