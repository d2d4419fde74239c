/* Files of processes: the server is one client of the file server, and has each process use what that one has opened, and no more than it was
   granted. Nobody waits here: an answer that takes its time is signalled. */
#include <string.h>
#include "fs/protocol.h"
#include "process.h"

enum { FILES = 1, FIDS_OF_ONE = FS_FIDS / PROCESSES, PID_SHIFT = 8 };

void *file_rings, *file_data; /* where the description maps them */
static struct ring_end requests, answers;
static const struct ring_entry lost = {.status = FS_RESTARTED};
static unsigned owner[FS_FIDS]; /* pid of the process that opened it, or 0 */

void files_start(void)
{
    ring_start(&requests, file_rings, FS_RING, true);
    ring_start(&answers, (struct ring *)(void *)((char *)file_rings + FS_ANSWERS), FS_RING, false);
}

/* A buffer of its own: an answer to the last process in this place may still come, into the one that that had. */
static uint32_t buffer_of(const struct process *p)
{
    return p->pid % FS_BUFFERS;
}

static char *text_of(const struct process *p)
{
    return (char *)file_data + (size_t)buffer_of(p) * FS_BUFFER;
}

static void send(void)
{
    if (ring_publish(&requests))
        microkit_notify(FILES);
}

/* Nobody waits for the answer. There is always room for the request, since each process asks for one thing at a time. */
static void close_fid(uint64_t fid)
{
    const struct ring_entry close = {.op = FS_CLOSE, .a = fid};
    ring_put(&requests, &close);
    owner[fid] = 0;
}

static void answered(struct process *p, const struct ring_entry *answer)
{
    p->file_waits = false;
    p->file_done = true;
    p->file_answer = *answer;
    memory_signal(p);
}

/* A fid for a process that is gone, or has enough, is closed again; one that makes no sense was made up by the file server. */
static void opened(struct process *p, struct ring_entry *answer)
{
    unsigned has = 0;
    if (answer->status != FS_OK || answer->a >= FS_FIDS)
        return;
    for (unsigned i = 0; i < FS_FIDS && p; i++)
        has += owner[i] == p->pid;
    if (p && has < FIDS_OF_ONE) {
        owner[answer->a] = p->pid;
        return;
    }
    close_fid(answer->a);
    answer->status = FS_TOO_MANY;
}

/* All that was open and asked is lost with the life of the file server. */
static bool begin_anew(void)
{
    if (!ring_pair_restarted(&requests, &answers))
        return false;
    memset(owner, 0, sizeof owner);
    for (unsigned i = 0; i < PROCESSES; i++)
        if (processes[i].file_waits)
            answered(&processes[i], &lost);
    return true;
}

void files_look(void)
{
    struct ring_entry answer;
    do {
        while (ring_get(&answers, &answer)) {
            struct process *p = process_of(answer.id >> PID_SHIFT);
            p = runs(p) && p->file_waits ? p : NULL;
            if (answer.op == FS_OPEN)
                opened(p, &answer);
            if (p)
                answered(p, &answer);
        }
        send();
        if (ring_publish(&answers))
            microkit_notify(FILES);
    } while (begin_anew() || !ring_sleep(&answers, 1));
}

void files_end(const struct process *p)
{
    for (unsigned fid = 0; fid < FS_FIDS; fid++)
        if (owner[fid] == p->pid)
            close_fid(fid);
    files_look();
}

static microkit_msginfo result(struct process *p)
{
    const struct ring_entry *a = &p->file_answer;
    uint32_t bytes = a->op == FS_READ && a->status == FS_OK && a->length <= PROC_TEXT ? a->length : 0;
    if (!p->file_done)
        return microkit_msginfo_new(PROC_LATER, 0);
    p->file_done = false;
    microkit_mr_set(0, a->status);
    microkit_mr_set(1, a->op == FS_READ ? bytes : a->op == FS_WRITE ? a->length : a->a);
    memcpy(&BATON_IPC_BUFFER->msg[2], text_of(p), bytes);
    return microkit_msginfo_new(SERVICE_OK, (seL4_Uint16)(2 + (bytes + 7) / 8));
}

/* What it needs to be allowed, or PROC_NEVER. */
static unsigned right_for(const struct ring_entry *e)
{
    switch (e->op) {
    case FS_OPEN: return e->flags == 0 ? PROC_FILES : PROC_FILES | PROC_CHANGE;
    case FS_READ:
    case FS_CLOSE: return PROC_FILES;
    case FS_WRITE:
    case FS_MKDIR:
    case FS_REMOVE: return PROC_FILES | PROC_CHANGE;
    default: return PROC_NEVER;
    }
}

static bool may(const struct process *p, const struct ring_entry *e)
{
    bool by_fid = e->op == FS_READ || e->op == FS_WRITE || e->op == FS_CLOSE;
    return (right_for(e) & ~p->grants) == 0 && e->length <= PROC_TEXT &&
           (!by_fid || (e->a < FS_FIDS && owner[e->a] == p->pid));
}

microkit_msginfo files_ask(struct process *p, seL4_Word count)
{
    const seL4_Word *word = BATON_IPC_BUFFER->msg;
    struct ring_entry e = {.id = (uint64_t)p->pid << PID_SHIFT,
                           .op = (uint16_t)word[0],
                           .flags = (uint32_t)word[1],
                           .a = word[2],
                           .b = word[3],
                           .length = word[4] > PROC_TEXT ? PROC_TEXT + 1 : (uint32_t)word[4],
                           .buffer = buffer_of(p)};
    if (count == 0)
        return result(p);
    bool sends = word[0] != FS_READ && word[0] != FS_CLOSE;
    if (word[0] > FS_OPS || count < 5 + (sends ? (e.length + 7) / 8 : 0) || p->file_waits || !may(p, &e)) {
        refuse(p, PROC_FILE);
        return microkit_msginfo_new(SERVICE_BAD, 0);
    }
    if (sends)
        memcpy(text_of(p), word + 5, e.length);
    files_look(); /* a new life of the file server is known before it is asked */
    p->file_done = false;
    p->file_waits = true;
    if (e.op == FS_CLOSE)
        owner[e.a] = 0;
    if (!ring_put(&requests, &e))
        answered(p, &lost);
    files_look(); /* which sends it; a file server of memory has answered by then */
    return result(p);
}
