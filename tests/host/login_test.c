/* user/services/shell/login.c: after a wrong password no key is looked at for a while, which doubles, and has an end; who logs out leaves nothing behind
   that others could read. The time is the test's. */
#include "shell/login.c"
#include "test.h"

enum { SECOND = 1000000000 };
/* "ann", whose password is "gate", by one round. */
#define ANN                                                                                                    \
    "1 000102030405060708090a0b0c0d0e0f "                                                                      \
    "89d39522b5456ac377f22a31b85dfd9663e1a8ac3da093ad42bafc5202c998ad input output"
static const char ann[] = "ann " ANN "\n";

char path_here[FS_PATH + 1];
const char *const right_names[RIGHTS] = {"input", "output", "memory", "files", "change", "clone", "system"};
seL4_Word microkit_notifications;
static seL4_Word now = 5ul * SECOND, word0;
static bool there = true; /* the timer */
static unsigned prompts, asked, forgotten;
static const char *files_are = "nobody was in"; /* whose, for the shell; NULL: all */
static bool made;                               /* homes */

microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo message)
{
    (void)ch;
    word0 = now;
    return microkit_msginfo_new(there || message.label > TIMER_CANCEL ? SERVICE_OK : SERVICE_BAD, 1);
}

void microkit_mr_set(unsigned i, seL4_Word word)
{
    (void)i;
    word0 = word;
}

seL4_Word microkit_mr_get(unsigned i)
{
    (void)i;
    return word0;
}

void microkit_notify(microkit_channel ch)
{
    (void)ch;
}

void say(const char *format, ...)
{
    (void)format;
}

void complain(const char *format, ...)
{
    (void)format;
}

void say_through(const char *said, uint32_t bytes)
{
    asked += bytes > 7 && memcmp(said + bytes - 7, "login: ", 7) == 0;
}

void terminal_write(const char *written, uint32_t bytes)
{
    (void)written;
    (void)bytes;
}

bool status_of(seL4_Word pid, struct proc_status *status)
{
    (void)pid;
    (void)status;
    return false;
}

void files_for(const char *who, bool homes)
{
    files_are = who;
    made = homes;
}

void edit_start(void)
{
    prompts++;
}

void edit_forget(void)
{
    forgotten++;
}

static void type(const char *keys)
{
    for (; *keys != 0; keys++) {
        CHECK(!login_waits());
        login_key(*keys);
    }
}

static void begins(void)
{
    users = ann;
    login_start();
    CHECK(!login_done() && !login_waits());
}

static void wrong_passwords(void)
{
    static const unsigned seconds[] = {1, 2, 4, 8, 16, 16, 16};
    begins();
    for (unsigned i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        type("ann\rgarden\r");
        unsigned before = asked;
        CHECK(!login_done() && login_waits());
        now += (seL4_Word)seconds[i] * SECOND - 1;
        CHECK(login_waits());
        CHECK_NUMBER("asked too early", asked, before);
        now += 1;
        CHECK(!login_waits());
        CHECK_NUMBER("asked then", asked, before + 1);
    }
    type("ann\rgate\r");
    CHECK(login_done() && !login_waits() && prompts == 1);
    CHECK_NUMBER("forgotten while in", forgotten, 0);
    leave(1, 0);
    CHECK_NUMBER("forgotten at the end", forgotten, 1);
    CHECK(!login_done() && !login_waits());
    type("ann\r\r");
    now += SECOND;
    CHECK(!login_waits()); /* the first again */
}

static void without_a_timer(void)
{
    there = false;
    type("ann\rgarden\r");
    CHECK(!login_waits());
    there = true;
}

/* Who may what, for whom the shell asks then, whether a home is made, and where one begins. */
static void homes(void)
{
    static const struct {
        const char *rights, *whose, *here;
        bool made;
    } table[] = {{" files", "ann", "", false},
                 {" change", "ann", "", false},
                 {" files change", "ann", "home/ann", true},
                 {" files change system", NULL, "", false}};
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        char text_of_table[256] = "ann " ANN;
        strcat(text_of_table, table[i].rights);
        users = text_of_table;
        login_start();
        type("ann\rgate\r");
        CHECK(login_done());
        CHECK_STRING(table[i].rights, files_are, table[i].whose);
        CHECK_STRING(table[i].rights, path_here, table[i].here);
        CHECK_NUMBER(table[i].rights, made, table[i].made);
    }
}

/* A disk does not tell names apart that differ in capitals, so whoever is the second of that name is nobody. */
static void capitals(void)
{
    users = "anna " ANN "\nAnn " ANN " files\nANN " ANN " system\n";
    login_start();
    type("aNN\rgate\r");
    CHECK(login_done());
    CHECK_STRING("whose files", login_name(), "Ann");
    CHECK_NUMBER("may", login_grants() & PROC_ALL, PROC_INPUT | PROC_OUTPUT | PROC_FILES);
}

int main(void)
{
    test_run("login/wrong_passwords", wrong_passwords);
    test_run("login/without_a_timer", without_a_timer);
    test_run("login/homes", homes);
    test_run("login/capitals", capitals);
    return test_end();
}
