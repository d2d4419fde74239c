#include "client.h"

#include <string.h>

void fs_connect(struct fs_client *c, void *rings, void *data, void (*signal)(void), void (*wait)(void))
{
    *c = (struct fs_client){.data = data, .signal = signal, .wait = wait};
    ring_start(&c->requests, rings, FS_RING, true);
    ring_start(&c->answers, (struct ring *)(void *)((char *)rings + FS_ANSWERS), FS_RING, false);
    c->buffer = c->requests.life % FS_BUFFERS; /* the server may still be at what an earlier life asked */
    c->data += (size_t)c->buffer * FS_BUFFER;
    signal(); /* an earlier life may have died after it put a request and before it said so */
}

static bool restarted(struct fs_client *c)
{
    return ring_pair_restarted(&c->requests, &c->answers);
}

enum fs_status fs_ask(struct fs_client *c, const struct ring_entry *request, struct ring_entry *answer)
{
    struct ring_entry entry = *request;
    *answer = (struct ring_entry){0};
    restarted(c); /* before the first request there is nothing to lose */
    entry.id = ++c->id;
    entry.buffer = c->buffer;
    while (!ring_put(&c->requests,
                     &entry)) /* what was put for lives that ended before they took it, the next one takes */
        if (!restarted(c) && ring_sleep(&c->requests, 1))
            c->wait();
    if (ring_publish(&c->requests))
        c->signal();
    for (;;) {
        while (ring_get(&c->answers, answer))
            if (answer->id == entry.id) {
                ring_publish(&c->answers);
                return answer->status < FS_STATUS_COUNT ? (enum fs_status)answer->status : FS_BAD_REQUEST;
            }
        if (restarted(c))
            return FS_RESTARTED;
        ring_publish(&c->answers);
        if (ring_sleep(&c->answers, 1))
            c->wait();
    }
}

/* For whom, behind the path. */
static void add_user(const struct fs_client *c, struct ring_entry *request)
{
    if (!c->user)
        return;
    request->c = strlen(c->user);
    memcpy(c->data + request->length, c->user, request->c);
}

enum fs_status fs_open(struct fs_client *c, const char *path, uint32_t flags, uint64_t *fid)
{
    struct ring_entry request = {.op = FS_OPEN, .length = (uint32_t)strlen(path), .flags = flags}, answer;
    if (request.length > FS_PATH)
        return FS_BAD_NAME;
    memcpy(c->data, path, request.length);
    add_user(c, &request);
    enum fs_status status = fs_ask(c, &request, &answer);
    *fid = answer.a;
    return status;
}

enum fs_status fs_close(struct fs_client *c, uint64_t fid)
{
    struct ring_entry request = {.op = FS_CLOSE, .a = fid}, answer;
    return fs_ask(c, &request, &answer);
}

enum fs_status fs_read(struct fs_client *c, uint64_t fid, uint64_t offset, void *to, uint32_t *length)
{
    uint32_t wanted = *length;
    for (*length = 0; *length < wanted;) {
        uint32_t part = wanted - *length < FS_BUFFER ? wanted - *length : FS_BUFFER;
        struct ring_entry request = {.op = FS_READ, .length = part, .a = fid, .b = offset + *length}, answer;
        enum fs_status status = fs_ask(c, &request, &answer);
        if (status != FS_OK || answer.length == 0 || answer.length > part)
            return status;
        memcpy((char *)to + *length, c->data, answer.length);
        *length += answer.length;
    }
    return FS_OK;
}

enum fs_status fs_write(struct fs_client *c, uint64_t fid, uint64_t offset, const void *from, uint32_t *length)
{
    uint32_t wanted = *length;
    for (*length = 0; *length < wanted;) {
        uint32_t part = wanted - *length < FS_BUFFER ? wanted - *length : FS_BUFFER;
        struct ring_entry request = {.op = FS_WRITE, .length = part, .a = fid, .b = offset + *length}, answer;
        memcpy(c->data, (const char *)from + *length, part);
        enum fs_status status = fs_ask(c, &request, &answer);
        if (status != FS_OK)
            return status;
        *length += part;
    }
    return FS_OK;
}

enum fs_status fs_path_op(struct fs_client *c, enum fs_op op, const char *path)
{
    struct ring_entry request = {.op = (uint16_t)op, .length = (uint32_t)strlen(path)}, answer;
    if (request.length > FS_PATH)
        return FS_BAD_NAME;
    memcpy(c->data, path, request.length);
    add_user(c, &request);
    return fs_ask(c, &request, &answer);
}

enum fs_status fs_rename(struct fs_client *c, const char *from, const char *to, uint32_t flags)
{
    size_t first = strlen(from), second = strlen(to);
    struct ring_entry request = {.op = FS_RENAME,
                                 .length = (uint32_t)(first + second),
                                 .a = first,
                                 .flags = flags},
                      answer;
    if (first > FS_PATH || second > FS_PATH)
        return FS_BAD_NAME;
    memcpy(c->data, from, first);
    memcpy(c->data + first, to, second);
    add_user(c, &request);
    return fs_ask(c, &request, &answer);
}

enum fs_status fs_sync(struct fs_client *c)
{
    struct ring_entry request = {.op = FS_SYNC}, answer;
    return fs_ask(c, &request, &answer);
}
