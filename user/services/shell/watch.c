/* Who runs, who waits for whom, and what is lost. The kernel keeps no account of time for ring 3 but by its trace, so the CPU's use is a count: at each
   look a program that waits for nothing could run, those of the same urgency take turns, and what is behind runs when no other can. */
#include <stdlib.h>
#include <string.h>
#include "fs/places.h"
#include "shell.h"
#include "timer/protocol.h"

enum { CONTROL_C = 3, LOOKS = 50 /* in a picture */, MILLISECOND = 1000000, USUAL = 1000, SHARE = 1000 };

static struct watched all[MOST_PROCESSES];
static unsigned count;

static bool can_run(const struct proc_status *s)
{
    return s->reads == 0 && s->writes == 0 && s->files == 0 && s->copy == 0;
}

static const struct watched *by_pid(seL4_Word pid)
{
    for (unsigned i = 0; i < count; i++)
        if (all[i].pid == pid)
            return &all[i];
    return NULL;
}

/* The first that writes what it reads, or NULL. */
static const struct watched *writer_of(seL4_Word pid)
{
    for (unsigned i = 0; i < count; i++)
        if (all[i].status.pipe == pid)
            return &all[i];
    return NULL;
}

/* Who could end its wait; NULL: somebody who is no program. */
static const struct watched *awaited(const struct watched *w)
{
    return w->status.reads    ? writer_of(w->pid)
           : w->status.writes ? by_pid(w->status.pipe)
           : w->status.copy   ? by_pid(w->status.copy)
                              : NULL;
}

static void say_wait(const struct watched *w)
{
    static const char *const servers[FS_PLACES] = {"the files in memory", "the disk"};
    const struct watched *other = awaited(w);
    if (can_run(&w->status))
        say("runs\n");
    else if (w->status.files != 0)
        say("waits for %s\n", servers[w->status.files - 1 < FS_PLACES ? w->status.files - 1 : 0]);
    else if (other)
        say("waits for %s of %lu %s\n",
            w->status.reads    ? "output"
            : w->status.writes ? "room in the input"
                               : "the end",
            other->pid, other->status.name);
    else
        say(w->status.reads ? "waits for what is typed\n" : "waits for room on the terminal\n");
}

/* ---- top */

static struct {
    seL4_Word pid, share;
} used[MOST_PROCESSES];
static unsigned used_count;

static void charge(seL4_Word pid, seL4_Word share)
{
    unsigned i = 0;
    while (i < used_count && used[i].pid != pid)
        i++;
    if (i == MOST_PROCESSES)
        return;
    if (i == used_count) {
        used[used_count].share = 0;
        used[used_count++].pid = pid;
    }
    used[i].share += share;
}

static void look(void)
{
    count = programs_all(all);
    for (seL4_Word behind = 0; behind < 2; behind++) {
        unsigned ready = 0;
        for (unsigned i = 0; i < count; i++)
            ready += all[i].status.behind == behind && can_run(&all[i].status);
        for (unsigned i = 0; i < count && ready > 0; i++)
            if (all[i].status.behind == behind && can_run(&all[i].status))
                charge(all[i].pid, SHARE / ready);
        if (ready > 0)
            return;
    }
}

static seL4_Word per_mille(seL4_Word pid)
{
    for (unsigned i = 0; i < used_count; i++)
        if (used[i].pid == pid)
            return used[i].share / LOOKS;
    return 0;
}

static void show(void)
{
    seL4_Word left = SHARE;
    for (unsigned i = 0; i < used_count; i++)
        left -= used[i].share / LOOKS;
    say("\x1b[H\x1b[2J  CPU %%   pid program\n");
    for (unsigned i = 0; i < count; i++) {
        seL4_Word share = per_mille(all[i].pid);
        say("%5lu.%lu %5lu %-12s %4lu KiB, ", share / 10, share % 10, all[i].pid, all[i].status.name,
            all[i].status.pages * 4);
        say_wait(&all[i]);
    }
    if (!login_has(PROC_SYSTEM) || !trace_shares())
        say("%5lu.%lu       services, programs that have ended, and nothing to do (by name with trace=on)\n",
            left / 10, left % 10);
    used_count = 0;
}

/* True: q or Ctrl-C was typed. Programs in the background go on meanwhile. */
static bool wait_until(struct timer *t, seL4_Word when)
{
    char key;
    timer_set(t, when);
    while (!timer_due(t)) {
        while (programs_look())
            ;
        while (terminal_key(&key)) {
            if (key == 'q' || key == CONTROL_C)
                return true;
            feed_key(key); /* it is for the prompt that comes */
        }
        if (programs_sleep() && terminal_sleep())
            wait_for_signal();
    }
    return false;
}

void watch_top(int words, char **word)
{
    struct timer t = {.service = TIMER};
    unsigned long times = words > 1 ? strtoul(word[1], NULL, 10) : 0;
    unsigned long pause = words > 2 ? strtoul(word[2], NULL, 10) : USUAL;
    seL4_Word step = (pause > 0 && pause <= 60 * USUAL ? pause : USUAL) * MILLISECOND / LOOKS,
              next = timer_now(&t);
    for (unsigned long shown = 0; times == 0 || shown < times; shown++) {
        used_count = 0;
        trace_begin();
        for (unsigned looks = 0; looks < LOOKS; looks++) {
            if (wait_until(&t, next += step))
                return;
            look();
            trace_look();
        }
        show();
    }
}

/* ---- dump --waits: what can go on, from those that run or wait for somebody outside to those that wait for them. */

static bool found_to_go_on(bool *goes_on)
{
    bool found = false;
    for (unsigned i = 0; i < count; i++) {
        bool reads = all[i].status.reads != 0, any = false, can = false;
        for (unsigned j = 0; j < count; j++) {
            bool meets = reads                  ? all[j].status.pipe == all[i].pid
                         : all[i].status.writes ? all[i].status.pipe == all[j].pid
                                                : all[i].status.copy == all[j].pid;
            any |= meets;
            can |= meets && goes_on[j];
        }
        if (!goes_on[i] && (can || !any || (!reads && all[i].status.writes == 0 && all[i].status.copy == 0))) {
            goes_on[i] = found = true;
        }
    }
    return found;
}

/* From one that does not go on always to the next that does not, until one comes again. */
static void say_circle(unsigned first)
{
    const struct watched *at = &all[first];
    for (unsigned steps = 0; steps < count; steps++)
        at = awaited(at);
    const struct watched *begin = at;
    say("a circle: ");
    do {
        say("%lu %s waits for ", at->pid, at->status.name);
        at = awaited(at);
    } while (at != begin);
    say("%lu\n", begin->pid);
}

void watch_waits(void)
{
    bool goes_on[MOST_PROCESSES] = {false};
    unsigned stuck = MOST_PROCESSES;
    count = programs_all(all);
    while (found_to_go_on(goes_on))
        ;
    for (unsigned i = 0; i < count; i++) {
        say("%5lu %-12s ", all[i].pid, all[i].status.name);
        say_wait(&all[i]);
        if (!goes_on[i])
            stuck = i;
    }
    if (stuck < MOST_PROCESSES)
        say_circle(stuck);
    else
        say("nobody waits in a circle\n");
}

void watch_leaks(void)
{
    struct proc_room r;
    if (!ask_proc(PROC_ROOM, 0, 0, 0))
        return;
    memcpy(&r, BATON_IPC_BUFFER->msg, sizeof r);
    if (r.lost == 0)
        say("nothing is lost: all memory and slots of programs are free, or of one that runs\n");
    else
        say("%lu pieces of memory and slots belong to no program\n", r.lost);
}
