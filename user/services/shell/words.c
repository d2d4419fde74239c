/* What a line says: words, divided by blanks, "with blanks" if they are quoted; > FILE and >> FILE take what the command says, or the programs
   that read what it says, behind |, and a program reads what is in < FILE. */
#include <string.h>
#include "shell.h"

struct words {
    int count;
    char *word[WORDS + 1], *into, *from; /* NULL ends them */
    bool append;
    const char *wrong;
};

/* The next word, cut out of the line, or NULL: there is none. Its quotes go. */
static char *next_word(char **at)
{
    char *from = *at + strspn(*at, " "), *to = from, *word = from;
    bool quoted = false;
    if (*from == 0)
        return NULL;
    for (; *from != 0 && (quoted || *from != ' '); from++)
        if (*from == '"')
            quoted = !quoted;
        else
            *to++ = *from;
    *at = from + (*from != 0);
    *to = 0;
    return word;
}

/* <, > and >> may have their file right behind them. */
static bool with_file(struct words *w, char *word, char **at)
{
    char **file = word[0] == '<' ? &w->from : &w->into;
    if (word[0] != '>' && word[0] != '<')
        return false;
    w->append = word[0] == '>' && word[1] == '>';
    word += w->append ? 2 : 1;
    *file = *word != 0 ? word : next_word(at);
    if (!*file)
        w->wrong = "which file?";
    return true;
}

static struct words divide(char *line)
{
    struct words w = {0};
    for (char *word; (word = next_word(&line)) != NULL && !w.wrong;)
        if (!with_file(&w, word, &line)) {
            if (w.count == WORDS)
                w.wrong = "too many words";
            else
                w.word[w.count++] = word;
        }
    return w;
}

static const struct command *find(const char *name)
{
    static const struct command *const tables[] = {file_commands, program_commands, network_commands,
                                                   login_commands, system_commands};
    for (unsigned i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct command *c = tables[i]; c->name; c++)
            if (strcmp(c->name, name) == 0)
                return c;
    return NULL;
}

bool is_command(const char *name)
{
    return find(name) != NULL;
}

static bool starts(const struct command *c)
{
    return !c || (c->kind & STARTS) != 0;
}

/* What the user must be allowed. */
static uint64_t need_of(const struct command *c, const struct words *w)
{
    return (w->into ? PROC_FILES | PROC_CHANGE : w->from ? PROC_FILES : 0) | (c ? c->kind & PROC_ALL : 0);
}

/* The words of a command end at the first |, behind which are programs; but what starts programs has them all. */
static int own_words(const struct command *c, const struct words *w)
{
    int own = 0;
    while (own < w->count && (starts(c) || strcmp(w->word[own], "|") != 0))
        own++;
    return own;
}

static void start(const struct command *c, struct words *w)
{
    if (!feed_open(w->from))
        return;
    (c ? c->run : programs_run)(w->count, w->word);
    if (!programs_have_keys())
        feed_close();
}

/* What a program says goes there until it ends. */
static void run(const struct command *c, struct words *w)
{
    int own = own_words(c, w);
    if (c && (own - 1 < c->least || own - 1 > c->most)) {
        complain("usage: %s %s", c->name, c->arguments);
        return;
    }
    if (!login_may(need_of(c, w), w->word[0]))
        return;
    const char *path = w->into ? path_of(w->into) : NULL;
    if (w->into && (!path || !say_into(path, w->append)))
        return;
    if (c && own < w->count)
        programs_fed(w->count - own - 1, w->word + own + 1, c, own, w->word);
    else if (starts(c))
        start(c, w);
    else
        c->run(own, w->word);
    if (programs_have_keys())
        return;
    say_end();
    file_settle();
}

void obey(char *line)
{
    struct words w = divide(line);
    const struct command *c = w.count > 0 ? find(w.word[0]) : NULL;
    if (w.wrong)
        complain("%s", w.wrong);
    else if (w.count > 0)
        run(c, &w);
}
