/* user/services/proc/ but its memory: processes that begin again, because their client says so, alive or dead of a fault. What they keep,
   what those that share a pipe with them notice, and what goes wrong before anything is lost. */
#include "proc/served.h"
#include "test.h"

enum { ANN = 3, GRANTS = PROC_ALL | PROC_BEHIND | ANN * PROC_USER, NOBODY = 777 };

static _Alignas(8) char list[sizeof(struct denials) + 4 * sizeof(struct denial)];

static struct process *spawned(seL4_Word grants)
{
    static const char words[] = "/home/ann/tool\0one\0two";
    return spawned_with(words, sizeof words, grants);
}

static seL4_Word again(const struct process *p, seL4_Word times)
{
    return ask_client(PROC_RESTART, 3, p->pid, 100, times);
}

static struct proc_status status(const struct process *p)
{
    struct proc_status s;
    CHECK_NUMBER("status", ask_client(PROC_STATUS, 1, p->pid, 0, 0), SERVICE_OK);
    memcpy(&s, message.msg, sizeof s);
    return s;
}

static void dies(const struct process *p)
{
    microkit_msginfo reply;
    fault(p->index, microkit_msginfo_new(seL4_Fault_VMFault, 4), &reply);
}

static seL4_Word opens(struct process *p, const char *path)
{
    return ask(p, FS_OPEN, FS_WRITABLE | FS_CREATE, path).label;
}

static seL4_Word says(struct process *p, seL4_Word bytes)
{
    message.msg[0] = bytes;
    CHECK(answer_process(p, PROC_WRITE, 1 + (bytes + 7) / 8).label == SERVICE_OK);
    return message.msg[0];
}

static seL4_Word reads(struct process *p)
{
    message.msg[0] = PROC_TEXT;
    return answer_process(p, PROC_READ, 1).label;
}

/* All that the client has said of it; not what it has made of it. The arguments are its first life's, whatever stands in the region now. */
static void keeps_what_it_was(void)
{
    begin_served();
    struct process *p = spawned(GRANTS), *reader = spawned(GRANTS);
    unsigned pid = p->pid;
    strcpy(p->user, "ann");
    CHECK_NUMBER("pipe", ask_client(PROC_PIPE, 2, pid, reader->pid, 0), SERVICE_OK);
    CHECK_NUMBER("typed", ask_client(PROC_TYPE, 3, pid, 3, 0x636261), SERVICE_OK);
    CHECK(opens(p, "a") == SERVICE_OK && opens(p, "b") == SERVICE_OK);
    CHECK_NUMBER("open", open_fids(), 2);
    memset(region + PROC_ARGUMENTS, 'x', PROC_ARGUMENT_BYTES);
    memset(arguments_seen, 'x', sizeof arguments_seen);
    for (unsigned i = 0; i < 100; i++)
        CHECK_NUMBER("again", again(p, 0), SERVICE_OK);
    CHECK_NUMBER("the same number", message.msg[0], pid);
    CHECK(process_of(pid) == p && runs(p));
    CHECK(memcmp(arguments_seen, "/home/ann/tool\0one\0two", 23) == 0);
    CHECK_STRING("whose it is", p->user, "ann");
    struct proc_status s = status(p);
    CHECK(s.user == ANN && s.behind == 1 && s.pipe == reader->pid && s.again == 0 && p->grants == GRANTS);
    CHECK_STRING("its name", s.name, "/home/ann/tool");
    CHECK_NUMBER("the rest of its input", p->input_count, 3);
    CHECK_NUMBER("open after", open_fids(), 0);
    CHECK(opens(p, "a") == SERVICE_OK && open_fids() == 1);
    CHECK_NUMBER("pieces of the pool", pieces, 2);
    CHECK(!reader->input_ends);
    CHECK_NUMBER("what it began with", ask_client(PROC_BEGAN, 1, pid, 0, 0), SERVICE_OK);
    CHECK(message.msg[0] == 3 && strcmp((char *)&message.msg[2], "/home/ann/tool") == 0);
}

/* A copy of one begins again as that would, but nobody wished it to after a fault: each would count for itself. */
static void a_copy_too(void)
{
    begin_served();
    struct process *p = spawned(GRANTS | PROC_AGAIN * 2);
    CHECK(clone(p, 0, 0).label == SERVICE_OK);
    struct process *copy = process_of(message.msg[0]);
    CHECK(status(p).again == 2 && status(copy).again == 0 && copy->grants == GRANTS);
    memset(arguments_seen, 'x', sizeof arguments_seen);
    CHECK(again(copy, 0) == SERVICE_OK && copy->input_ends);
    CHECK(memcmp(arguments_seen, "/home/ann/tool\0one\0two", 23) == 0);
}

/* Of a longer path the end, in which it differs from others. */
static void a_name_is_an_end(void)
{
    static const char words[] = "/home/ann/a folder in a folder/one\0two",
                      fits[] = "/0123456789012345678901/the one";
    begin_served();
    memcpy(region + PROC_ARGUMENTS, words, sizeof words);
    CHECK_NUMBER("long", ask_client(PROC_SPAWN, 3, 100, sizeof words, 0), SERVICE_OK);
    CHECK_STRING("its end", status(process_of(message.msg[0])).name, "me/ann/a folder in a folder/one");
    memcpy(region + PROC_ARGUMENTS, fits, sizeof fits);
    CHECK_NUMBER("as long as can be", ask_client(PROC_SPAWN, 3, 100, sizeof fits, 0), SERVICE_OK);
    CHECK_STRING("all", status(process_of(message.msg[0])).name, fits);
}

/* It runs on. */
static void nothing_is_lost(void)
{
    begin_served();
    struct process *p = spawned(PROC_OUTPUT);
    CHECK_NUMBER("nobody", ask_client(PROC_RESTART, 3, NOBODY, 100, 0), SERVICE_BAD);
    CHECK_NUMBER("no words", ask_client(PROC_RESTART, 2, p->pid, 100, 0), SERVICE_BAD);
    CHECK_NUMBER("a file as large as can be, and a byte",
                 ask_client(PROC_RESTART, 3, p->pid, PROC_ARGUMENTS + 1, 0), SERVICE_BAD);
    CHECK_NUMBER("for ever", again(p, PROC_AGAIN_MOST + 1), SERVICE_BAD);
    image_wrong = "it is another file now";
    CHECK_NUMBER("another file", again(p, 0), PROC_NO_PROGRAM);
    CHECK_STRING("why", (char *)message.msg, image_wrong);
    image_wrong = NULL, image_needs = PROC_OUTPUT | PROC_CHANGE;
    CHECK_NUMBER("it needs more", again(p, 0), PROC_MISSING);
    CHECK_NUMBER("what", message.msg[0], PROC_CHANGE);
    CHECK(runs(p) && pieces == 1 && p->grants == PROC_OUTPUT);
}

/* A process has no such call, of itself or of others, and its try is noted. */
static void not_by_itself(void)
{
    begin_served();
    struct process *p = spawned(GRANTS), *other = spawned(GRANTS);
    denied_page = (struct denials *)(void *)list;
    denied_size = sizeof list;
    message.msg[0] = other->pid, message.msg[1] = 100, message.msg[2] = 0;
    CHECK_NUMBER("asked", protected(BASE_OF_CALLS + p->index, microkit_msginfo_new(PROC_RESTART, 3)).label,
                 SERVICE_BAD);
    CHECK(denied_page->all == 1 && denied_page->line[0].who == p->pid);
    CHECK_STRING("what", denied_page->line[0].what, "call 10");
    denied_page = NULL;
}

/* The answer that is to come is that of its last life: until then it goes on. */
static void not_while_a_file_server_is_at_it(void)
{
    begin_served();
    struct process *p = spawned(GRANTS);
    slow = true;
    CHECK_NUMBER("asked", opens(p, "a"), PROC_LATER);
    CHECK_NUMBER("not now", again(p, 0), PROC_LATER);
    CHECK(runs(p) && status(p).files == 1);
    serve();
    CHECK_NUMBER("answered", again(p, 0), SERVICE_OK);
    CHECK_NUMBER("the answer was its last life's", files_ask(p, 0).label, PROC_LATER);
    serve();
    CHECK_NUMBER("open", open_fids(), 0);
    CHECK_NUMBER("asked anew", opens(p, "b"), PROC_LATER);
    p->grants |= PROC_AGAIN;
    dies(p);
    CHECK_NUMBER("nor dead", again(p, 0), PROC_LATER);
    CHECK_NUMBER("as is said beforehand", status(p).files, 1);
    notes = 0;
    serve();
    CHECK(notes > 0 && open_fids() == 0 && status(p).files == 0);
    CHECK_NUMBER("the client was told", again(p, 0), SERVICE_OK);
}

/* To the same process, which has closed neither: it has as many left afterwards as any other. */
static void one_fid_is_given_twice(void)
{
    begin_served();
    struct process *p = spawned(GRANTS);
    CHECK(opens(p, "a") == SERVICE_OK && served.fid[0] != 0);
    served.fid[0] = 0;
    CHECK(opens(p, "a") == SERVICE_OK && p->open[FS_IN_MEMORY] == 2 && open_fids() == 1);
    CHECK_NUMBER("again", again(p, 0), SERVICE_OK);
    for (unsigned i = 0; i < FS_FIDS / PROCESSES; i++)
        CHECK(opens(p, "a") == SERVICE_OK && message.msg[0] == FS_OK);
    CHECK(opens(p, "a") == SERVICE_OK && message.msg[0] == FS_TOO_MANY);
}

/* Then no answer comes, and the client need not ask again and again whether it has. */
static void the_file_server_dies(void)
{
    begin_served();
    struct process *p = spawned(GRANTS | PROC_AGAIN);
    slow = true;
    CHECK_NUMBER("asked", opens(p, "a"), PROC_LATER);
    dies(p);
    CHECK_NUMBER("it waits", status(p).files, 1);
    fs_session_start(&served, in_memory.rings, in_memory.data);
    notes = 0;
    files_look();
    CHECK(notes > 0 && status(p).files == 0);
    CHECK_NUMBER("the client was told", again(p, 0), SERVICE_OK);
}

/* There is always room for it, unless the pool is not what it was: then it ends, and whom it wrote to comes to the end. */
static void what_does_not_fit_ends(void)
{
    begin_served();
    struct process *p = spawned(GRANTS), *reader = spawned(GRANTS);
    p->pipe = reader->pid;
    no_memory = true;
    CHECK_NUMBER("no room", again(p, 9), PROC_NO_PROGRAM);
    CHECK(status(p).end == PROC_KILLED && reader->input_ends);
    CHECK_NUMBER("forgotten", ask_client(PROC_FORGET, 1, p->pid, 0, 0), SERVICE_OK);
}

/* One that died of a fault and is to begin again is still there for those with whom it shares a pipe. */
static void a_wish_keeps_the_pipes(void)
{
    begin_served();
    struct process *p = spawned(GRANTS | PROC_AGAIN * 2), *reader = spawned(GRANTS), *writer = spawned(GRANTS);
    p->pipe = reader->pid, writer->pipe = p->pid;
    CHECK_NUMBER("it waits", reads(reader), PROC_LATER);
    dies(p);
    CHECK(!runs(p) && lives(p) && status(p).again == 2 && !reader->input_ends);
    CHECK_NUMBER("written meanwhile", says(writer, 700) + says(writer, 700), INPUT_BYTES);
    CHECK(writer->writes);
    CHECK_NUMBER("again", again(p, status(p).again - 1), SERVICE_OK);
    CHECK_NUMBER("once more", status(p).again, 1);
    CHECK(runs(p) && !writer->writes && !reader->input_ends && reader->status.reads);
    CHECK_NUMBER("it reads what was written", reads(p), SERVICE_OK);
    dies(p);
    CHECK_NUMBER("forgotten", ask_client(PROC_FORGET, 1, p->pid, 0, 0), SERVICE_OK);
    CHECK(reader->input_ends && !reader->status.reads);
    CHECK_NUMBER("to nobody", says(writer, 700), 700);
}

static struct process *writer_to(struct process **reader, seL4_Word grants)
{
    begin_served();
    struct process *p = spawned(grants);
    *reader = spawned(GRANTS);
    p->pipe = (*reader)->pid;
    return p;
}

/* It stays so, for its reader was told the end. */
static void is_gone(const struct process *p, const struct process *reader)
{
    CHECK(!lives(p) && reader->input_ends);
    CHECK_NUMBER("dead, and not forgotten", again(p, 1), SERVICE_BAD);
    CHECK(!lives(p) && status(p).end != PROC_RUNS);
    CHECK_NUMBER("killed once more", ask_client(PROC_KILL, 1, p->pid, 0, 0), SERVICE_BAD);
}

/* Without a wish, or by its own end, or killed, it is gone for them at once; and who waits for a wish to be done can be killed. */
static void only_a_wish_does(void)
{
    struct process *reader, *p = writer_to(&reader, GRANTS);
    dies(p);
    is_gone(p, reader);
    p = writer_to(&reader, GRANTS | PROC_AGAIN);
    ended(p, PROC_EXITED, 0);
    is_gone(p, reader);
    p = writer_to(&reader, GRANTS | PROC_AGAIN);
    CHECK_NUMBER("killed", ask_client(PROC_KILL, 1, p->pid, 0, 0), SERVICE_OK);
    is_gone(p, reader);
    p = writer_to(&reader, GRANTS | PROC_AGAIN);
    dies(p);
    CHECK(lives(p) && !reader->input_ends);
    CHECK_NUMBER("killed while it waits", ask_client(PROC_KILL, 1, p->pid, 0, 0), SERVICE_OK);
    is_gone(p, reader);
}

int main(void)
{
    test_run("proc_again/keeps_what_it_was", keeps_what_it_was);
    test_run("proc_again/a_copy_too", a_copy_too);
    test_run("proc_again/a_name_is_an_end", a_name_is_an_end);
    test_run("proc_again/nothing_is_lost", nothing_is_lost);
    test_run("proc_again/not_by_itself", not_by_itself);
    test_run("proc_again/not_while_a_file_server_is_at_it", not_while_a_file_server_is_at_it);
    test_run("proc_again/one_fid_is_given_twice", one_fid_is_given_twice);
    test_run("proc_again/the_file_server_dies", the_file_server_dies);
    test_run("proc_again/what_does_not_fit_ends", what_does_not_fit_ends);
    test_run("proc_again/a_wish_keeps_the_pipes", a_wish_keeps_the_pipes);
    test_run("proc_again/only_a_wish_does", only_a_wish_does);
    return test_end();
}
