/* user/services/proc/ but its memory: who waits for the end of a copy. It is told once, however late it asks; nobody else is; whoever ends or
   begins again meanwhile leaves nothing behind that another would be told. */
#include "proc/served.h"
#include "test.h"

enum { GRANTS = PROC_ALL, CODE = 7 };

static struct process *begin(seL4_Word grants)
{
    begin_served();
    return spawned_with("family", sizeof "family", grants);
}

static struct process *copy_by(struct process *p)
{
    return answer_process(p, PROC_CLONE, 2).label == SERVICE_OK ? process_of(message.msg[0]) : NULL;
}

static seL4_Word waits(struct process *p, seL4_Word pid)
{
    message.msg[0] = pid;
    message.msg[1] = 0;
    return answer_process(p, PROC_WAIT, 1).label;
}

static void forgotten(const struct process *p)
{
    CHECK_NUMBER("forget", ask_client(PROC_FORGET, 1, p->pid, 0, 0), SERVICE_OK);
}

static void told(struct process *p, seL4_Word pid, enum proc_end how, seL4_Word code)
{
    CHECK_NUMBER("it is told", waits(p, pid), SERVICE_OK);
    CHECK(message.msg[0] == (seL4_Word)how && message.msg[1] == code);
    CHECK_NUMBER("once", waits(p, pid), SERVICE_BAD);
}

static seL4_Word awaited(const struct process *p)
{
    CHECK_NUMBER("status", ask_client(PROC_STATUS, 1, p->pid, 0, 0), SERVICE_OK);
    return ((struct proc_status *)(void *)message.msg)->copy;
}

static void early_and_late(void)
{
    struct process *p = begin(GRANTS), *copy = copy_by(p);
    unsigned pid = copy->pid;
    CHECK_NUMBER("too early", waits(p, pid), PROC_LATER);
    CHECK(ask(copy, FS_OPEN, FS_WRITABLE | FS_CREATE, "a").label == SERVICE_OK && open_fids() == 1);
    signals = 0;
    CHECK(awaited(p) == pid);
    ended(copy, PROC_EXITED, CODE);
    serve();
    CHECK(awaited(p) == 0 && signals == 1 && open_fids() == 0);
    forgotten(copy);
    told(p, pid, PROC_EXITED, CODE);
    copy = copy_by(p);
    pid = copy->pid;
    CHECK_NUMBER("killed", ask_client(PROC_KILL, 1, pid, 0, 0), SERVICE_OK);
    forgotten(copy);
    CHECK_NUMBER("nobody is signalled who does not wait", signals, 1);
    told(p, pid, PROC_KILLED, 0);
}

static void only_its_maker(void)
{
    struct process *p = begin(GRANTS), *copy = copy_by(p), *other = copy_by(p);
    CHECK_NUMBER("one beside it", waits(other, copy->pid), SERVICE_BAD);
    CHECK_NUMBER("its maker", waits(copy, p->pid), SERVICE_BAD);
    CHECK_NUMBER("itself", waits(p, p->pid), SERVICE_BAD);
    CHECK_NUMBER("nobody", waits(p, 0), SERVICE_BAD);
    CHECK_NUMBER("no words", answer_process(p, PROC_WAIT, 0).label, SERVICE_BAD);
    CHECK_NUMBER("its maker's", waits(copy, copy_by(other)->pid), SERVICE_BAD);
}

/* Those that nobody asked for give way to later ones, the first that has ended first; one that runs never does. */
static void so_many_are_known(void)
{
    struct process *p = begin(GRANTS), *runs_on = copy_by(p);
    unsigned pid[3 * PROCESSES];
    for (unsigned i = 0; i < 3 * PROCESSES; i++) {
        struct process *copy = copy_by(p);
        pid[i] = copy->pid;
        ended(copy, PROC_EXITED, i);
        forgotten(copy);
    }
    for (unsigned i = 0; i < 3 * PROCESSES - (PROCESSES - 1); i++)
        CHECK_NUMBER("forgotten", waits(p, pid[i]), SERVICE_BAD);
    for (unsigned i = 3 * PROCESSES - (PROCESSES - 1); i < 3 * PROCESSES; i++)
        told(p, pid[i], PROC_EXITED, i);
    CHECK_NUMBER("the one that runs", waits(p, runs_on->pid), PROC_LATER);
}

/* Either of them. */
static void begun_again(void)
{
    struct process *p = begin(GRANTS | PROC_AGAIN * 2), *copy = copy_by(p), *orphan;
    CHECK_NUMBER("too early", waits(p, copy->pid), PROC_LATER);
    CHECK_NUMBER("with a wish", ask_client(PROC_RESTART, 3, copy->pid, 100, 1), SERVICE_OK);
    ended(copy, PROC_PAGE_FAULT, 0);
    CHECK(awaited(p) == copy->pid && signals == 0);
    CHECK_NUMBER("it goes on", ask_client(PROC_RESTART, 3, copy->pid, 100, 1), SERVICE_OK);
    ended(copy, PROC_PAGE_FAULT, 0);
    forgotten(copy);
    CHECK_NUMBER("who does not begin again has ended", signals, 1);
    orphan = copy_by(p);
    CHECK_NUMBER("too early", waits(p, orphan->pid), PROC_LATER);
    ended(p, PROC_PAGE_FAULT, 0);
    CHECK_NUMBER("its maker begins again", ask_client(PROC_RESTART, 3, p->pid, 100, 1), SERVICE_OK);
    CHECK_NUMBER("waits for nobody", awaited(p), 0);
    CHECK_NUMBER("and knows none", waits(p, orphan->pid), SERVICE_BAD);
    ended(orphan, PROC_EXITED, CODE);
    CHECK_NUMBER("nor is it signalled", signals, 1);
}

static void its_maker_ends(void)
{
    struct process *p = begin(GRANTS), *copy = copy_by(p);
    CHECK_NUMBER("too early", waits(p, copy->pid), PROC_LATER);
    ended(p, PROC_EXITED, 0);
    CHECK_NUMBER("it waits no more", awaited(p), 0);
    ended(copy, PROC_EXITED, CODE);
    forgotten(p);
    CHECK_NUMBER("a later one in its place", ask_client(PROC_SPAWN, 3, 100, sizeof "family", GRANTS),
                 SERVICE_OK);
    CHECK_NUMBER("knows nothing of it", waits(process_of(message.msg[0]), copy->pid), SERVICE_BAD);
    CHECK_NUMBER("nobody was signalled", signals, 0);
}

int main(void)
{
    test_run("proc_wait/early_and_late", early_and_late);
    test_run("proc_wait/only_its_maker", only_its_maker);
    test_run("proc_wait/so_many_are_known", so_many_are_known);
    test_run("proc_wait/begun_again", begun_again);
    test_run("proc_wait/its_maker_ends", its_maker_ends);
    return test_end();
}
