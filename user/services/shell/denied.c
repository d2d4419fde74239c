/* What was refused. Each service that refuses has a list of its own (denied/denied.h), which the description maps here, to read; only the
   shell's own it can write, and what it finds in the others it does not believe. */
#include <string.h>
#include "names.h"
#include "shell.h"

const char *denied_by; /* where the description maps it: whose lists there are (names.py); NULL: none */

/* A service, by what names.py says of it. */
struct list {
    const struct denials *page;
    uint64_t lines;
    char service[64];
    const char *channels; /* the text behind it */
};

/* The next list that there is. */
static bool next_list(const char **at, struct list *l)
{
    while (*at && **at != 0) {
        uint64_t address = names_number(at), size = names_number(at);
        names_word(at, l->service);
        if (address == 0)
            continue;
        l->page = (const struct denials *)address; /* NOLINT: where the description has put it */
        l->lines = denied_lines(size);
        l->channels = *at;
        return true;
    }
    return false;
}

/* Who is behind a channel of it. */
static const char *channel(const struct list *l, uint32_t number, char name[64])
{
    for (const char *at = l->channels; *at != 0;) {
        if (names_number(&at) != 0)
            break;
        bool found = names_number(&at) == number;
        names_word(&at, name);
        if (found)
            return name;
    }
    return "somebody";
}

/* The first line from that number on. False: there is none. What is being written meanwhile is looked at again. */
static bool next_line(const struct list *l, uint64_t from, struct denial *line)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        const struct denial *found = NULL;
        uint64_t number = UINT64_MAX;
        for (uint64_t i = 0; i < l->lines; i++) {
            uint64_t n = __atomic_load_n(&l->page->line[i].number, __ATOMIC_ACQUIRE);
            if (n >= from && n < number) {
                number = n;
                found = &l->page->line[i];
            }
        }
        if (!found)
            return false;
        *line = *found;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        line->number = number;
        line->what[DENIED_TEXT - 1] = 0;
        if (__atomic_load_n(&found->number, __ATOMIC_RELAXED) == number)
            return true;
    }
    return false;
}

static const char *why(unsigned number)
{
#define TEXT(name, text) text,
    static const char *const texts[] = {DENIED_WHYS(TEXT)};
#undef TEXT
    return number < DENIED_WHY_COUNT ? texts[number] : "it does not say why";
}

/* Nothing in it moves the cursor. */
static void clean(char *text)
{
    for (; *text != 0; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static void say_line(const struct list *l, struct denial *d)
{
    char name[64];
    clean(d->what);
    if (strcmp(l->service, "proc") == 0)
        say("process %u: %s: %s", d->who, d->what, why(d->why));
    else if (strcmp(l->service, "shell") == 0)
        say("user %s: %s", d->what, why(d->why));
    else
        say("%s to %s: %s: %s", channel(l, d->who, name), l->service, d->what, why(d->why));
    if (d->times > 1)
        say(", %u times", d->times);
    say("\n");
}

void denied_list(int count, char **word)
{
    struct list l;
    struct denial d;
    uint64_t all = 0;
    (void)count, (void)word;
    for (const char *at = denied_by; next_list(&at, &l);)
        all += __atomic_load_n(&l.page->all, __ATOMIC_RELAXED);
    say("%lu refused\n", all);
    for (const char *at = denied_by; next_list(&at, &l);)
        for (uint64_t from = 1; next_line(&l, from, &d); from = d.number + 1)
            say_line(&l, &d);
    if (login_has(PROC_SYSTEM)) /* as trace asks for it */
        trace_refused();
}
