/* Shows the base system at work: it answers lines that are typed. Until there is a shell. */
#include "keeper/protocol.h"
#include "log/protocol.h"
#include "serial/protocol.h"
#include "timer/protocol.h"

enum { TIMER = 0, LOG = 1, SERIAL = 2, KEEPER = 3, MILLISECOND = 1000000 };
struct text_ring *page, *typed_page; /* where the description maps them */
static struct log log;
static struct typed typed;
static struct timer timer = {.service = TIMER};

static const char *const services[] = {"timer", "serial", "log", "console"};

static void say_lives(void)
{
    for (unsigned i = 0; i < sizeof services / sizeof services[0]; i++) {
        seL4_Word child, lives;
        bool runs;
        if (keeper_find(KEEPER, services[i], &child) && keeper_lives(KEEPER, child, &lives, &runs))
            log_print(&log, "%s: life %lu%s", services[i], lives, runs ? "" : ", dead");
    }
}

static void kill(const char *name)
{
    seL4_Word child;
    if (keeper_find(KEEPER, name, &child) && keeper_kill(KEEPER, child))
        log_print(&log, "%s was killed", name);
    else
        log_print(&log, "nobody called '%s' can be killed", name);
}

/* The text behind a word and a blank; NULL: it begins with another one. */
static const char *after(const char *line, const char *word)
{
    while (*word != 0 && *line == *word)
        line++, word++;
    return *word != 0 || (*line != 0 && *line != ' ') ? 0 : line + (*line == ' ');
}

static void help(void)
{
    log_print(&log, "type: time, sleep, lives, crash, or kill and a name");
}

static void obey(const char *line)
{
    const char *name = after(line, "kill");
    if (name)
        kill(name);
    else if (after(line, "time"))
        log_print(&log, "%lu ms since the start", timer_now(&timer) / MILLISECOND);
    else if (after(line, "sleep"))
        timer_set(&timer, timer_now(&timer) + 10 * MILLISECOND);
    else if (after(line, "lives"))
        say_lives();
    else if (after(line, "crash"))
        __builtin_trap();
    else if (line[0] != 0)
        help();
}

void init(void)
{
    log_start(&log, page, LOG);
    help();
    typed_start(&typed, typed_page, SERIAL);
    notified(SERIAL);
}

void notified(microkit_channel ch)
{
    if (ch == TIMER && timer_due(&timer))
        log_print(&log, "ten milliseconds have passed");
    while (typed_line(&typed))
        obey(typed.line);
}
