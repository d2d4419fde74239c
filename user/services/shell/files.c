/* Commands about files. */
#include <string.h>
#include "fs/places.h"
#include "shell.h"

const char *fs_text(enum fs_status status)
{
#define TEXT(name, text) text,
    static const char *const texts[] = {FS_STATUSES(TEXT)};
    return texts[status];
}

/* True: it went well; else it says why not. */
static bool well(const char *name, enum fs_status status)
{
    if (status != FS_OK)
        complain("%s: %s", name, fs_text(status));
    return status == FS_OK;
}

/* A fid of what is there, or of a new file. */
static bool opened(const char *name, uint32_t flags, uint64_t *fid)
{
    const char *path = path_of(name);
    return well(name, path ? file_open(path, flags, fid) : FS_BAD_NAME);
}

static void list_entries(const char *data, uint32_t bytes)
{
    static char copy[FS_BUFFER];
    memcpy(copy, data, bytes); /* saying it may take the buffer for a file */
    for (uint32_t at = 0; at + sizeof(struct fs_entry) <= bytes;) {
        struct fs_entry e;
        memcpy(&e, copy + at, sizeof e);
        const char *name = copy + at + sizeof e;
        if (e.name_length > FS_NAME || e.name_length > bytes - at - sizeof e)
            return;
        if ((e.flags & FS_FOLDER) != 0)
            say("%10s %.*s/\n", "", (int)e.name_length, name);
        else
            say("%10lu %.*s\n", e.size, (int)e.name_length, name);
        at += (uint32_t)(sizeof e + e.name_length + 7) & ~7u;
    }
}

/* The disk has no entry in the root: it is seen there when it can be opened. */
static void list_disk(const char *folder)
{
    const char *path = path_of(folder);
    uint64_t fid;
    if (path && *path == 0 && file_open(FS_DISK_NAME, 0, &fid) == FS_OK) {
        say("%10s %s/\n", "", FS_DISK_NAME);
        file_close(fid);
    }
}

static void list(int count, char **word)
{
    const char *name = count > 1 ? word[1] : ".";
    struct ring_entry request = {.op = FS_LIST}, answer;
    enum fs_status status = FS_OK;
    if (!opened(name, 0, &request.a))
        return;
    do {
        status = file_ask(&request, &answer);
        if (status == FS_OK && answer.length <= FS_BUFFER)
            list_entries(file_data_of(request.a), answer.length);
        request.b = answer.b;
    } while (status == FS_OK && answer.length > 0);
    well(name, status);
    file_close(request.a);
    list_disk(name);
}

/* The bytes of a file, a buffer at a time, to a function, whose false ends it. */
static bool each_part(const char *name, bool (*take)(void *self, const char *part, uint32_t bytes), void *self)
{
    static char part[FS_BUFFER];
    uint64_t fid, offset = 0;
    uint32_t bytes;
    enum fs_status status;
    if (!opened(name, 0, &fid))
        return false;
    do {
        bytes = sizeof part;
        status = file_read(fid, offset, part, &bytes);
        offset += bytes;
    } while (status == FS_OK && bytes > 0 && take(self, part, bytes));
    file_close(fid);
    return well(name, status) && bytes == 0;
}

static bool say_part(void *self, const char *part, uint32_t bytes)
{
    (void)self;
    say_bytes(part, bytes);
    return true;
}

static void concatenate(int count, char **word)
{
    for (int i = 1; i < count; i++)
        each_part(word[i], say_part, NULL);
}

struct copy {
    const char *name;
    uint64_t fid, offset;
};

static bool write_part(void *self, const char *part, uint32_t bytes)
{
    struct copy *to = self;
    enum fs_status status = file_write(to->fid, to->offset, part, &bytes);
    to->offset += bytes;
    return well(to->name, status);
}

/* Into a new file only: to write over one that is there would destroy it before it is known that the other can be read. */
static bool copied(const char *from, const char *name)
{
    struct copy to = {.name = name};
    if (!opened(name, FS_WRITABLE | FS_CREATE | FS_EXCLUSIVE, &to.fid))
        return false;
    bool whole = each_part(from, write_part, &to);
    file_close(to.fid);
    const char *path = whole ? NULL : path_of(name);
    if (path)
        file_path(FS_REMOVE, path);
    return whole;
}

static void copy(int count, char **word)
{
    (void)count;
    copied(word[1], word[2]);
}

/* From one file system to the other it is a copy, and the old file goes when that is whole. */
static void move(int count, char **word)
{
    const char *from = path_of(word[1]), *to = path_of(word[2]);
    enum fs_status status = FS_BAD_NAME;
    (void)count;
    if (from && to && !file_rename(from, to, &status)) {
        bool whole = copied(word[1], word[2]); /* else it has said why */
        status = whole ? file_path(FS_REMOVE, path_of(word[1])) : FS_OK;
    }
    well(word[1], status);
}

static void on_each(enum fs_op op, int count, char **word)
{
    for (int i = 1; i < count; i++) {
        const char *path = path_of(word[i]);
        well(word[i], path ? file_path(op, path) : FS_BAD_NAME);
    }
}

static void remove(int count, char **word)
{
    on_each(FS_REMOVE, count, word);
}

static void make_folder(int count, char **word)
{
    on_each(FS_MKDIR, count, word);
}

static void change_folder(int count, char **word)
{
    uint64_t fid;
    const char *path = path_of(count > 1 ? word[1] : "/");
    struct ring_entry request = {.op = FS_LIST}, answer;
    if (!path || !well(count > 1 ? word[1] : "/", file_open(path, 0, &fid)))
        return;
    request.a = fid;
    if (well(count > 1 ? word[1] : "/", file_ask(&request, &answer)))
        strcpy(path_here, path);
    file_close(fid);
}

static void space(int count, char **word)
{
    static const char *const names[FS_PLACES] = {"memory", FS_DISK_NAME};
    uint64_t free, all;
    (void)count, (void)word;
    for (unsigned place = 0; place < FS_PLACES; place++)
        if (file_space(place, &free, &all))
            say("%-6s %lu KiB free of %lu KiB\n", names[place], free / 1024, all / 1024);
}

static void sync(int count, char **word)
{
    (void)count, (void)word;
    well("sync", file_sync());
}

const struct command file_commands[] = {
    {"ls", "[FOLDER]", "what is in a folder", list, 0, 1, PROC_FILES},
    {"cd", "[FOLDER]", "go there", change_folder, 0, 1, PROC_FILES},
    {"cat", "FILE...", "what is in files", concatenate, 1, WORDS, PROC_FILES},
    {"cp", "FILE NEW", "copy a file", copy, 2, 2, PROC_FILES | PROC_CHANGE},
    {"mv", "OLD NEW", "another name, or place", move, 2, 2, PROC_CHANGE},
    {"rm", "PATH...", "remove files and empty folders", remove, 1, WORDS, PROC_CHANGE},
    {"mkdir", "FOLDER...", "make folders", make_folder, 1, WORDS, PROC_CHANGE},
    {"df", "", "how much room is left for files", space, 0, 0, PROC_FILES},
    {"sync", "", "what was written is safe afterwards", sync, 0, 0, 0},
    {0},
};
