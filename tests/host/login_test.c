/* user/services/shell/login.c: after a wrong password no key is looked at for a while, which doubles, and has an end; who logs out leaves nothing behind
   that others could read. The time is the test's. */
#include "shell/login.c"
#include "test.h"

enum { SECOND = 1000000000 };
/* "ann", whose password is "gate", by one round. */
static const char ann[] = "ann 1 000102030405060708090a0b0c0d0e0f "
                          "89d39522b5456ac377f22a31b85dfd9663e1a8ac3da093ad42bafc5202c998ad input output\n";

char path_here[FS_PATH + 1];
const char *const right_names[RIGHTS] = {"input", "output", "memory", "files", "change", "clone"};
seL4_Word microkit_notifications;
static seL4_Word now = 5ul * SECOND, word0;
static bool there = true; /* the timer */
static unsigned prompts, asked, forgotten;

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

int main(void)
{
    test_run("login/wrong_passwords", wrong_passwords);
    test_run("login/without_a_timer", without_a_timer);
    return test_end();
}
