/* Who waits for the end of a copy that it has made. The server keeps how that ended with its maker, since the client forgets it at once. Nobody
   is answered late: who asks too early is told to wait for its signal. */
#include <string.h>
#include "process.h"

static struct copy *copy_of(struct process *p, seL4_Word pid)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        if (pid != 0 && p->copies[i].pid == pid)
            return &p->copies[i];
    return NULL;
}

static void drop(struct process *p, struct copy *c)
{
    struct copy *last = &p->copies[PROCESSES - 1];
    memmove(c, c + 1, (size_t)(last - c) * sizeof *c);
    *last = (struct copy){0};
}

/* If there is no room, the first that has ended is forgotten. */
void copy_made(struct process *p, seL4_Word pid)
{
    unsigned at = 0;
    if (p->copies[PROCESSES - 1].pid != 0) {
        while (at < PROCESSES - 1 && p->copies[at].end == PROC_RUNS)
            at++;
        drop(p, &p->copies[at]);
    }
    for (at = 0; p->copies[at].pid != 0;)
        at++;
    p->copies[at] = (struct copy){.pid = (unsigned)pid, .end = PROC_RUNS};
}

void copy_ended(const struct process *copy)
{
    struct process *p = process_of(copy->parent);
    struct copy *c = runs(p) ? copy_of(p, copy->pid) : NULL;
    if (!c)
        return;
    c->end = copy->status.end;
    c->code = copy->status.code;
    if (p->status.copy != copy->pid)
        return;
    p->status.copy = 0;
    memory_signal(p);
}

microkit_msginfo copy_wait(struct process *p, seL4_Word pid)
{
    struct copy *c = copy_of(p, pid);
    if (!c) {
        refuse(p, PROC_WAIT, DENIED_NOTHING);
        return microkit_msginfo_new(SERVICE_BAD, 0);
    }
    p->status.copy = c->end == PROC_RUNS ? pid : 0;
    if (c->end == PROC_RUNS)
        return microkit_msginfo_new(PROC_LATER, 0);
    const seL4_Word words[] = {c->end, c->code};
    drop(p, c);
    return answer_words(SERVICE_OK, words, sizeof words);
}
