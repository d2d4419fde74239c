/* What a process asks. All of it stands in the message: nothing is shared with a process. */
#include <string.h>
#include "process.h"
#include "ring/text.h"

enum { CLIENT = 0 };

struct text_ring *output_page; /* where the description maps it */
static struct ring_end output;
static seL4_Word heard = PROC_EVERYBODY;

static char *text_behind(unsigned words)
{
    return (char *)&BATON_IPC_BUFFER->msg[words];
}

static microkit_msginfo answer(seL4_Word label, seL4_Word word)
{
    microkit_mr_set(0, word);
    return microkit_msginfo_new(label, 1);
}

/* For want of a right, if there is one that it has not; else for another reason. */
static microkit_msginfo refused(const struct process *p, seL4_Word label, unsigned right, enum denied_why why)
{
    refuse(p, label, (right & ~p->grants) != 0 ? DENIED_RIGHT : why);
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

void output_start(void)
{
    text_start(&output, output_page, true);
}

void wake_writers(void)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        if (processes[i].writes) {
            processes[i].writes = false;
            memory_signal(&processes[i]);
        }
}

void hear(seL4_Word user)
{
    heard = user;
    wake_writers();
}

static bool is_heard(const struct process *p)
{
    return heard == PROC_EVERYBODY || heard == p->grants / PROC_USER % PROC_EVERYBODY;
}

/* To the client. As much as there is room for; for the rest it asks the client for a signal. */
static uint32_t put_out(const char *text, uint32_t bytes)
{
    uint32_t put = 0;
    do {
        int32_t room = text_ready_now(&output);
        uint32_t part = room < 0 ? bytes - put : (uint32_t)room < bytes - put ? (uint32_t)room : bytes - put;
        if (room > 0)
            text_put(&output, text + put, part);
        put += part; /* what finds no room because the client lies is lost */
        if (ring_publish(&output))
            microkit_notify(CLIENT);
    } while (put < bytes && !ring_sleep(&output, 1));
    return put;
}

uint32_t give_input(struct process *p, const char *text, uint32_t bytes)
{
    uint32_t given = 0;
    for (; given < bytes && p->input_count < INPUT_BYTES; given++, p->input_count++)
        p->input[(p->input_first + p->input_count) % INPUT_BYTES] = text[given];
    if (p->status.reads) {
        p->status.reads = 0;
        memory_signal(p);
    }
    return given;
}

static microkit_msginfo do_write(struct process *p, seL4_Word bytes)
{
    char text[PROC_TEXT];
    struct process *reader = process_of(p->pipe);
    if ((p->grants & PROC_OUTPUT) == 0 || bytes > PROC_TEXT)
        return refused(p, PROC_WRITE, PROC_OUTPUT, DENIED_SENSE);
    memcpy(text, text_behind(1), bytes); /* a signal may take the buffer */
    uint32_t put = p->pipe == 0    ? is_heard(p) ? put_out(text, (uint32_t)bytes) : 0
                   : lives(reader) ? give_input(reader, text, (uint32_t)bytes)
                                   : (uint32_t)bytes; /* its reader is gone */
    p->writes = put < bytes;
    return answer(SERVICE_OK, put);
}

static microkit_msginfo do_read(struct process *p, seL4_Word bytes)
{
    if ((p->grants & PROC_INPUT) == 0 || bytes == 0 || bytes > PROC_TEXT)
        return refused(p, PROC_READ, PROC_INPUT, DENIED_SENSE);
    p->status.reads = p->input_count == 0 && !p->input_ends;
    if (p->status.reads) {
        microkit_notify(CLIENT);
        return answer(PROC_LATER, 0);
    }
    seL4_Word n = 0;
    for (; n < bytes && p->input_count > 0; n++, p->input_count--, p->input_first++)
        text_behind(1)[n] = p->input[p->input_first % INPUT_BYTES];
    wake_writers();
    microkit_mr_set(0, n);
    return microkit_msginfo_new(SERVICE_OK, (seL4_Uint16)(1 + (n + 7) / 8));
}

static microkit_msginfo do_memory(struct process *p, seL4_Word more, seL4_Word less)
{
    seL4_Word before = p->break_;
    bool may = (p->grants & PROC_HEAP) != 0 && more <= IMAGE_PAGES && less <= IMAGE_PAGES;
    if (!may || !memory_less(p, (unsigned)less) || !memory_more(p, (unsigned)more))
        return refused(p, PROC_MEMORY, PROC_HEAP, more > IMAGE_PAGES || less > 0 ? DENIED_SENSE : DENIED_FULL);
    p->status.pages = p->frames - p->spare;
    return answer(SERVICE_OK, less > 0 ? p->break_ : before);
}

static microkit_msginfo do_clone(struct process *p, seL4_Word entry, seL4_Word stack)
{
    bool may = (p->grants & PROC_COPIES) != 0;
    microkit_msginfo made = may ? clone(p, entry, stack) : microkit_msginfo_new(SERVICE_BAD, 0);
    if (microkit_msginfo_get_label(made) != SERVICE_OK)
        return refused(p, PROC_CLONE, PROC_COPIES, DENIED_FULL);
    copy_made(p, microkit_mr_get(0));
    return made;
}

microkit_msginfo answer_process(struct process *p, seL4_Word label, seL4_Word count)
{
    seL4_Word one = microkit_mr_get(0), two = microkit_mr_get(1);
    if (label == PROC_WRITE && count >= 1 + (one + 7) / 8)
        return do_write(p, one);
    if (label == PROC_READ && count == 1)
        return do_read(p, one);
    if (label == PROC_MEMORY && count == 2)
        return do_memory(p, one, two);
    if (label == PROC_CLONE && count == 2)
        return do_clone(p, one, two);
    if (label == PROC_WAIT && count == 1)
        return copy_wait(p, one);
    if (label == PROC_FILE && (count == 0 || count >= 5))
        return files_ask(p, count);
    if (label >= PROC_WINDOW && label <= PROC_SHUT)
        return label <= PROC_EVENT ? window_ask(p, label, count) : socket_ask(p, label, count);
    if (label != PROC_EXIT || count != 1)
        return refused(p, label, 0, DENIED_SENSE);
    ended(p, PROC_EXITED, one);
    return microkit_msginfo_new(SERVICE_OK, 0);
}
