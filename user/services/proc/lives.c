/* How processes begin, end, and begin again. */
#include <stddef.h>
#include <string.h>
#include "process.h"

enum { CLIENT = 0 };

char *region; /* where the description maps it: files and arguments come there */

/* What a process finds at its start, and it or a copy of it does again when it is begun again. */
static struct begun {
    seL4_Word count, heap; /* of its arguments; where its heap begins */
    char text[PROC_ARGUMENT_BYTES];
} begun[PROCESSES];

bool runs(const struct process *p)
{
    return p && p->status.end == PROC_RUNS;
}

bool lives(const struct process *p)
{
    return runs(p) || (p && p->status.end >= PROC_PAGE_FAULT && p->grants >= PROC_AGAIN);
}

static bool has_writer(const struct process *reader)
{
    bool found = false;
    for (unsigned i = 0; i < PROCESSES; i++)
        found |= processes[i].pipe == reader->pid && processes[i].pid != 0 && lives(&processes[i]);
    return found;
}

/* The one that reads what it wrote, and nobody else writes to, comes to the end; the one that writes to it writes to nobody. */
static void leave(const struct process *p)
{
    struct process *reader = process_of(p->pipe);
    if (lives(reader) && !has_writer(reader)) {
        reader->input_ends = true;
        give_input(reader, NULL, 0);
    }
    wake_writers();
}

unsigned held;

/* It is asked at every end, and so that nobody pays who has no such thing. */
static __attribute__((noinline)) void let_go(const struct process *p)
{
    if (held == 0)
        return;
    window_end(p);
    sockets_end(p);
}

/* It has nothing any more, and waits for nothing. */
static void stop(struct process *p)
{
    memory_take_back(p);
    p->status.copy = p->status.reads = p->writes = p->file_waits = p->file_done = false;
    files_end(p);
    let_go(p);
}

void ended(struct process *p, enum proc_end how, seL4_Word code)
{
    p->status.end = how;
    p->status.code = code;
    stop(p);
    leave(p);
    if (!lives(p))
        copy_ended(p);
    microkit_notify(CLIENT);
}

void forget(struct process *p)
{
    if (lives(p)) /* it will not begin again: that is its end */
        copy_ended(p);
    p->pid = 0;
    leave(p);
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    struct process *p = &processes[child % PROCESSES];
    seL4_Word label = microkit_msginfo_get_label(msginfo);
    (void)reply_msginfo;
    p->status.ip = microkit_mr_get(label == seL4_Fault_UnknownSyscall ? seL4_UnknownSyscall_FaultIP : 0);
    p->status.address = microkit_mr_get(seL4_VMFault_Addr);
    refuse_fault(p, label,
                 label == seL4_Fault_UnknownSyscall ? microkit_mr_get(seL4_UnknownSyscall_Syscall)
                 : label == seL4_Fault_VMFault      ? p->status.address
                                                    : p->status.ip);
    if (label == seL4_Fault_VMFault)
        ended(p, PROC_PAGE_FAULT, 0);
    else if (label == seL4_Fault_UserException)
        ended(p, PROC_EXCEPTION, microkit_mr_get(seL4_UserException_Number));
    else
        ended(p, PROC_BAD_CALL, 0);
    return seL4_False;
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

microkit_msginfo answer_words(seL4_Word label, const void *words, unsigned bytes)
{
    memcpy(BATON_IPC_BUFFER->msg, words, bytes);
    return microkit_msginfo_new(label, (seL4_Uint16)((bytes + 7) / 8));
}

static microkit_msginfo answer_pid(const struct process *p)
{
    seL4_Word pid = p->pid;
    return answer_words(SERVICE_OK, &pid, sizeof pid);
}

static microkit_msginfo no_program(const char *why)
{
    char text[64] = {0};
    strncpy(text, why, sizeof text - 1);
    return answer_words(PROC_NO_PROGRAM, text, sizeof text);
}

static microkit_msginfo does_not_fit(void)
{
    return no_program("it does not fit into the memory of a process");
}

/* What it must be; the answer's label says otherwise. */
static microkit_msginfo check(seL4_Word bytes, unsigned grants, struct image *image)
{
    const char *wrong = image_read(region, bytes, image);
    if (wrong)
        return no_program(wrong);
    seL4_Word missing = image->needs & ~grants;
    return answer_words(missing != 0 ? PROC_MISSING : SERVICE_OK, &missing, sizeof missing);
}

static bool is_ok(microkit_msginfo m)
{
    return microkit_msginfo_get_label(m) == SERVICE_OK;
}

/* The name is the first argument, or the end of it: of two paths in one folder, that is what tells them apart. */
static bool keep_arguments(struct process *p, unsigned bytes)
{
    struct begun *b = &begun[p->index];
    memcpy(b->text, region + PROC_ARGUMENTS, bytes);
    b->count = 0;
    for (unsigned i = 0; i < bytes; i++)
        b->count += b->text[i] == 0;
    if (bytes == 0 || b->text[bytes - 1] != 0)
        return false;
    size_t length = strlen(b->text), left_out = length < PROC_NAME ? 0 : length - (PROC_NAME - 1);
    strncpy(p->status.name, b->text + left_out, PROC_NAME - 1);
    p->argument_bytes = bytes;
    return true;
}

static bool start(struct process *p, const struct image *image)
{
    struct begun *b = &begun[p->index];
    b->heap = image->end;
    bool made = memory_make(p) && memory_load(p, region, image, (const char *)b,
                                              (unsigned)offsetof(struct begun, text) + p->argument_bytes);
    p->status.pages = p->frames;
    return made && memory_run(p, image->entry, PROCESS_STACK_END);
}

microkit_msginfo spawn(seL4_Word bytes, seL4_Word arguments, seL4_Word grants, const char *user)
{
    struct image image;
    char name[PROC_NAME] = {0};
    if (bytes > PROC_ARGUMENTS || arguments > PROC_ARGUMENT_BYTES || (grants & ~(seL4_Word)PROC_GRANTS) != 0)
        return microkit_msginfo_new(SERVICE_BAD, 0);
    if (user)
        memcpy(name, user, sizeof name - 1);
    microkit_msginfo checked = check(bytes, (unsigned)grants, &image);
    if (!is_ok(checked))
        return checked;
    struct process *p = free_process();
    if (!p)
        return no_program("there are as many processes as there can be");
    p->grants = (unsigned)grants;
    memcpy(p->user, name, sizeof p->user);
    if (!keep_arguments(p, (unsigned)arguments) || !start(p, &image)) {
        memory_take_back(p);
        p->pid = 0;
        return does_not_fit();
    }
    return answer_pid(p);
}

/* Nothing is taken from it before all that can be wrong has been looked at. What the file server is at for it would be taken for an answer
   to its next life; and whoever read what it wrote has come to the end if it does not live. */
microkit_msginfo restart(struct process *p, seL4_Word bytes, seL4_Word again)
{
    struct image image;
    if (!lives(p) || bytes > PROC_ARGUMENTS || again > PROC_AGAIN_MOST)
        return microkit_msginfo_new(SERVICE_BAD, 0);
    microkit_msginfo checked = check(bytes, p->grants, &image);
    if (!is_ok(checked))
        return checked;
    files_look();
    if (files_wait(p))
        return microkit_msginfo_new(PROC_LATER, 0);
    stop(p);
    p->status.end = PROC_RUNS;
    memset(p->copies, 0, sizeof p->copies); /* which the next life knows nothing of */
    p->grants = p->grants % PROC_AGAIN + (unsigned)again * PROC_AGAIN;
    if (!start(p, &image)) {
        ended(p, PROC_KILLED, 0);
        return does_not_fit();
    }
    wake_writers();
    return answer_pid(p);
}

microkit_msginfo began(const struct process *p)
{
    return answer_words(SERVICE_OK, &begun[p->index],
                        (unsigned)offsetof(struct begun, text) + p->argument_bytes);
}

microkit_msginfo clone(const struct process *from, seL4_Word entry, seL4_Word stack)
{
    struct process *p = free_process();
    if (!p)
        return microkit_msginfo_new(SERVICE_BAD, 0);
    begun[p->index] = begun[from->index];
    p->argument_bytes = from->argument_bytes;
    p->grants = from->grants % PROC_AGAIN; /* without the wish: its client counts for one process */
    p->pipe = from->pipe;
    p->parent = from->pid;
    p->input_ends = true;
    memcpy(p->status.name, from->status.name, sizeof p->status.name);
    memcpy(p->user, from->user, sizeof p->user);
    if (!memory_make(p) || !memory_clone(p, from) || !memory_run(p, entry, stack)) {
        memory_take_back(p);
        p->pid = 0;
        return microkit_msginfo_new(SERVICE_BAD, 0);
    }
    p->status.pages = p->frames;
    return answer_pid(p);
}
