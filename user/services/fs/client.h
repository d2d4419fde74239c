/* Files for a client that waits for each answer. It needs two functions of its own: how to signal the server, and how to wait for a signal. */
#ifndef SERVICES_FS_CLIENT_H
#define SERVICES_FS_CLIENT_H

#include "../ring/ring.h"
#include "protocol.h"

struct fs_client {
    struct ring_end requests, answers;
    uint32_t buffer; /* the one that this life uses */
    char *data;      /* where it is */
    uint64_t id;
    const char *user; /* for whom it asks; NULL: for one who may do everything */
    void (*signal)(void);
    void (*wait)(void); /* returns when the server may have signalled */
};

void fs_connect(struct fs_client *c, void *rings, void *data, void (*signal)(void), void (*wait)(void));
/* Puts the request, whose data is in the client's buffer, and waits for its answer. FS_RESTARTED: the server began a new life meanwhile; what was open is not any more, and only the
   caller knows whether to ask again. Reading, writing at an offset, stat and list may be asked twice, creating and renaming may not. */
enum fs_status fs_ask(struct fs_client *c, const struct ring_entry *request, struct ring_entry *answer);

/* The same by name. A path ends with 0. */
enum fs_status fs_open(struct fs_client *c, const char *path, uint32_t flags, uint64_t *fid);
enum fs_status fs_close(struct fs_client *c, uint64_t fid);
enum fs_status fs_read(struct fs_client *c, uint64_t fid, uint64_t offset, void *to, uint32_t *length);
enum fs_status fs_write(struct fs_client *c, uint64_t fid, uint64_t offset, const void *from, uint32_t *length);
enum fs_status fs_path_op(struct fs_client *c, enum fs_op op, const char *path);
enum fs_status fs_rename(struct fs_client *c, const char *from, const char *to, uint32_t flags);
enum fs_status fs_sync(struct fs_client *c);

#endif
