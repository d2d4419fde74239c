/* Requests out of one ring, answers into the other. */
#include <stddef.h>
#include "backend.h"
#include "../denied/denied.h"
#include "serve.h"

static void close_all(struct fs_session *s)
{
    for (uint32_t i = 0; i < FS_FIDS; i++)
        if (s->fid[i] != 0) {
            backend_close(s->fid[i] - 1);
            s->fid[i] = 0;
        }
}

void fs_session_start(struct fs_session *s, void *rings, void *data)
{
    *s = (struct fs_session){.data = data};
    ring_start(&s->requests, rings, FS_RING, false);
    ring_start(&s->answers, (struct ring *)(void *)((char *)rings + FS_ANSWERS), FS_RING, true);
}

/* What a client has no right to ask. It has users of its own, and notes itself what these may not. */
static void note(const struct fs_session *s, uint16_t op, enum fs_status status)
{
    static const char *const ops[FS_OPS] = {"ask",   "open",   "close",  "read",     "write", "stat", "list",
                                            "mkdir", "remove", "rename", "truncate", "sync",  "space"};
    enum denied_why why = status == FS_READ_ONLY                                ? DENIED_READ_ONLY
                          : status == FS_TOO_MANY                               ? DENIED_FULL
                          : status == FS_BAD_FID                                ? DENIED_NOTHING
                          : status == FS_BAD_REQUEST || status == FS_BAD_BUFFER ? DENIED_SENSE
                                                                                : DENIED_WHY_COUNT;
    if (why != DENIED_WHY_COUNT)
        denied(s->who, s->who, why, ops[op < FS_OPS ? op : 0], NULL, 0);
}

/* True: it has answered one, or begun anew. */
static bool serve_one(struct fs_session *s)
{
    if (ring_pair_restarted(&s->requests, &s->answers)) {
        close_all(s); /* the client's new life has nothing open, and its next request is the first */
        return true;
    }
    if (ring_known(&s->answers) == 0 || ring_known(&s->requests) == 0)
        return false;
    struct ring_entry request = {0}, answer;
    if (!ring_get(&s->requests, &request))
        return false;
    fs_session_answer(s, &request, &answer);
    if (answer.status != FS_OK) {
        if (answer.status == FS_UNFINISHED) {
            s->unfinished = true;
            s->requests.mine--; /* it stays where it is: the next round finds it again */
            return false;
        }
        note(s, request.op, (enum fs_status)answer.status);
    }
    return ring_put(&s->answers, &answer);
}

bool fs_session_serve(struct fs_session *s)
{
    bool signal = false, sleeps = false;
    s->unfinished = false;
    /* An honest client never has more than two full rings; another waits for its next signal. */
    for (uint32_t left = 2 * FS_RING; left > 0 && !sleeps; left--) {
        if (serve_one(s))
            continue;
        if (s->unfinished) /* others first */
            break;
        signal |= ring_publish(&s->answers);
        signal |= ring_publish(&s->requests);
        bool full = ring_known(&s->answers) == 0;
        sleeps = full ? ring_sleep(&s->answers, 1) : ring_sleep(&s->requests, 1);
    }
    signal |= ring_publish(&s->answers);
    return ring_publish(&s->requests) || signal;
}
