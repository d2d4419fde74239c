/* user/services/shell/say.c: what is open is closed, whatever the file server says: it has so many fids for all users of the shell, one after the other. And
   nobody writes into a file but the user of the shell: what other users' programs have said before goes to the terminal, and later it waits. */
#include "shell/say.c"
#include "test.h"

enum { FID = 7 };

static unsigned open_now, others; /* others: how often their programs have said something into the file */
static bool everybody = true;
static enum fs_status opens, changes, writes; /* what it answers */
static char data[FS_BUFFER];

enum fs_status file_open(const char *path, uint32_t flags, uint64_t *fid)
{
    (void)path, (void)flags;
    *fid = FID;
    open_now += opens == FS_OK;
    return opens;
}

void file_close(uint64_t fid)
{
    CHECK_NUMBER("closed", fid, FID);
    open_now--;
}

enum fs_status file_ask(struct ring_entry *request, struct ring_entry *answer)
{
    (void)request, (void)answer;
    return changes;
}

enum fs_status file_write(uint64_t fid, uint64_t at, const void *from, uint32_t *length)
{
    (void)at;
    others += memchr(from, '\a', *length) != NULL;
    CHECK(fid == FID && open_now == 1);
    return writes;
}

const char *file_data_of(uint64_t fid)
{
    (void)fid;
    return data;
}

const char *fs_text(enum fs_status status)
{
    (void)status;
    return "not that";
}

void feed_text(seL4_Word pid, const char *text, uint32_t bytes)
{
    (void)pid, (void)text, (void)bytes;
}

/* The bell is what other users' programs say. */
void programs_hear(bool all)
{
    say_through("\a", 1);
    everybody = all;
}

void terminal_write(const char *text, uint32_t bytes)
{
    (void)text, (void)bytes;
}

static void all_is_closed(void)
{
    static const struct {
        const char *what;
        enum fs_status opens, changes, writes;
        bool begins;
    } table[] = {{"all goes well", FS_OK, FS_OK, FS_OK, true},
                 {"it cannot be opened", FS_DENIED, FS_OK, FS_OK, false},
                 {"it cannot be cut", FS_OK, FS_IO, FS_OK, false},
                 {"there is no room", FS_OK, FS_OK, FS_NO_SPACE, true}};
    for (unsigned i = 0; i < 2 * sizeof table / sizeof *table; i++) {
        const unsigned row = i / 2;
        opens = table[row].opens, changes = table[row].changes, writes = table[row].writes;
        bool begins = say_into("here", i % 2 == 1);
        CHECK_NUMBER(table[row].what, begins, table[row].begins);
        if (begins)
            for (unsigned n = 0; n < FS_BUFFER; n++) {
                say("%s", "more than fits into one buffer");
                CHECK(!everybody);
            }
        say_end();
        CHECK_NUMBER(table[row].what, open_now, 0);
        CHECK_NUMBER(table[row].what, others, 0);
        CHECK(everybody);
    }
}

int main(void)
{
    test_run("say/all_is_closed", all_is_closed);
    return test_end();
}
