/* Processes, and what a client asks about them. */
#include <string.h>
#include "process.h"

enum { CLIENT = 0, SPAWN_WORDS = 3, SPAWN_WITH_USER = SPAWN_WORDS + PROC_NAME / 8 };

char *region; /* where the description maps it: files and arguments come there */
struct process processes[PROCESSES];
static struct refusal {
    unsigned pid;
    uint16_t label;
    uint8_t op, place;
    char path[PROC_ASKED];
} refusals[PROC_REFUSALS];
static seL4_Word refused;

void init(void)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        processes[i].index = i;
    memory_start();
    output_start();
    files_start();
    service_signal_all();
}

void notified(microkit_channel ch)
{
    (void)ch;
    files_look();
    wake_writers();
}

void refuse(const struct process *p, seL4_Word label)
{
    refusals[refused++ % PROC_REFUSALS] =
        (struct refusal){.pid = p->pid, .label = (uint16_t)(label < UINT16_MAX ? label : UINT16_MAX)};
}

/* Whoever reads it must not take a part of the path for something else that is said. */
void refuse_file(const struct process *p, unsigned op, unsigned place, const char *path, uint32_t length)
{
    refuse(p, PROC_FILE);
    struct refusal *r = &refusals[(refused - 1) % PROC_REFUSALS];
    r->op = (uint8_t)op;
    r->place = (uint8_t)place;
    for (uint32_t i = 0; i < length && i < PROC_ASKED; i++)
        r->path[i] = (unsigned char)path[i] < ' ' || path[i] == 0x7f ? '?'
                     : length > PROC_ASKED && i >= PROC_ASKED - 3    ? '.'
                                                                     : path[i];
}

struct process *process_of(seL4_Word pid)
{
    struct process *p = &processes[pid % PROCESSES];
    return pid != 0 && p->pid == pid ? p : NULL;
}

bool runs(const struct process *p)
{
    return p && p->status.end == PROC_RUNS;
}

static bool has_writer(const struct process *reader)
{
    bool found = false;
    for (unsigned i = 0; i < PROCESSES; i++)
        found |= processes[i].pipe == reader->pid && processes[i].pid != 0 && runs(&processes[i]);
    return found;
}

/* The one that reads what it wrote, and nobody else writes to, comes to the end; the one that writes to it writes to nobody. */
void ended(struct process *p, enum proc_end how, seL4_Word code)
{
    struct process *reader = process_of(p->pipe);
    memory_take_back(p);
    p->status.end = how;
    p->status.code = code;
    p->status.reads = p->writes = p->file_waits = false;
    files_end(p);
    if (runs(reader) && !has_writer(reader)) {
        reader->input_ends = true;
        give_input(reader, NULL, 0);
    }
    wake_writers();
    microkit_notify(CLIENT);
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    struct process *p = &processes[child % PROCESSES];
    seL4_Word label = microkit_msginfo_get_label(msginfo);
    (void)reply_msginfo;
    p->status.ip = microkit_mr_get(label == seL4_Fault_UnknownSyscall ? seL4_UnknownSyscall_FaultIP : 0);
    p->status.address = microkit_mr_get(seL4_VMFault_Addr);
    if (label == seL4_Fault_VMFault)
        ended(p, PROC_PAGE_FAULT, 0);
    else if (label == seL4_Fault_UserException)
        ended(p, PROC_EXCEPTION, microkit_mr_get(seL4_UserException_Number));
    else
        ended(p, PROC_BAD_CALL, 0);
    return seL4_False;
}

static microkit_msginfo answer(seL4_Word label, const void *words, unsigned bytes)
{
    memcpy(BATON_IPC_BUFFER->msg, words, bytes);
    return microkit_msginfo_new(label, (seL4_Uint16)((bytes + 7) / 8));
}

static microkit_msginfo bad(void)
{
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

static microkit_msginfo no_program(const char *why)
{
    char text[64] = {0};
    strncpy(text, why, sizeof text - 1);
    return answer(PROC_NO_PROGRAM, text, sizeof text);
}

static struct process *free_process(void)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        if (processes[i].pid == 0 && !files_wait(&processes[i])) {
            struct process *p = &processes[i];
            unsigned life = p->life + 1;
            *p = (struct process){.index = i, .life = life, .pid = life * PROCESSES + i};
            return p;
        }
    return NULL;
}

/* The name is the first argument. */
static bool start(struct process *p, const struct image *image, unsigned arguments)
{
    static char copy[PROC_ARGUMENT_BYTES + 16]; /* how many, where the heap begins, and the text */
    seL4_Word head[2] = {0, image->end};
    char *text = copy + sizeof head;
    memcpy(text, region + PROC_ARGUMENTS, arguments);
    for (unsigned i = 0; i < arguments; i++)
        head[0] += text[i] == 0;
    memcpy(copy, head, sizeof head);
    if (arguments == 0 || text[arguments - 1] != 0)
        return false;
    strncpy(p->status.name, text, PROC_NAME - 1);
    bool made = memory_make(p) && memory_load(p, region, image, copy, (unsigned)sizeof head + arguments);
    p->status.pages = p->frames;
    return made && memory_run(p, image->entry, PROCESS_STACK_END);
}

static microkit_msginfo spawn(seL4_Word bytes, seL4_Word arguments, seL4_Word grants, bool has_user)
{
    struct image image;
    if (bytes > PROC_ARGUMENTS || arguments > PROC_ARGUMENT_BYTES ||
        (grants & ~(seL4_Word)(PROC_ALL | PROC_BEHIND | PROC_USER * 255)) != 0)
        return bad();
    const char *wrong = image_read(region, bytes, &image);
    if (wrong)
        return no_program(wrong);
    seL4_Word missing = image.needs & ~grants;
    if (missing != 0)
        return answer(PROC_MISSING, &missing, sizeof missing);
    struct process *p = free_process();
    if (!p)
        return no_program("there are as many processes as there can be");
    p->grants = (unsigned)grants;
    if (has_user)
        memcpy(p->user, &BATON_IPC_BUFFER->msg[SPAWN_WORDS], sizeof p->user - 1);
    if (!start(p, &image, (unsigned)arguments)) {
        memory_take_back(p);
        p->pid = 0;
        return no_program("it does not fit into the memory of a process");
    }
    seL4_Word pid = p->pid;
    return answer(SERVICE_OK, &pid, sizeof pid);
}

microkit_msginfo clone(const struct process *from, seL4_Word entry, seL4_Word stack)
{
    struct process *p = free_process();
    if (!p)
        return bad();
    p->grants = from->grants;
    p->pipe = from->pipe;
    p->input_ends = true;
    memcpy(p->status.name, from->status.name, sizeof p->status.name);
    memcpy(p->user, from->user, sizeof p->user);
    if (!memory_make(p) || !memory_clone(p, from) || !memory_run(p, entry, stack)) {
        memory_take_back(p);
        p->pid = 0;
        return bad();
    }
    seL4_Word pid = p->pid;
    p->status.pages = p->frames;
    return answer(SERVICE_OK, &pid, sizeof pid);
}

/* From `pid` on; 0: from the first. */
static microkit_msginfo next(seL4_Word pid)
{
    seL4_Word found = 0;
    for (seL4_Word i = pid == 0 ? 0 : pid % PROCESSES + 1; i < PROCESSES && found == 0; i++)
        found = processes[i].pid;
    return answer(SERVICE_OK, &found, sizeof found);
}

static microkit_msginfo room(void)
{
    struct proc_room counted = {0};
    memory_count(&counted);
    return answer(SERVICE_OK, &counted, sizeof counted);
}

static microkit_msginfo denied(seL4_Word number)
{
    seL4_Word words[5 + PROC_ASKED / 8] = {refused};
    const struct refusal *r = &refusals[number % PROC_REFUSALS];
    if (number < refused && refused - number <= PROC_REFUSALS) {
        words[1] = r->pid;
        words[2] = r->label;
        words[3] = r->op;
        words[4] = r->place;
        memcpy(words + 5, r->path, PROC_ASKED);
    }
    return answer(SERVICE_OK, words, sizeof words);
}

static microkit_msginfo type(struct process *p, seL4_Word bytes)
{
    char text[PROC_TEXT];
    if (bytes > PROC_TEXT)
        return bad();
    memcpy(text, &BATON_IPC_BUFFER->msg[2], bytes);
    p->input_ends |= bytes == 0;
    seL4_Word given = give_input(p, text, (uint32_t)bytes);
    return answer(SERVICE_OK, &given, sizeof given);
}

static microkit_msginfo status(struct process *p)
{
    p->status.writes = p->writes;
    p->status.files = p->file_waits ? p->file_place + 1 : 0;
    p->status.pipe = p->pipe;
    p->status.user = p->grants / PROC_USER;
    p->status.behind = (p->grants & PROC_BEHIND) != 0;
    return answer(SERVICE_OK, &p->status, sizeof p->status);
}

/* What is asked about one process. */
static microkit_msginfo about(struct process *p, seL4_Word label, seL4_Word second)
{
    if (label == PROC_STATUS)
        return status(p);
    if (label == PROC_FORGET && !runs(p))
        p->pid = 0;
    else if (label == PROC_TYPE && runs(p))
        return type(p, second);
    else if (label == PROC_PIPE && runs(p) && process_of(second))
        p->pipe = (unsigned)second;
    else if (label == PROC_KILL && runs(p))
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
                   ? spawn(one, two, microkit_mr_get(2), count == SPAWN_WITH_USER)
                   : bad();
    case PROC_NEXT: return next(one);
    case PROC_ROOM: return room();
    case PROC_DENIED: return denied(one);
    case PROC_HEAR: hear(one); return microkit_msginfo_new(SERVICE_OK, 0);
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
