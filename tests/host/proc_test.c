/* user/services/proc/ but its memory, with a file server that takes its time, as one does whose disk is slow, or who fills a long file with
   zeros: what processes ask that end at once, and whose copies ask in their place, in this life of the process server and the next. Whose
   files are whose (fs/owner.c) holds then, too; and while a user's programs write into a file of his, no other's do. */
#include "proc/served.h"
#include "test.h"

enum { BLOCKS = 256, ROUNDS = 100, LINES = 8, OWN_FIDS = 4, ANN = 1, BOB = 2 };

static struct memory on_disk, own;
static _Alignas(8) char list[sizeof(struct denials) + LINES * sizeof(struct denial)];
static _Alignas(RAM_BLOCK) char blocks[BLOCKS * RAM_BLOCK];
static struct ring_end output;
static struct fs_session session;
static struct fs_client client; /* the test's own */

static void serve_own(void)
{
    fs_session_serve(&session);
}

static void wait(void)
{
    CHECK(!"the server did not answer");
}

static void put(const char *path)
{
    uint64_t fid;
    CHECK_NUMBER(path, fs_open(&client, path, FS_CREATE, &fid), FS_OK);
    fs_close(&client, fid);
}

static bool is_there(const char *path)
{
    uint64_t fid;
    enum fs_status status = fs_open(&client, path, 0, &fid);
    if (status == FS_OK)
        fs_close(&client, fid);
    return status == FS_OK;
}

/* Of the process server. */
static struct process *begin_life(const char *user)
{
    memset(processes, 0, sizeof *processes * PROCESSES);
    init();
    for (unsigned i = 0; i < PROCESSES; i++)
        processes[i].pid = PROCESSES + i;
    processes[0].grants = PROC_FILES | PROC_CHANGE | PROC_COPIES;
    strcpy(processes[0].user, user);
    processes[1].pid = 0;
    return &processes[0];
}

/* A process of bob's in the first place, room for one more in the second, and none elsewhere. */
static struct process *begin(void)
{
    static const char *const folders[] = {"home", "home/ann", "home/bob"};
    ramfs_start(blocks, sizeof blocks);
    fs_session_start(&served, on_disk.rings, on_disk.data);
    fs_session_start(&session, own.rings, own.data);
    fs_connect(&client, own.rings, own.data, serve_own, wait);
    for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++)
        CHECK_NUMBER(folders[i], fs_path_op(&client, FS_MKDIR, folders[i]), FS_OK);
    put("home/ann/letter");
    put("home/bob/letter");
    slow = false, served_at = DISK;
    file_rings = in_memory.rings, file_data = in_memory.data;
    disk_rings = on_disk.rings, disk_data = on_disk.data;
    output_page = &output_text;
    text_start(&output, &output_text, false);
    return begin_life("bob");
}

/* A copy; NULL: there is no room for one. */
static struct process *copy(const struct process *p)
{
    return clone(p, 0, 0).label == SERVICE_OK ? process_of(message.msg[0]) : NULL;
}

/* It ends, and the client forgets it. */
static void end(struct process *p)
{
    ended(p, PROC_EXITED, 0);
    CHECK_NUMBER("forgotten", ask_client(PROC_FORGET, 1, p->pid, 0, 0), SERVICE_OK);
}

/* What bob asked to be removed is his. Before that is done a later process writes another path where it stands, another name behind it. */
static void no_name_but_its_own(void)
{
    struct process *bob = begin(), *p = copy(bob);
    slow = true;
    CHECK(p && ask(p, FS_REMOVE, 0, "disk/home/bob/letter").label == PROC_LATER);
    unsigned buffer = p->pid % FS_BUFFERS;
    end(p);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if ((p = copy(bob)) == NULL)
            break;
        if (p->pid % FS_BUFFERS == buffer)
            ask(p, FS_OPEN, 0, "disk/home/ann/letterann");
        end(p);
    }
    serve();
    CHECK(is_there("home/ann/letter"));
    CHECK(!is_there("home/bob/letter"));
    CHECK_NUMBER("there is room again", copy(bob) != NULL, true);
}

static uint64_t opened_by(struct process *p, const char *path)
{
    CHECK(ask(p, FS_OPEN, FS_WRITABLE, path).label == SERVICE_OK && message.msg[0] == FS_OK);
    return message.msg[1];
}

/* The disk's server is at bob's request when the process server dies. */
static struct ring_entry begun(struct process *bob, enum fs_op op, const char *text)
{
    struct ring_entry e = {0};
    const seL4_Word words[] = {op, 0, opened_by(bob, "disk/home/bob/letter"), 0, strlen(text)};
    memcpy(message.msg, words, sizeof words);
    memcpy(message.msg + 5, text, strlen(text));
    slow = true;
    CHECK(files_ask(bob, 5 + (strlen(text) + 7) / 8).label == PROC_LATER);
    CHECK(ring_get(&served.requests, &e) && e.op == op);
    return e;
}

static const char of_ann[] = "disk/home/ann/letter", stays[] = "home/bob/letterbob";

/* What he writes is his, and not what a program of ann's asks in one of the next lives. */
static void no_data_of_the_next_life(void)
{
    struct ring_entry e = begun(begin(), FS_WRITE, stays), answer;
    for (unsigned life = 1; life < FS_BUFFERS / PROCESSES; life++)
        CHECK(ask(begin_life("ann"), FS_OPEN, 0, of_ann).label == PROC_LATER);
    fs_session_answer(&served, &e, &answer);
    CHECK_NUMBER("the write", answer.status, FS_OK);
    serve();
    char text[sizeof stays] = {0};
    uint32_t length = sizeof stays - 1;
    uint64_t fid;
    CHECK(fs_open(&client, "home/bob/letter", 0, &fid) == FS_OK);
    CHECK(fs_read(&client, fid, 0, text, &length) == FS_OK);
    CHECK_STRING("his letter", text, stays);
    fs_close(&client, fid);
}

/* What he reads does not become what ann's program asks to be removed, and for whom. */
static void no_path_of_the_last_life(void)
{
    struct process *bob = begin();
    uint32_t length = sizeof stays - 1;
    uint64_t fid;
    CHECK(fs_open(&client, "home/bob/letter", FS_WRITABLE, &fid) == FS_OK);
    CHECK(fs_write(&client, fid, 0, stays, &length) == FS_OK && fs_close(&client, fid) == FS_OK);
    struct ring_entry e = begun(bob, FS_READ, stays), answer; /* the text says how many bytes */
    CHECK(ask(begin_life("ann"), FS_REMOVE, 0, of_ann).label == PROC_LATER);
    fs_session_answer(&served, &e, &answer);
    CHECK_NUMBER("the read", answer.length, sizeof stays - 1);
    serve();
    CHECK(is_there("home/bob/letter"));
    CHECK(!is_there("home/ann/letter"));
}

/* However much was asked before the file server comes to it: what a process had open is closed. */
static void all_is_closed(void)
{
    struct process *bob = begin(), *p;
    for (unsigned i = 0; i < OWN_FIDS; i++)
        CHECK(ask(bob, FS_OPEN, 0, "disk/home/bob/letter").label == SERVICE_OK && message.msg[0] == FS_OK);
    CHECK(ask(bob, FS_OPEN, 0, "disk/home/bob/letter").label == SERVICE_OK && message.msg[0] == FS_TOO_MANY);
    slow = true;
    for (unsigned i = 0; i < ROUNDS && (p = copy(bob)) != NULL; i++) {
        ask(p, FS_OPEN, 0, "disk/home/bob/letter");
        end(p);
    }
    end(bob);
    serve();
    CHECK_NUMBER("open", open_fids(), 0);
}

/* The last refusal. */
static void last_refusal(const struct process *p, const char *what, enum denied_why why)
{
    const struct denial *last = denied_page->line;
    for (unsigned i = 0; i < LINES; i++)
        if (denied_page->line[i].number > last->number)
            last = &denied_page->line[i];
    CHECK_STRING("what", last->what, what);
    CHECK(last->who == p->pid && last->owner == p->grants / PROC_USER % PROC_EVERYBODY &&
          last->number == denied_page->all);
    CHECK_NUMBER("why", last->why, why);
}

/* What was asked for, as it would be said, be it refused by this server or the file server's. */
static void denials_say_what(void)
{
    static const char tall[] =
        "home/ann/of a name that is much longer than what is kept of it, and longer still";
    struct process *bob = begin();
    denied_page = (struct denials *)(void *)list;
    denied_size = sizeof list;
    ask(bob, FS_OPEN, 0, "disk/home/ann/letter");
    last_refusal(bob, "open /disk/home/ann/letter", DENIED_OWNER);
    ask(bob, FS_MKDIR, 0, "disk/home/x");
    last_refusal(bob, "mkdir /disk/home/x", DENIED_OWNER);
    bob->grants = PROC_FILES + BOB * PROC_USER;
    ask(bob, FS_REMOVE, 0, tall);
    last_refusal(bob, "rm /home/ann/of a name that is much longer than what is kept of it, and ...",
                 DENIED_RIGHT);
    ask(bob, FS_REMOVE, 0, "a\nprocess 1: \x1b[1mno\x7f");
    last_refusal(bob, "rm /a?process 1: ?[1mno?", DENIED_RIGHT);
    ask(bob, FS_WRITE, 0, "its bytes");
    last_refusal(bob, "write to", DENIED_RIGHT);
    denied_page = NULL;
}

static seL4_Word says(struct process *p, const char *text)
{
    message.msg[0] = strlen(text);
    memcpy(message.msg + 1, text, strlen(text));
    CHECK(answer_process(p, PROC_WRITE, 1 + (strlen(text) + 7) / 8).label == SERVICE_OK);
    return message.msg[0];
}

static void hears(seL4_Word user)
{
    CHECK_NUMBER("hear", ask_client(PROC_HEAR, 1, user, 0, 0), SERVICE_OK);
}

/* What Bob's program says waits as if there were no room, and it is signalled when heard again; what goes to another of his does not. */
static void only_hers(void)
{
    struct process *bob = begin(), *ann = copy(bob);
    char heard[16] = {0};
    bob->grants = PROC_OUTPUT + BOB * PROC_USER;
    ann->grants = PROC_OUTPUT + ANN * PROC_USER;
    CHECK_NUMBER("to everybody", says(bob, "b") + says(ann, "a"), 2);
    hears(ANN);
    CHECK_NUMBER("hers alone", 10 * says(bob, "BOB") + says(ann, "ANN"), 3);
    CHECK(bob->writes && !ann->writes);
    bob->pipe = processes[2].pid;
    CHECK_NUMBER("into a pipe", says(bob, "p"), 1);
    bob->pipe = 0;
    says(bob, "BOB");
    signals = 0;
    hears(PROC_EVERYBODY);
    CHECK_NUMBER("signals", signals, 1);
    CHECK_NUMBER("again", says(bob, "B"), 1);
    for (unsigned i = 0; i < sizeof heard - 1 && text_get(&output, &heard[i]);)
        i++;
    CHECK_STRING("all", heard, "baANNB");
}

int main(void)
{
    test_run("proc/no_name_but_its_own", no_name_but_its_own);
    test_run("proc/no_data_of_the_next_life", no_data_of_the_next_life);
    test_run("proc/no_path_of_the_last_life", no_path_of_the_last_life);
    test_run("proc/all_is_closed", all_is_closed);
    test_run("proc/denials_say_what", denials_say_what);
    test_run("proc/only_hers", only_hers);
    return test_end();
}
