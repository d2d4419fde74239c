/* One client's session: what it has open, and where its rings and buffers are. */
#ifndef SERVICES_FS_SERVE_H
#define SERVICES_FS_SERVE_H

#include <stdbool.h>
#include "../ring/ring.h"
#include "backend.h"
#include "protocol.h"

struct fs_session {
    struct ring_end requests, answers;
    char *data;             /* FS_DATA_REGION bytes, which the client may change at any time */
    uint32_t fid[FS_FIDS];  /* a node and one; 0: free */
    bool writable[FS_FIDS]; /* by this fid */
    uint32_t who;           /* the client, where it is noted what was refused */
    bool unfinished; /* fs_session_serve() has begun the next request, and goes on with it, signal or not */
};

/* Begins a session, or a new life of one. */
void fs_session_start(struct fs_session *s, void *rings, void *data);
/* Answers what was asked. True: the client wants a signal. */
bool fs_session_serve(struct fs_session *s);
/* What one request is answered; nothing of it is believed. Status FS_UNFINISHED: ask again. */
void fs_session_answer(struct fs_session *s, const struct ring_entry *request, struct ring_entry *answer);

/* Whether all components of a path may be names: FS_OK or FS_BAD_NAME. */
enum fs_status path_check(const char *path, uint32_t length);
/* Whether this user may read what the path leads to, or change it, be it there or not: FS_OK or FS_DENIED, or why it cannot be known. pre: path_check(). */
enum fs_status owner_check(struct fs_path path, struct fs_path user, bool changes);

#endif
