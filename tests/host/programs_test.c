/* user/services/shell/programs.c: one that died of a fault and shall begin again, while a file server is at what it has asked, or a command says
   what another program reads. The shell leaves it as it is, and sleeps: to read its file would end with a signal, by which all is looked
   at again, and read again. */
#include "shell/programs.c"
#include "test.h"

enum { PID = 8, WISHES = 2 };

const char *const right_names[RIGHTS];
static struct proc_status it;
static bool there;
static unsigned file_read_for_it, begun, said;
static seL4_Word answer;
static _Alignas(64) char page[4096];

bool status_of(seL4_Word pid, struct proc_status *status)
{
    *status = it;
    return pid == PID && there;
}

/* The process server says PROC_LATER only when the file has been read. */
seL4_Word spawn_again(seL4_Word pid, seL4_Word again)
{
    CHECK_NUMBER("whose", pid, PID);
    file_read_for_it++;
    if (it.files != 0)
        return PROC_LATER;
    begun++;
    it.again = again;
    it.end = PROC_RUNS;
    return SERVICE_OK;
}

bool ask_proc(seL4_Word label, seL4_Word words, seL4_Word one, seL4_Word two)
{
    (void)words, (void)two;
    if (label == PROC_NEXT)
        answer = one < PID && there ? PID : 0;
    if (label == PROC_FORGET)
        there = false;
    return true;
}

seL4_Word microkit_mr_get(unsigned i)
{
    return i == 0 ? answer : 0;
}

void complain(const char *format, ...)
{
    (void)format;
    said++;
}

seL4_Word spawn(int count, char **word, seL4_Word grants)
{
    (void)count, (void)word, (void)grants;
    return 0;
}

bool is_number(const char *text, seL4_Word *number)
{
    (void)text, (void)number;
    return false;
}

seL4_Word login_grants(void)
{
    return PROC_ALL;
}

void say(const char *format, ...)
{
    (void)format;
}

void say_through(const char *text, uint32_t bytes)
{
    (void)text, (void)bytes;
}

void terminal_write(const char *text, uint32_t bytes)
{
    (void)text, (void)bytes;
}

void feed_text(seL4_Word pid, const char *text, uint32_t bytes)
{
    (void)pid, (void)text, (void)bytes;
}

void feed(seL4_Word pid)
{
    (void)pid;
}

void feed_key(char key)
{
    (void)key;
}

void say_to(seL4_Word pid)
{
    (void)pid;
}

void microkit_notify(microkit_channel ch)
{
    (void)ch;
}

void say_end(void)
{
}

void feed_close(void)
{
}

void feed_forget(void)
{
}

void file_changed(void)
{
}

void file_settle(void)
{
}

void edit_start(void)
{
}

static void dies(seL4_Word files)
{
    it = (struct proc_status){.end = PROC_PAGE_FAULT, .again = WISHES, .files = files, .name = "it"};
    there = true;
    fed = foreground = false;
    file_read_for_it = begun = said = 0;
    output_page = (struct text_ring *)(void *)page;
    programs_start();
}

/* However often it is woken. */
static void it_waits(const char *why)
{
    for (unsigned woken = 0; woken < 3; woken++) {
        CHECK(!programs_look());
        CHECK(programs_sleep());
    }
    CHECK_NUMBER(why, file_read_for_it, 0);
    CHECK_NUMBER(why, said, 0);
}

static void it_begins_again(void)
{
    CHECK(programs_look());
    CHECK_NUMBER("begun", begun, 1);
    CHECK_NUMBER("wishes left", it.again, WISHES - 1);
    CHECK(!programs_look());
}

static void while_files_are_asked(void)
{
    for (seL4_Word place = 1; place <= 2; place++) {
        dies(place);
        it_waits("a file server is at it");
        it.files = 0;
        it_begins_again();
    }
}

static void while_a_command_feeds(void)
{
    dies(0);
    fed = foreground = true;
    it_waits("a command is at files");
    fed = foreground = false;
    it_begins_again();
}

static void no_wish_is_left(void)
{
    dies(1);
    it.again = 0;
    CHECK(programs_look());
    CHECK_NUMBER("begun", begun, 0);
    CHECK(!there);
}

int main(void)
{
    test_run("programs/while_files_are_asked", while_files_are_asked);
    test_run("programs/while_a_command_feeds", while_a_command_feeds);
    test_run("programs/no_wish_is_left", no_wish_is_left);
    return test_end();
}
