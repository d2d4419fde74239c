#include "model.h"

#include <stdlib.h>
#include <string.h>
#include "whole.h"

static struct model_file *find(struct model *m, const char *path)
{
    for (unsigned i = 0; i < m->count; i++)
        if (strcmp(m->file[i].path, path) == 0)
            return &m->file[i];
    return NULL;
}

static struct model_file *find_or_add(struct model *m, const char *path, bool folder)
{
    struct model_file *file = find(m, path);
    if (file || m->count == MODEL_FILES)
        return file;
    file = &m->file[m->count++];
    *file = (struct model_file){.folder = folder, .bytes = calloc(1, MODEL_BYTES)};
    strncpy(file->path, path, sizeof file->path - 1);
    return file;
}

static void drop(struct model *m, struct model_file *file)
{
    free(file->bytes);
    *file = m->file[--m->count];
}

static const char *said(enum fs_status status)
{
#define TEXT(name, text) #name,
    static const char *const names[] = {FS_STATUSES(TEXT) "UNFINISHED"};
    return status == FS_OK ? NULL : names[status];
}

const char *both_write(struct model *m, struct fat *fs, const char *path, uint32_t offset, uint32_t length,
                       unsigned seed)
{
    uint32_t node, done = length;
    struct model_file *file = find_or_add(m, path, false);
    enum fs_status status = WHOLE(fat_open(fs, path, (uint32_t)strlen(path), FS_WRITABLE | FS_CREATE, &node));
    if (status != FS_OK || !file)
        return said(status);
    for (uint32_t i = 0; i < length; i++)
        file->bytes[offset + i] = (uint8_t)((offset + i) * 7 + seed + (i >> 8));
    file->size = offset + length > file->size ? offset + length : file->size;
    status = WHOLE((done = length, fat_write(fs, node, offset, file->bytes + offset, &done)));
    fat_close(fs, node);
    return done != length ? "a short write" : said(status);
}

const char *part_truncate(struct model *m, struct fat *fs, const char *path, uint32_t size, uint32_t whole)
{
    uint32_t node;
    struct model_file *file = find(m, path);
    enum fs_status status = fat_open(fs, path, (uint32_t)strlen(path), FS_WRITABLE, &node);
    if (status != FS_OK || !file)
        return said(status);
    memset(file->bytes + size, 0, MODEL_BYTES - size);
    file->size = size;
    do
        status = fat_truncate(fs, node, whole);
    while (status == FS_UNFINISHED && fs->node[node].size != size);
    fat_close(fs, node);
    return status == FS_UNFINISHED && size < whole ? NULL : said(status);
}

const char *both_truncate(struct model *m, struct fat *fs, const char *path, uint32_t size)
{
    return part_truncate(m, fs, path, size, size);
}

const char *both_mkdir(struct model *m, struct fat *fs, const char *path)
{
    find_or_add(m, path, true);
    return said(WHOLE(fat_mkdir(fs, path, (uint32_t)strlen(path))));
}

const char *both_remove(struct model *m, struct fat *fs, const char *path)
{
    struct model_file *file = find(m, path);
    if (!file)
        return "the model has no such file";
    drop(m, file);
    return said(WHOLE(fat_remove(fs, path, (uint32_t)strlen(path))));
}

/* A folder's name is the beginning of what lies in it. */
const char *both_rename(struct model *m, struct fat *fs, const char *from, const char *to)
{
    struct model_file *there = find(m, to);
    size_t length = strlen(from);
    if (there)
        drop(m, there);
    for (unsigned i = 0; i < m->count; i++) {
        char *path = m->file[i].path, rest[FS_PATH];
        if (strncmp(path, from, length) != 0 || (path[length] != 0 && path[length] != '/'))
            continue;
        strcpy(rest, path + length);
        strcpy(path, to);
        strcat(path, rest);
    }
    return said(WHOLE(fat_rename(fs, from, (uint32_t)length, to, (uint32_t)strlen(to), true)));
}

static uint64_t mix(uint64_t number, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        number = (number ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
    return number;
}

/* The sum of the files' numbers: in whatever order they come. */
static uint64_t file_number(const char *path, bool folder, uint32_t size, const uint8_t *bytes)
{
    uint64_t number = mix(0xcbf29ce484222325ull + folder, path, strlen(path));
    return mix(mix(number, &size, sizeof size), bytes, size) | 1;
}

uint32_t model_size(struct model *m, const char *path)
{
    return find(m, path)->size;
}

uint64_t model_number(const struct model *m)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < m->count; i++)
        sum += file_number(m->file[i].path, m->file[i].folder, m->file[i].size, m->file[i].bytes);
    return sum;
}

static enum fs_status add_file(struct fat *fs, const char *path, uint64_t *sum)
{
    static uint8_t bytes[MODEL_BYTES];
    uint32_t node, length = sizeof bytes;
    enum fs_status status = fat_open(fs, path, (uint32_t)strlen(path), 0, &node);
    if (status != FS_OK)
        return status;
    status = fat_read(fs, node, 0, bytes, &length);
    *sum += file_number(path, false, length, bytes);
    fat_close(fs, node);
    return status;
}

/* pre: the tree is not deep: trees of the model only. */
static enum fs_status add_folder(struct fat *fs, const char *path, uint64_t *sum)
{
    uint32_t node;
    uint64_t place = 0;
    struct fs_entry entry;
    enum fs_status status = fat_open(fs, path, (uint32_t)strlen(path), 0, &node);
    while (status == FS_OK) {
        char inside[FS_PATH], name[FS_NAME + 1];
        status = fat_list(fs, node, &place, &entry, name);
        if (status != FS_OK)
            break;
        name[entry.name_length] = 0;
        strcpy(inside, path);
        strcat(inside, *path ? "/" : "");
        strcat(inside, name);
        if (entry.flags & FS_FOLDER)
            *sum += file_number(inside, true, 0, NULL);
        status = entry.flags & FS_FOLDER ? add_folder(fs, inside, sum) : add_file(fs, inside, sum);
    }
    fat_close(fs, node);
    return status == FS_NOT_FOUND ? FS_OK : status;
}

uint64_t tree_number(struct fat *fs, enum fs_status *status)
{
    uint64_t sum = 0;
    *status = add_folder(fs, "", &sum);
    return sum;
}
