/* Programs: those of the last line have the keys until they end, unless & was behind them. */
#include <string.h>
#include "ring/text.h"
#include "shell.h"

enum { IN_LINE = 4, AHEAD = 512, CONTROL_C = 3, CONTROL_D = 4 };

struct text_ring *output_page; /* where the description maps it */
static struct ring_end output;
static seL4_Word line_of
    [IN_LINE]; /* the programs of the line, the first of which reads what is typed; 0: there is none any more */
static seL4_Word reader;
static bool foreground;
static char ahead[AHEAD]; /* typed, and not read yet */
static unsigned ahead_count;

static bool input_open; /* the file that the first of the line reads */
static uint64_t input, input_at;

static void close_input(void)
{
    if (input_open)
        file_close(input);
    input_open = false;
}

void programs_start(void)
{
    text_start(&output, output_page, false);
    microkit_notify(PROCESSES);
}

bool programs_have_keys(void)
{
    return foreground;
}

/* The last first: a program that writes finds the one that reads. */
static bool start(int count, char **word, seL4_Word grants)
{
    seL4_Word behind = 0, started = 0;
    for (int end = count, at = count - 1; at >= 0; at--) {
        if (at > 0 && strcmp(word[at - 1], "|") != 0)
            continue;
        seL4_Word pid = end > at && started < IN_LINE ? spawn(end - at, word + at, grants) : 0;
        if (pid == 0) {
            complain("nothing was started, or was stopped again");
            return false;
        }
        if (behind != 0)
            ask_proc(PROC_PIPE, 2, pid, behind);
        line_of[started++] = reader = behind = pid;
        end = --at;
    }
    return true;
}

static void stop_line(void)
{
    for (unsigned i = 0; i < IN_LINE; i++)
        if (line_of[i] != 0)
            ask_proc(PROC_KILL, 1, line_of[i], 0);
}

static void begin(int count, char **word, seL4_Word grants)
{
    bool background = count > 1 && strcmp(word[count - 1], "&") == 0;
    memset(line_of, 0, sizeof line_of);
    foreground = true;
    file_changed();
    if (!start(count - background, word, grants | (background ? PROC_BEHIND : 0)))
        stop_line();
    else if (background)
        say("[%lu]\n", reader);
    foreground = !background;
}

void programs_run(int count, char **word, const char *from)
{
    const char *path = from ? path_of(from) : NULL;
    enum fs_status status = path ? file_open(path, 0, &input) : FS_OK;
    if (status != FS_OK) {
        complain("%s: %s", from, fs_text(status));
        return;
    }
    input_open = path != NULL;
    input_at = 0;
    begin(count, word, PROC_ALL);
    if (!foreground)
        close_input();
}

/* The right that it shall not have is named as in the message about a missing one. */
void programs_without(int count, char **word)
{
    for (unsigned i = 0; i < RIGHTS; i++)
        if (strcmp(word[1], right_names[i]) == 0) {
            begin(count - 2, word + 2, PROC_ALL & ~(1ul << i));
            return;
        }
    complain("without input, output, memory, files or change?");
}

static void say_end_of(const struct proc_status *s, seL4_Word pid)
{
    switch (s->end) {
    case PROC_EXITED:
        if (s->code != 0)
            complain("%s: exit code %d", s->name, (int)s->code);
        else if (!foreground)
            complain("[%lu] %s has ended", pid, s->name);
        break;
    case PROC_KILLED: complain("%s: killed", s->name); break;
    case PROC_PAGE_FAULT:
        complain("%s: page fault at %#lx, of address %#lx", s->name, s->ip, s->address);
        break;
    case PROC_EXCEPTION: complain("%s: exception %lu at %#lx", s->name, s->code, s->ip); break;
    default: complain("%s: a system call that does not exist, at %#lx", s->name, s->ip);
    }
}

/* Those that have ended are reported, and forgotten. */
static bool look_at_ends(void)
{
    bool told = false;
    struct proc_status s;
    for (seL4_Word pid = 0; ask_proc(PROC_NEXT, 1, pid, 0) && (pid = microkit_mr_get(0)) != 0;)
        if (status_of(pid, &s) && s.end != PROC_RUNS) {
            say_end_of(&s, pid);
            ask_proc(PROC_FORGET, 1, pid, 0);
            told = true;
        }
    return told;
}

static bool say_output(void)
{
    char text[256];
    uint32_t bytes;
    bool said = false;
    do {
        for (bytes = 0; bytes < sizeof text && text_get(&output, &text[bytes]);)
            bytes++;
        if (ring_publish(&output))
            microkit_notify(PROCESSES);
        say_bytes(text, bytes);
        said |= bytes > 0;
    } while (bytes > 0);
    return said;
}

/* Text for the first of the line; returns how much of it there was room for. */
static unsigned type(const char *text, unsigned bytes)
{
    microkit_mr_set(0, reader);
    microkit_mr_set(1, bytes);
    memcpy(&BATON_IPC_BUFFER->msg[2], text, bytes);
    microkit_msginfo answer =
        microkit_ppcall(PROCESSES, microkit_msginfo_new(PROC_TYPE, (seL4_Uint16)(2 + (bytes + 7) / 8)));
    return microkit_msginfo_get_label(answer) == SERVICE_OK ? (unsigned)microkit_mr_get(0) : 0;
}

/* No more bytes, and no file: the end. */
static void feed_from_file(void)
{
    char text[PROC_TEXT];
    uint32_t bytes = sizeof text;
    if (file_read(input, input_at, text, &bytes) != FS_OK)
        bytes = 0;
    input_at += type(text, bytes);
    if (bytes == 0)
        close_input();
}

/* A file, or a line of what was typed, once it is asked for. */
static void feed(void)
{
    struct proc_status s;
    char line[LINE];
    unsigned used = 0, bytes = 0;
    bool whole = false;
    if (!foreground || !status_of(reader, &s) || s.reads == 0)
        return;
    if (input_open) {
        feed_from_file();
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
    type(line, bytes);
}

/* What was typed while they ran, and not read by them, is a command. */
static void end_line(void)
{
    char keys[AHEAD];
    unsigned count = ahead_count;
    memcpy(keys, ahead, count);
    ahead_count = 0;
    foreground = false;
    close_input();
    say_end();
    file_settle();
    edit_start();
    for (unsigned i = 0; i < count; i++)
        typed_key(keys[i]);
}

static bool line_runs(void)
{
    struct proc_status s;
    for (unsigned i = 0; i < IN_LINE; i++)
        if (line_of[i] != 0 && status_of(line_of[i], &s))
            return true;
    return false;
}

bool programs_look(void)
{
    bool told = say_output();
    told |= look_at_ends();
    feed();
    if (foreground && !line_runs()) {
        say_output();
        end_line();
    }
    return told;
}

bool programs_sleep(void)
{
    return text_ready(&output) < 0 || ring_sleep(&output, 1);
}

void programs_key(char key)
{
    if (key == CONTROL_C) {
        terminal_write("^C\n", 3);
        ahead_count = 0;
        stop_line();
        programs_look();
        return;
    }
    if (ahead_count == AHEAD)
        return;
    ahead[ahead_count++] = key;
    feed();
}
