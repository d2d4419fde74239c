/* A request and its answer. The client shares the buffers and may change them while they are read: what decides something is copied first. */
#include <string.h>
#include "backend.h"
#include "serve.h"
#include "try.h"

/* What the operations work with. */
struct work {
    struct fs_session *s;
    const struct ring_entry *in;
    struct ring_entry *out;
    char *buffer; /* NULL: the request names none that exists */
};

static enum fs_status node_of(const struct work *w, uint32_t *node)
{
    uint64_t fid = w->in->a;
    if (fid >= FS_FIDS || w->s->fid[fid] == 0)
        return FS_BAD_FID;
    *node = w->s->fid[fid] - 1;
    return FS_OK;
}

/* For whom it is asked, if not for one who may do everything, stands behind the path. */
static enum fs_status may(const struct work *w, struct fs_path path, bool changes)
{
    char user[FS_USER];
    uint64_t length = w->in->c;
    if (length == 0)
        return FS_OK;
    if (length > sizeof user)
        return FS_BAD_REQUEST;
    memcpy(user, w->buffer + w->in->length, length);
    return owner_check(path, (struct fs_path){user, (uint32_t)length}, changes);
}

/* Copies the path, and checks it as it will be used. */
static enum fs_status path_of(const struct work *w, char copy[FS_PATH], struct fs_path *path, bool changes)
{
    if (!w->buffer || w->in->length > FS_PATH)
        return FS_BAD_BUFFER;
    memcpy(copy, w->buffer, w->in->length);
    *path = (struct fs_path){copy, w->in->length};
    TRY(path_check(copy, path->length));
    return may(w, *path, changes);
}

static enum fs_status do_open(const struct work *w)
{
    char copy[FS_PATH];
    struct fs_path path;
    struct fs_stat stat;
    uint32_t fid = 0, node;
    if ((w->in->flags & ~(uint32_t)(FS_WRITABLE | FS_CREATE | FS_EXCLUSIVE)) != 0)
        return FS_BAD_REQUEST;
    TRY(path_of(w, copy, &path, w->in->flags != 0));
    while (fid < FS_FIDS && w->s->fid[fid] != 0)
        fid++;
    if (fid == FS_FIDS)
        return FS_TOO_MANY;
    TRY(backend_open(path, w->in->flags, &node));
    w->s->fid[fid] = node + 1;
    w->s->writable[fid] = (w->in->flags & FS_WRITABLE) != 0;
    backend_stat(node, &stat);
    w->out->a = fid;
    w->out->b = stat.size;
    w->out->flags = stat.flags;
    return FS_OK;
}

static enum fs_status do_close(const struct work *w)
{
    uint32_t node;
    TRY(node_of(w, &node));
    w->s->fid[w->in->a] = 0;
    backend_close(node);
    return FS_OK;
}

static enum fs_status do_read(const struct work *w)
{
    uint32_t node, length = w->in->length;
    TRY(node_of(w, &node));
    if (!w->buffer)
        return FS_BAD_BUFFER;
    TRY(backend_read(node, w->in->b, w->buffer, &length));
    w->out->length = length;
    return FS_OK;
}

static enum fs_status do_write(const struct work *w)
{
    uint32_t node, length = w->in->length;
    TRY(node_of(w, &node));
    if (!w->buffer)
        return FS_BAD_BUFFER;
    if (!w->s->writable[w->in->a])
        return FS_READ_ONLY;
    enum fs_status status = backend_write(node, w->in->b, w->buffer, &length);
    w->out->length = length;
    return status;
}

static enum fs_status do_stat(const struct work *w)
{
    uint32_t node;
    struct fs_stat stat;
    TRY(node_of(w, &node));
    if (!w->buffer)
        return FS_BAD_BUFFER;
    backend_stat(node, &stat);
    memcpy(w->buffer, &stat, sizeof stat);
    w->out->length = sizeof stat;
    return FS_OK;
}

/* As many entries as fit for certain. */
static enum fs_status do_list(const struct work *w)
{
    uint32_t node, at = 0;
    uint64_t place = w->in->b;
    enum fs_status status = FS_OK;
    TRY(node_of(w, &node));
    if (!w->buffer)
        return FS_BAD_BUFFER;
    while (status == FS_OK && at + sizeof(struct fs_entry) + FS_NAME <= FS_BUFFER) {
        struct fs_entry entry;
        char name[FS_NAME];
        status = backend_list(node, &place, &entry, name);
        if (status != FS_OK)
            break;
        memcpy(w->buffer + at, &entry, sizeof entry);
        memcpy(w->buffer + at + sizeof entry, name, entry.name_length);
        at += (uint32_t)(sizeof entry + entry.name_length + 7) & ~7u;
    }
    w->out->length = at;
    w->out->b = place;
    return status == FS_NOT_FOUND ? FS_OK : status;
}

static enum fs_status do_path(const struct work *w)
{
    char copy[FS_PATH];
    struct fs_path path;
    TRY(path_of(w, copy, &path, true));
    return w->in->op == FS_MKDIR ? backend_mkdir(path) : backend_remove(path);
}

static enum fs_status do_rename(const struct work *w)
{
    char copy[2 * FS_PATH];
    uint64_t first = w->in->a, second = w->in->length - first; /* huge, if the first is longer than both */
    if (!w->buffer || first > FS_PATH || second > FS_PATH)
        return FS_BAD_BUFFER;
    if ((w->in->flags & ~(uint32_t)FS_REPLACE) != 0)
        return FS_BAD_REQUEST;
    memcpy(copy, w->buffer, w->in->length);
    struct fs_path from = {copy, (uint32_t)first}, to = {copy + first, (uint32_t)second};
    TRY(path_check(from.bytes, from.length));
    TRY(path_check(to.bytes, to.length));
    TRY(may(w, from, true));
    TRY(may(w, to, true));
    return backend_rename(from, to, (w->in->flags & FS_REPLACE) != 0);
}

static enum fs_status do_truncate(const struct work *w)
{
    uint32_t node;
    TRY(node_of(w, &node));
    return w->s->writable[w->in->a] ? backend_truncate(node, w->in->b) : FS_READ_ONLY;
}

static enum fs_status do_sync(const struct work *w)
{
    (void)w;
    return backend_sync();
}

static enum fs_status do_space(const struct work *w)
{
    backend_space(&w->out->a, &w->out->b);
    return FS_OK;
}

void fs_session_answer(struct fs_session *s, const struct ring_entry *request, struct ring_entry *answer)
{
    static enum fs_status (*const operation[FS_OPS])(const struct work *) = {
        [FS_OPEN] = do_open,     [FS_CLOSE] = do_close, [FS_READ] = do_read,         [FS_WRITE] = do_write,
        [FS_STAT] = do_stat,     [FS_LIST] = do_list,   [FS_MKDIR] = do_path,        [FS_REMOVE] = do_path,
        [FS_RENAME] = do_rename, [FS_SYNC] = do_sync,   [FS_TRUNCATE] = do_truncate, [FS_SPACE] = do_space};
    *answer = (struct ring_entry){.id = request->id, .op = request->op, .buffer = request->buffer};
    struct work w = {s, request, answer,
                     ring_buffer(s->data, FS_BUFFERS, FS_BUFFER, request->buffer, request->length)};
    bool known = request->op < FS_OPS && operation[request->op];
    answer->status = (uint16_t)(known ? operation[request->op](&w) : FS_BAD_REQUEST);
}
