/* The file systems that there are, as one: a fid here is one of theirs, and which of them it is of. */
#include <stdio.h>
#include <string.h>
#include "fs/places.h"
#include "shell.h"

enum { FID_BITS = 32 };

void *file_rings, *file_data, *disk_rings,
    *disk_data; /* where the description maps them; NULL: there is no disk */
static struct fs_client client[FS_PLACES];
static bool changed; /* something on the disk, perhaps */

static void signal_memory(void)
{
    microkit_notify(FILES);
}

static void signal_disk(void)
{
    microkit_notify(DISK);
}

void files_start(void)
{
    fs_connect(&client[FS_IN_MEMORY], file_rings, file_data, signal_memory, wait_for_signal);
    if (disk_rings)
        fs_connect(&client[FS_ON_DISK], disk_rings, disk_data, signal_disk, wait_for_signal);
}

void files_for(const char *user, bool homes)
{
    for (unsigned place = 0; place < FS_PLACES && (place == FS_IN_MEMORY || disk_rings); place++) {
        client[place].user = NULL;
        if (homes) {
            char path[sizeof FS_HOMES + USER_NAME] = FS_HOMES;
            fs_path_op(&client[place], FS_MKDIR, path);
            strcat(path, "/");
            strncat(path, user, USER_NAME - 1);
            fs_path_op(&client[place], FS_MKDIR, path);
        }
        client[place].user = user;
    }
    changed |= homes;
    file_settle();
}

/* What a user may not is noted. */
static enum fs_status noted(enum fs_status status, const char *path, const char *to)
{
    char what[LINE];
    if ((status == FS_DENIED || status == FS_READ_ONLY) && client[FS_IN_MEMORY].user) {
        snprintf(what, sizeof what, "/%s%s%s", path, to ? " to /" : "", to ? to : "");
        login_refuse(client[FS_IN_MEMORY].user, what, status == FS_DENIED ? DENIED_OWNER : DENIED_READ_ONLY);
    }
    return status;
}

/* Where it leads; *path becomes what it is there. */
static enum fs_place place_of(const char **path)
{
    uint32_t length = (uint32_t)strlen(*path);
    return disk_rings ? fs_place_of(path, &length) : FS_IN_MEMORY;
}

static struct fs_client *client_of(uint64_t fid)
{
    return &client[fid >> FID_BITS];
}

const char *file_data_of(uint64_t fid)
{
    return client_of(fid)->data;
}

enum fs_status file_open(const char *path, uint32_t flags, uint64_t *fid)
{
    const char *whole = path;
    enum fs_place place = place_of(&path);
    changed |= place == FS_ON_DISK && flags != 0;
    enum fs_status status = noted(fs_open(&client[place], path, flags, fid), whole, NULL);
    *fid = (uint64_t)place << FID_BITS | (uint32_t)*fid;
    return status;
}

void file_close(uint64_t fid)
{
    fs_close(client_of(fid), (uint32_t)fid);
}

enum fs_status file_read(uint64_t fid, uint64_t offset, void *to, uint32_t *length)
{
    return fs_read(client_of(fid), (uint32_t)fid, offset, to, length);
}

enum fs_status file_write(uint64_t fid, uint64_t offset, const void *from, uint32_t *length)
{
    return fs_write(client_of(fid), (uint32_t)fid, offset, from, length);
}

enum fs_status file_ask(struct ring_entry *request, struct ring_entry *answer)
{
    struct ring_entry there = *request;
    there.a = (uint32_t)request->a;
    return fs_ask(client_of(request->a), &there, answer);
}

enum fs_status file_path(enum fs_op op, const char *path)
{
    const char *whole = path;
    enum fs_place place = place_of(&path);
    changed |= place == FS_ON_DISK;
    return noted(fs_path_op(&client[place], op, path), whole, NULL);
}

bool file_rename(const char *from, const char *to, enum fs_status *status)
{
    const char *whole = from, *whole_to = to;
    enum fs_place one = place_of(&from), other = place_of(&to);
    changed |= other == FS_ON_DISK;
    if (one == other)
        *status = noted(fs_rename(&client[one], from, to, 0), whole, whole_to);
    return one == other;
}

enum fs_status file_sync(void)
{
    enum fs_status status = fs_sync(&client[FS_IN_MEMORY]);
    if (disk_rings && status == FS_OK)
        status = fs_sync(&client[FS_ON_DISK]);
    return status == FS_NOT_FOUND ? FS_OK : status; /* there is no disk, so nothing is lost */
}

void file_changed(void)
{
    changed = disk_rings != NULL;
}

void file_settle(void)
{
    enum fs_status status = changed ? fs_sync(&client[FS_ON_DISK]) : FS_OK;
    changed = false;
    if (status != FS_OK && status != FS_NOT_FOUND)
        complain(FS_DISK_NAME ": %s", fs_text(status));
}

bool file_space(unsigned place, uint64_t *free, uint64_t *all)
{
    struct ring_entry request = {.op = FS_SPACE}, answer;
    if ((place == FS_ON_DISK && !disk_rings) || fs_ask(&client[place], &request, &answer) != FS_OK)
        return false;
    *free = answer.a;
    *all = answer.b;
    return answer.b > 0;
}
