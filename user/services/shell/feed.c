/* What the first program of a line reads: a file, what is typed, or what a command says. */
#include <string.h>
#include "shell.h"

enum { AHEAD = 512, CONTROL_D = 4 };

static char ahead[AHEAD]; /* typed, and not read yet */
static unsigned ahead_count;
static bool input_open; /* the file */
static uint64_t input, input_at;

bool feed_open(const char *name)
{
    const char *path = name ? path_of(name) : NULL;
    enum fs_status status = path ? file_open(path, 0, &input) : name ? FS_BAD_NAME : FS_OK;
    if (status != FS_OK)
        complain("%s: %s", name, fs_text(status));
    input_open = path && status == FS_OK;
    input_at = 0;
    return status == FS_OK;
}

void feed_close(void)
{
    if (input_open)
        file_close(input);
    input_open = false;
}

/* Returns how much of it there was room for. */
static unsigned type(seL4_Word reader, const char *text, unsigned bytes)
{
    microkit_mr_set(0, reader);
    microkit_mr_set(1, bytes);
    memcpy(&BATON_IPC_BUFFER->msg[2], text, bytes);
    microkit_msginfo answer =
        microkit_ppcall(PROCESSES, microkit_msginfo_new(PROC_TYPE, (seL4_Uint16)(2 + (bytes + 7) / 8)));
    return microkit_msginfo_get_label(answer) == SERVICE_OK ? (unsigned)microkit_mr_get(0) : 0;
}

/* No more bytes, and no file: the end. */
static void feed_from_file(seL4_Word reader)
{
    char text[PROC_TEXT];
    uint32_t bytes = sizeof text;
    if (file_read(input, input_at, text, &bytes) != FS_OK)
        bytes = 0;
    input_at += type(reader, text, bytes);
    if (bytes == 0)
        feed_close();
}

/* A file, or a line of what was typed, once it is asked for. */
void feed(seL4_Word reader)
{
    struct proc_status s;
    char line[LINE];
    unsigned used = 0, bytes = 0;
    bool whole = false;
    if (!status_of(reader, &s) || s.reads == 0)
        return;
    if (input_open) {
        feed_from_file(reader);
        return;
    }
    for (; used < ahead_count && !whole && bytes < LINE; used++) {
        whole = ahead[used] == '\r' || ahead[used] == '\n' || ahead[used] == CONTROL_D;
        if (ahead[used] == '\b' || ahead[used] == 0x7f)
            bytes -= bytes > 0;
        else if (ahead[used] != CONTROL_D)
            line[bytes++] = ahead[used] == '\r' ? '\n' : ahead[used];
    }
    if (!whole && bytes < LINE)
        return;
    memmove(ahead, ahead + used, ahead_count -= used);
    type(reader, line, bytes);
}

void feed_text(seL4_Word reader, const char *text, uint32_t bytes)
{
    struct proc_status s;
    char key;
    bool ends = bytes == 0, runs = status_of(reader, &s) && s.end == PROC_RUNS;
    while (runs && (bytes > 0 || ends)) {
        uint32_t part = bytes < PROC_TEXT ? bytes : PROC_TEXT, taken = type(reader, text, part);
        if (ends)
            return;
        text += taken;
        bytes -= taken;
        if (taken < part && !programs_look()) {
            while (terminal_key(&key))
                programs_key(key);
            if (programs_sleep() && terminal_sleep())
                wait_for_signal();
        }
        runs = status_of(reader, &s) && s.end == PROC_RUNS;
    }
}

void feed_key(char key)
{
    if (ahead_count < AHEAD)
        ahead[ahead_count++] = key;
}

void feed_forget(void)
{
    ahead_count = 0;
}

bool feed_next(char *key)
{
    if (ahead_count == 0 || programs_have_keys())
        return false;
    *key = ahead[0];
    memmove(ahead, ahead + 1, --ahead_count);
    return true;
}
