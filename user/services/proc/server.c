/* Processes, and what a client asks about them. */
#include <string.h>
#include "process.h"

enum { SPAWN_WORDS = 3, SPAWN_WITH_USER = SPAWN_WORDS + PROC_NAME / 8 };

struct process processes[PROCESSES];

void init(void)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        processes[i].index = i;
    memory_start();
    output_start();
    files_start();
    window_start();
    sockets_start();
    service_signal_all();
}

void notified(microkit_channel ch)
{
    if (ch >= WINDOWS) {
        window_look();
        sockets_look();
    }
    files_look();
    wake_writers();
}

struct process *process_of(seL4_Word pid)
{
    struct process *p = &processes[pid % PROCESSES];
    return pid != 0 && p->pid == pid ? p : NULL;
}

static microkit_msginfo bad(void)
{
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

/* From `pid` on; 0: from the first. */
static microkit_msginfo next(seL4_Word pid)
{
    seL4_Word found = 0;
    for (seL4_Word i = pid == 0 ? 0 : pid % PROCESSES + 1; i < PROCESSES && found == 0; i++)
        found = processes[i].pid;
    return answer_words(SERVICE_OK, &found, sizeof found);
}

static microkit_msginfo room(void)
{
    struct proc_room counted = {0};
    memory_count(&counted);
    sockets_count(&counted);
    return answer_words(SERVICE_OK, &counted, sizeof counted);
}

static microkit_msginfo type(struct process *p, seL4_Word bytes)
{
    char text[PROC_TEXT];
    if (bytes > PROC_TEXT)
        return bad();
    memcpy(text, &BATON_IPC_BUFFER->msg[2], bytes);
    p->input_ends |= bytes == 0;
    seL4_Word given = give_input(p, text, (uint32_t)bytes);
    return answer_words(SERVICE_OK, &given, sizeof given);
}

static microkit_msginfo status(struct process *p)
{
    p->status.writes = p->writes;
    p->status.files = files_wait(p) ? p->file_place + 1 : 0; /* also of one that died meanwhile */
    p->status.pipe = p->pipe;
    p->status.user = p->grants / PROC_USER % PROC_EVERYBODY;
    p->status.again = p->grants / PROC_AGAIN;
    p->status.behind = (p->grants & PROC_BEHIND) != 0;
    return answer_words(SERVICE_OK, &p->status, sizeof p->status);
}

/* What is asked about one process. */
static microkit_msginfo about(struct process *p, seL4_Word label, seL4_Word second)
{
    if (label == PROC_STATUS)
        return status(p);
    if (label == PROC_BEGAN)
        return began(p);
    if (label == PROC_FORGET && !runs(p))
        forget(p);
    else if (label == PROC_TYPE && lives(p))
        return type(p, second);
    else if (label == PROC_PIPE && lives(p) && process_of(second))
        p->pipe = (unsigned)second;
    else if (label == PROC_KILL && lives(p))
        ended(p, PROC_KILLED, 0);
    else
        return bad();
    return microkit_msginfo_new(SERVICE_OK, 0);
}

static microkit_msginfo answer_client(seL4_Word label, seL4_Word count)
{
    seL4_Word one = microkit_mr_get(0), two = microkit_mr_get(1);
    struct process *p = process_of(one);
    switch (label) {
    case PROC_SPAWN:
        return count == SPAWN_WORDS || count == SPAWN_WITH_USER
                   ? spawn(one, two, microkit_mr_get(2),
                           count == SPAWN_WITH_USER ? (const char *)&BATON_IPC_BUFFER->msg[SPAWN_WORDS] : NULL)
                   : bad();
    case PROC_NEXT: return next(one);
    case PROC_ROOM: return room();
    case PROC_HEAR: hear(one); return microkit_msginfo_new(SERVICE_OK, 0);
    case PROC_RESTART: return p && count == 3 ? restart(p, two, microkit_mr_get(2)) : bad();
    case PROC_TYPE: return p && count >= 2 + (two + 7) / 8 ? about(p, label, two) : bad();
    default: return p && count >= 1 ? about(p, label, two) : bad();
    }
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word label = microkit_msginfo_get_label(msginfo), count = microkit_msginfo_get_count(msginfo);
    return ch >= BASE_OF_CALLS && ch < BASE_OF_CALLS + PROCESSES
               ? answer_process(&processes[ch - BASE_OF_CALLS], label, count)
               : answer_client(label, count);
}
