/* Who works here, and what they may. Without a table of users nobody logs in, and everything is allowed. */
#include <string.h>
#include "shell.h"
#include "timer/protocol.h"

enum { RUBOUT = 0x7f, DOUBLED = 4 /* times: then it is the longest pause */ };
static const seL4_Word PAUSE =
    1000000000; /* nanoseconds after the first that was wrong; twice as long after the next */

const char *users; /* where the description maps it; NULL: there is none */
static struct user user = {.name = "nobody", .rights = PROC_ALL};
static unsigned number; /* of the user in the table, from 1 on; 0: nobody has to log in */
static enum { NAME, PASSWORD, IN } state = IN;
static char text[2][LINE]; /* what is typed: a name, a password */
static unsigned used;
static unsigned wrong; /* since somebody was right */
static struct timer pause = {.service = TIMER};

static uint64_t right_of(const char *name, unsigned length)
{
    for (unsigned i = 0; i < RIGHTS; i++)
        if (strlen(right_names[i]) == length && memcmp(name, right_names[i], length) == 0)
            return 1ul << i;
    return 0;
}

static void ask(void)
{
    used = 0;
    state = NAME;
    login_show();
}

void login_start(void)
{
    const char *at = users ? users : "";
    struct user some;
    if (user_next(&at, &some, right_of))
        ask();
    else
        edit_start();
}

/* What is typed meanwhile is not lost. Where no timer is, nobody waits. */
bool login_waits(void)
{
    if (pause.deadline == 0)
        return false;
    if (timer_now(&pause) != 0 && !timer_due(&pause))
        return true;
    pause.deadline = 0;
    ask();
    return false;
}

static void wait_then_ask(void)
{
    unsigned doubled = wrong < DOUBLED ? wrong : DOUBLED;
    wrong++;
    used = 0;
    state = NAME;
    timer_set(&pause, timer_now(&pause) + (PAUSE << doubled));
}

bool login_done(void)
{
    return state == IN;
}

void login_show(void)
{
    say_through(state == NAME ? "\r\x1b[Klogin: " : "\r\x1b[Kpassword: ", state == NAME ? 11 : 14);
    if (state == NAME)
        say_through(text[NAME], used);
}

static void say_rights(const struct user *u)
{
    say("%s, who may:", u->name);
    for (unsigned i = 0; i < RIGHTS; i++)
        if ((u->rights >> i & 1) != 0)
            say(" %s", right_names[i]);
    say("\n");
}

/* One that may change only what is its own begins where that is. */
static void go_home(void)
{
    bool all = (user.rights & PROC_SYSTEM) != 0, home = !all && !strchr(user.name, '/') &&
                                                        (user.rights & PROC_CHANGE) != 0 &&
                                                        (user.rights & PROC_FILES) != 0;
    strcpy(path_here, home ? FS_HOMES "/" : "");
    strcat(path_here, home ? user.name : "");
    files_for(all ? NULL : user.name, home);
}

/* Names that differ in capitals only are the same, as on a disk: the first of them in the table counts. */
static bool same_name(const char *a, const char *b)
{
    while (*a != 0 && (*a | (*a >= 'A' && *a <= 'Z' ? 32 : 0)) == (*b | (*b >= 'A' && *b <= 'Z' ? 32 : 0)))
        a++, b++;
    return *a == *b;
}

/* A name that nobody has costs as much as a wrong password. */
static void try(void)
{
    const char *at = users;
    struct user some, found = {.rounds = 1};
    unsigned place = 0;
    for (unsigned i = 1; i < 256 && user_next(&at, &some, right_of); i++)
        if (place == 0 && same_name(some.name, text[NAME])) {
            found = some;
            place = i;
        } else {
            found.rounds = place == 0 ? some.rounds : found.rounds;
        }
    bool is = user_is(&found, text[PASSWORD], used) && place != 0;
    memset(text[PASSWORD], 0, sizeof text[PASSWORD]);
    if (!is) {
        login_refuse(text[NAME], "log in", DENIED_PASSWORD);
        complain("this is not right");
        wait_then_ask();
        return;
    }
    wrong = 0;
    user = found;
    number = place;
    state = IN;
    say_rights(&user);
    go_home();
    edit_start();
}

void login_key(char key)
{
    if (key == '\r' || key == '\n') {
        text[state][used] = 0;
        complain("%s", "");
        if (state == PASSWORD)
            try();
        else if (used > 0) {
            state = PASSWORD;
            used = 0;
            login_show();
        } else
            login_show();
    } else if ((key == '\b' || key == RUBOUT) && used > 0) {
        used--;
        login_show();
    } else if (key >= ' ' && key < RUBOUT && used < LINE - 1) {
        text[state][used++] = key;
        if (state == NAME)
            terminal_write(&key, 1);
    }
}

seL4_Word login_grants(void)
{
    return (user.rights & PROC_ALL) | PROC_USER * (seL4_Word)number;
}

const char *login_name(void)
{
    return user.name;
}

void login_refuse(const char *who, const char *what, enum denied_why why)
{
    char name[USER_NAME + 1] = {0};
    strncat(name, who, USER_NAME - 1);
    strcat(name, ":");
    denied(state == IN ? number : 0, state == IN ? number : 0, why, name, what, (uint32_t)strlen(what));
}

bool login_has(uint64_t right)
{
    return (user.rights & right) == right;
}

static bool may(uint64_t right, const char *what, const char *with)
{
    char said[LINE] = {0};
    if (login_has(right))
        return true;
    strncat(said, what, sizeof said / 2 - 1);
    strncat(said, with, sizeof said / 2 - 1);
    login_refuse(user.name, said, DENIED_RIGHT);
    complain("%s: %s may not do that", what, user.name);
    return false;
}

bool login_may(uint64_t right, const char *what)
{
    return may(right, what, "");
}

/* What is noted says with which program, too. */
bool login_owns(seL4_Word pid, const char *what)
{
    struct proc_status s;
    char with[PROC_NAME + 1] = " ";
    if (!status_of(pid, &s) || s.user == number)
        return true;
    strcat(with, s.name);
    return may(PROC_SYSTEM, what, with);
}

static void list(int count, char **word)
{
    const char *at = users ? users : "";
    struct user some;
    (void)count, (void)word;
    for (unsigned i = 1; user_next(&at, &some, right_of); i++) {
        say(i == number ? "* " : "  ");
        say_rights(&some);
    }
    if (number == 0)
        say("nobody logs in here\n");
}

static void leave(int count, char **word)
{
    (void)count, (void)word;
    if (number == 0)
        return;
    edit_forget();
    ask();
}

const struct command login_commands[] = {
    {"users", "", "who may log in, and what they may", list, 0, 0, 0},
    {"logout", "", "somebody else may log in", leave, 0, 0, 0},
    {0},
};
