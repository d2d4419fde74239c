/* Files of processes: the server is one client of each file server, and has each process use what that one has opened, and no more than it was
   granted. Nobody waits here: an answer that takes its time is signalled. */
#include <string.h>
#include "fs/places.h"
#include "fs/protocol.h"
#include "process.h"

enum { CLIENT = 0, FILES = 1, FIDS_OF_ONE = FS_FIDS / PROCESSES, PID_SHIFT = 8 };

void *file_rings, *file_data, *disk_rings,
    *disk_data; /* where the description maps them; NULL: there is no disk */
/* A file system. What a process knows as a fid is its number there, and FS_FIDS more for each place before. */
static struct place {
    struct ring_end requests, answers;
    char *data;
    unsigned owner[FS_FIDS]; /* pid of the process that opened it, or 0 */
    bool asked[PROCESSES];   /* by the last process in this place: it is not answered */
} places[FS_PLACES];
static unsigned place_count = 1;
static const struct ring_entry lost = {.status = FS_RESTARTED};

static void connect(struct place *at, void *rings, void *data)
{
    *at = (struct place){.data = data};
    ring_start(&at->requests, rings, FS_RING, true);
    ring_start(&at->answers, (struct ring *)(void *)((char *)rings + FS_ANSWERS), FS_RING, false);
}

void files_start(void)
{
    connect(&places[FS_IN_MEMORY], file_rings, file_data);
    if (!disk_rings)
        return;
    connect(&places[FS_ON_DISK], disk_rings, disk_data);
    place_count = FS_PLACES;
}

/* A buffer of its own. Path and user stand in it until it is answered: nobody else is in this place before that. And the file server may still be at
   what this server's last life has asked, so each life has other buffers than the seven before it. */
static uint32_t buffer_of(const struct process *p)
{
    return places[p->file_place].requests.life % (FS_BUFFERS / PROCESSES) * PROCESSES + p->index;
}

bool files_wait(const struct process *p)
{
    bool waits = false;
    for (unsigned i = 0; i < place_count; i++)
        waits |= places[i].asked[p->index];
    return waits;
}

static char *text_of(const struct process *p)
{
    return places[p->file_place].data + (size_t)buffer_of(p) * FS_BUFFER;
}

static void signal_server(const struct place *at)
{
    microkit_notify(FILES + (microkit_channel)(at - places));
}

static bool has_fid(enum fs_op op)
{
    return op == FS_READ || op == FS_WRITE || op == FS_CLOSE;
}

/* Nobody waits for the answer. There is always room for the request: each place of a process asks for one thing at a time, and each fid is closed once. */
static void close_fid(struct place *at, uint64_t fid)
{
    const struct ring_entry close = {.op = FS_CLOSE, .a = fid};
    ring_put(&at->requests, &close);
    at->owner[fid] = 0;
}

static void answered(struct process *p, const struct ring_entry *answer)
{
    p->file_waits = false;
    p->file_done = true;
    p->file_answer = *answer;
    memory_signal(p);
}

/* A fid for a process that is gone, or has enough, is closed again; one that makes no sense was made up by the file server. */
static void opened(struct place *at, struct process *p, struct ring_entry *answer)
{
    if (answer->status != FS_OK)
        return;
    if (answer->a >= FS_FIDS) {
        answer->status = FS_DAMAGED;
    } else if (p && p->open[at - places] < FIDS_OF_ONE) {
        at->owner[answer->a] = p->pid;
        p->open[at - places]++;
        answer->a += (uint64_t)(at - places) * FS_FIDS;
    } else {
        close_fid(at, answer->a);
        answer->status = FS_TOO_MANY;
    }
}

/* All that was open and asked is lost with the life of the file server. */
static bool begin_anew(struct place *at)
{
    if (!ring_pair_restarted(&at->requests, &at->answers))
        return false;
    memset(at->owner, 0, sizeof at->owner);
    memset(at->asked, 0, sizeof at->asked);
    for (struct process *p = processes; p < processes + PROCESSES; p++) {
        p->open[at - places] = 0;
        if (p->file_waits && p->file_place == at - places)
            answered(p, &lost);
        if (lives(p) && !runs(p))
            microkit_notify(CLIENT); /* which waits for an answer that does not come */
    }
    return true;
}

static void look(struct place *at)
{
    struct ring_entry answer;
    do {
        while (ring_get(&at->answers, &answer)) {
            seL4_Word pid = answer.id >> PID_SHIFT; /* 0: of close_fid() */
            struct process *p = process_of(pid);
            if (pid != 0)
                at->asked[pid % PROCESSES] = false;
            if (lives(p) && !runs(p))
                microkit_notify(CLIENT); /* which may have been told to wait for this */
            p = runs(p) && p->file_waits && p->file_place == at - places ? p : NULL;
            if (answer.op == FS_OPEN)
                opened(at, p, &answer);
            if (p && answer.status != FS_OK)
                refuse_status(p, answer.op, has_fid(answer.op) ? NULL : text_of(p), answer.status);
            if (p)
                answered(p, &answer);
        }
        if (ring_publish(&at->requests))
            signal_server(at);
        if (ring_publish(&at->answers))
            signal_server(at);
    } while (begin_anew(at) || !ring_sleep(&at->answers, 1));
}

void files_look(void)
{
    for (unsigned i = 0; i < place_count; i++)
        look(&places[i]);
}

void files_end(struct process *p)
{
    for (struct place *at = places; at < places + place_count; at++) {
        for (unsigned fid = 0; fid < FS_FIDS && p->open[at - places] > 0; fid++)
            if (at->owner[fid] == p->pid) {
                close_fid(at, fid);
                p->open[at - places]--;
            }
        look(at);
    }
    memset(p->open, 0, sizeof p->open); /* a file server may have given one fid twice */
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

/* For whom it is asked, behind the path. A process without a user has no files of its own. */
static void add_user(const struct process *p, struct ring_entry *e)
{
    const char *user = p->user[0] != 0 ? p->user : "nobody";
    if ((p->grants & PROC_SYSTEM) != 0)
        return;
    e->c = strlen(user);
    memcpy(text_of(p) + e->length, user, e->c);
}

/* Where it leads, by its path or its fid, which become what they are there. */
static uint64_t place_of(struct ring_entry *e, const char **path)
{
    uint64_t place = has_fid(e->op) ? e->a / FS_FIDS : FS_IN_MEMORY;
    if (has_fid(e->op))
        e->a %= FS_FIDS;
    else if (place_count > FS_ON_DISK && e->length <= PROC_TEXT)
        place = fs_place_of(path, &e->length);
    return place;
}

/* Why it may not; DENIED_WHY_COUNT: it may. */
static enum denied_why why_not(const struct process *p, const struct ring_entry *e, uint64_t place)
{
    if (right_for(e) == PROC_NEVER || e->length > PROC_TEXT)
        return DENIED_SENSE;
    if ((right_for(e) & ~p->grants) != 0)
        return DENIED_RIGHT;
    if (place >= place_count || (has_fid(e->op) && places[place].owner[e->a] != p->pid))
        return DENIED_NOTHING;
    return DENIED_WHY_COUNT;
}

microkit_msginfo files_ask(struct process *p, seL4_Word count)
{
    const seL4_Word *word = BATON_IPC_BUFFER->msg;
    const char *text = (const char *)(word + 5);
    struct ring_entry e = {.id = (uint64_t)p->pid << PID_SHIFT,
                           .op = (uint16_t)word[0],
                           .flags = (uint32_t)word[1],
                           .a = word[2],
                           .b = word[3],
                           .length = word[4] > PROC_TEXT ? PROC_TEXT + 1 : (uint32_t)word[4]};
    if (count == 0)
        return result(p);
    bool sends = word[0] != FS_READ && word[0] != FS_CLOSE;
    bool whole = word[0] <= FS_OPS && count >= 5 + (sends ? (e.length + 7) / 8 : 0) && !p->file_waits;
    uint64_t place = whole ? place_of(&e, &text) : 0;
    enum denied_why why = whole ? why_not(p, &e, place) : DENIED_SENSE;
    if (why != DENIED_WHY_COUNT) {
        bool known = whole && !has_fid(e.op) && e.length <= PROC_TEXT;
        refuse_file(p, whole ? e.op : 0, known ? (unsigned)place : 0, known ? text : NULL, e.length, why);
        return microkit_msginfo_new(SERVICE_BAD, 0);
    }
    struct place *at = &places[place];
    p->file_place = (unsigned)place;
    p->file_path = (uint16_t)e.length;
    e.buffer = buffer_of(p);
    if (sends)
        memcpy(text_of(p), text, e.length);
    if (!has_fid(e.op))
        add_user(p, &e);
    look(at); /* a new life of the file server is known before it is asked */
    p->file_done = false;
    p->file_waits = true;
    if (e.op == FS_CLOSE) {
        at->owner[e.a] = 0;
        p->open[place]--;
    }
    at->asked[p->index] = ring_put(&at->requests, &e);
    if (!at->asked[p->index])
        answered(p, &lost);
    look(at); /* which sends it; a file server of memory has answered by then */
    return result(p);
}
