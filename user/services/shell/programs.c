/* Programs: those of the last line have the keys until they end, unless & was behind them. */
#include <string.h>
#include "ring/text.h"
#include "shell.h"

enum { IN_LINE = 4, CONTROL_C = 3 };

struct text_ring *output_page; /* where the description maps it */
static struct ring_end output;
static seL4_Word line_of
    [IN_LINE]; /* the programs of the line, the first of which reads what is typed; 0: there is none any more */
static seL4_Word reader;
static bool foreground;
static bool fed; /* by a command, which is still at it */

void programs_start(void)
{
    text_start(&output, output_page, false);
    ask_proc(PROC_HEAR, 1, PROC_EVERYBODY, 0); /* the last life may have said another */
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
    bool whole = count > 0 && strcmp(word[0], "|") != 0;
    for (int end = count, at = whole ? count - 1 : 0; at >= 0; at--) {
        if (at > 0 && strcmp(word[at - 1], "|") != 0)
            continue;
        seL4_Word pid = whole && end > at && started < IN_LINE ? spawn(end - at, word + at, grants) : 0;
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

/* False: nothing runs; it has said why. */
static bool begin(int count, char **word, seL4_Word grants)
{
    bool background = count > 1 && strcmp(word[count - 1], "&") == 0;
    memset(line_of, 0, sizeof line_of);
    foreground = true;
    file_changed();
    bool started = start(count - background, word, grants | (background ? PROC_BEHIND : 0));
    if (!started)
        stop_line();
    else if (background)
        say("[%lu]\n", reader);
    foreground = !background;
    return started;
}

void programs_run(int count, char **word)
{
    begin(count, word, login_grants());
}

void programs_fed(int count, char **word, const struct command *c, int words, char **of_command)
{
    if (!begin(count, word, login_grants()))
        return;
    bool behind = !foreground;
    foreground = fed = true;
    say_to(reader);
    c->run(words, of_command);
    say_to(0);
    feed_text(reader, "", 0);
    fed = false;
    foreground = !behind;
}

void programs_named(int count, char **word)
{
    begin(count - 1, word + 1, login_grants());
}

/* The right that it shall not have is named as in the message about a missing one. */
void programs_without(int count, char **word)
{
    for (unsigned i = 0; i < RIGHTS; i++)
        if (strcmp(word[1], right_names[i]) == 0) {
            begin(count - 2, word + 2, login_grants() & ~(1ul << i));
            return;
        }
    complain("without input, output, memory, files, change, clone, system, window or network?");
}

void programs_again(int count, char **word)
{
    seL4_Word times;
    if (!is_number(word[1], &times) || times == 0 || times > PROC_AGAIN_MOST)
        complain("again: 1 to %d times", PROC_AGAIN_MOST);
    else
        begin(count - 2, word + 2, login_grants() | PROC_AGAIN * times);
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

/* One that has ended is reported, and forgotten or begun again. False: it waits for that until the file server has answered, or until the
   command is done that says what another program reads, for that may be at files, too. This is known before its file is read: who reads has
   been signalled, and looks at all again. */
static bool look_at_end(const struct proc_status *s, seL4_Word pid)
{
    bool wished = s->end >= PROC_PAGE_FAULT && s->again > 0;
    bool later = fed || s->files != 0;
    seL4_Word label = wished && later ? PROC_LATER : wished ? spawn_again(pid, s->again - 1) : SERVICE_BAD;
    if (label == PROC_LATER)
        return false;
    say_end_of(s, pid);
    if (label == SERVICE_OK)
        complain("%s: begun again, %lu left", s->name, s->again - 1);
    else
        ask_proc(PROC_FORGET, 1, pid, 0);
    return true;
}

static bool look_at_ends(void)
{
    bool told = false;
    struct proc_status s;
    for (seL4_Word pid = 0; ask_proc(PROC_NEXT, 1, pid, 0) && (pid = microkit_mr_get(0)) != 0;)
        if (status_of(pid, &s) && s.end != PROC_RUNS)
            told |= look_at_end(&s, pid);
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
        say_through(text, bytes);
        said |= bytes > 0;
    } while (bytes > 0);
    return said;
}

void programs_hear(bool all)
{
    ask_proc(PROC_HEAR, 1, all ? PROC_EVERYBODY : login_grants() / PROC_USER, 0);
    say_output();
}

static void end_line(void)
{
    foreground = false;
    feed_close();
    say_end();
    file_settle();
    edit_start();
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
    if (foreground && !fed)
        feed(reader);
    if (foreground && !fed && !line_runs()) {
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
        feed_forget();
        stop_line();
        programs_look();
        return;
    }
    feed_key(key);
    if (!fed)
        feed(reader);
}
