/* Commands about files. */
#include <string.h>
#include "shell.h"

void *file_rings, *file_data; /* where the description maps them */
struct fs_client files;

static void signal_server(void)
{
    microkit_notify(FILES);
}

void files_start(void)
{
    fs_connect(&files, file_rings, file_data, signal_server, wait_for_signal);
}

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
    return well(name, path ? fs_open(&files, path, flags, fid) : FS_BAD_NAME);
}

static void list_entries(uint32_t bytes)
{
    static char copy[FS_BUFFER];
    memcpy(copy, files.data, bytes); /* saying it may take the buffer for a file */
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

static void list(int count, char **word)
{
    const char *name = count > 1 ? word[1] : ".";
    struct ring_entry request = {.op = FS_LIST}, answer;
    enum fs_status status = FS_OK;
    if (!opened(name, 0, &request.a))
        return;
    do {
        status = fs_ask(&files, &request, &answer);
        if (status == FS_OK && answer.length <= FS_BUFFER)
            list_entries(answer.length);
        request.b = answer.b;
    } while (status == FS_OK && answer.length > 0);
    well(name, status);
    fs_close(&files, request.a);
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
        status = fs_read(&files, fid, offset, part, &bytes);
        offset += bytes;
    } while (status == FS_OK && bytes > 0 && take(self, part, bytes));
    fs_close(&files, fid);
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
    enum fs_status status = fs_write(&files, to->fid, to->offset, part, &bytes);
    to->offset += bytes;
    return well(to->name, status);
}

/* Into a new file only: to write over one that is there would destroy it before it is known that the other can be read. */
static void copy(int count, char **word)
{
    struct copy to = {.name = word[2]};
    (void)count;
    if (!opened(word[2], FS_WRITABLE | FS_CREATE | FS_EXCLUSIVE, &to.fid))
        return;
    bool whole = each_part(word[1], write_part, &to);
    fs_close(&files, to.fid);
    const char *path = whole ? NULL : path_of(word[2]);
    if (path)
        fs_path_op(&files, FS_REMOVE, path);
}

static void move(int count, char **word)
{
    const char *from = path_of(word[1]), *to = path_of(word[2]);
    (void)count;
    well(word[1], from && to ? fs_rename(&files, from, to, 0) : FS_BAD_NAME);
}

static void on_each(enum fs_op op, int count, char **word)
{
    for (int i = 1; i < count; i++) {
        const char *path = path_of(word[i]);
        well(word[i], path ? fs_path_op(&files, op, path) : FS_BAD_NAME);
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
    if (!path || !well(count > 1 ? word[1] : "/", fs_open(&files, path, 0, &fid)))
        return;
    request.a = fid;
    if (well(count > 1 ? word[1] : "/", fs_ask(&files, &request, &answer)))
        strcpy(path_here, path);
    fs_close(&files, fid);
}

static void space(int count, char **word)
{
    struct ring_entry request = {.op = FS_SPACE}, answer;
    (void)count, (void)word;
    if (well("df", fs_ask(&files, &request, &answer)))
        say("%lu KiB free of %lu KiB\n", answer.a / 1024, answer.b / 1024);
}

static void sync(int count, char **word)
{
    (void)count, (void)word;
    well("sync", fs_sync(&files));
}

const struct command file_commands[] = {
    {"ls", "[FOLDER]", "what is in a folder", list, 0, 1},
    {"cd", "[FOLDER]", "go there", change_folder, 0, 1},
    {"cat", "FILE...", "what is in files", concatenate, 1, WORDS},
    {"cp", "FILE NEW", "copy a file", copy, 2, 2},
    {"mv", "OLD NEW", "another name, or place", move, 2, 2},
    {"rm", "PATH...", "remove files and empty folders", remove, 1, WORDS},
    {"mkdir", "FOLDER...", "make folders", make_folder, 1, WORDS},
    {"df", "", "how much room is left for files", space, 0, 0},
    {"sync", "", "what was written is safe afterwards", sync, 0, 0},
    {0},
};
