/* What the process server tells about processes. */
#include <stdlib.h>
#include <string.h>
#include "fs/places.h"
#include "shell.h"

bool status_of(seL4_Word pid, struct proc_status *status)
{
    bool there = ask_proc(PROC_STATUS, 1, pid, 0);
    if (there)
        memcpy(status, BATON_IPC_BUFFER->msg, sizeof *status);
    status->name[PROC_NAME - 1] = 0;
    return there;
}

unsigned programs_all(struct watched *all)
{
    unsigned count = 0;
    for (seL4_Word pid = 0; ask_proc(PROC_NEXT, 1, pid, 0) && (pid = microkit_mr_get(0)) != 0;)
        if (count < MOST_PROCESSES && status_of(pid, &all[count].status) && all[count].status.end == PROC_RUNS)
            all[count++].pid = pid;
    return count;
}

void programs_list(void)
{
    struct watched all[MOST_PROCESSES];
    unsigned count = programs_all(all);
    for (unsigned i = 0; i < count; i++)
        say("%5lu %-12s %lu KiB%s\n", all[i].pid, all[i].status.name, all[i].status.pages * 4,
            all[i].status.reads ? ", waits for input" : "");
}

/* A line of pipes that was not typed as one. */
static void connect(int count, char **word)
{
    seL4_Word from = strtoul(word[1], NULL, 10), to = strtoul(word[2], NULL, 10);
    (void)count;
    if (!login_owns(from, "pipe") || !login_owns(to, "pipe"))
        return;
    if (!ask_proc(PROC_PIPE, 2, from, to))
        complain("pipe: of two programs that run");
}

static bool kill_all(void)
{
    for (seL4_Word pid = 0; ask_proc(PROC_NEXT, 1, pid, 0) && (pid = microkit_mr_get(0)) != 0;)
        if (login_owns(pid, "kill"))
            ask_proc(PROC_KILL, 1, pid, 0);
    return true;
}

bool is_number(const char *text, seL4_Word *number)
{
    char *end;
    *number = strtoul(text, &end, 10);
    return end != text && *end == 0;
}

bool programs_kill(const char *number)
{
    seL4_Word pid;
    if (strcmp(number, "all") == 0)
        return kill_all();
    return is_number(number, &pid) && (!login_owns(pid, "kill") || ask_proc(PROC_KILL, 1, pid, 0));
}

/* What is wrong with its file is found before it ends. */
static void restart(int count, char **word)
{
    struct proc_status s;
    seL4_Word pid;
    (void)count;
    if (!is_number(word[1], &pid) || !status_of(pid, &s)) {
        complain("restart: no program has the number '%s'", word[1]);
        return;
    }
    if (!login_owns(pid, "restart"))
        return;
    seL4_Word label = spawn_again(pid, s.again);
    if (label == PROC_LATER)
        complain("restart: a file server is at what it has asked; try it again, or kill it");
    if (label != SERVICE_OK && status_of(pid, &s) && s.end == PROC_RUNS)
        complain("restart: %lu %s goes on as it was", pid, s.name);
}

static void memory(int count, char **word)
{
    struct proc_room r;
    (void)count, (void)word;
    if (!ask_proc(PROC_ROOM, 0, 0, 0))
        return;
    memcpy(&r, BATON_IPC_BUFFER->msg, sizeof r);
    say("%lu of %lu processes, %lu KiB free of %lu KiB, %lu slots", r.processes, r.most, r.free / 1024,
        r.bytes / 1024, r.slots);
    if (r.most_sockets > 0)
        say(", %lu of %lu sockets", r.sockets, r.most_sockets);
    say("\n");
}

const struct command program_commands[] = {
    {"run", "PROGRAM...", "start it, unless it needs what it is not granted; run may be left out",
     programs_named, 1, WORDS, STARTS},
    {"without", "RIGHT PROGRAM...",
     "run it without input, output, memory, files, change, clone, system, window or network", programs_without,
     2, WORDS, STARTS},
    {"again", "TIMES PROGRAM...", "run it, and begin it again when it dies of a fault, so often at most",
     programs_again, 2, WORDS, STARTS},
    {"restart", "PID", "a program begins again: with its number, words, rights, user and pipes", restart, 1, 1,
     0},
    {"pipe", "PID PID", "what the first writes, the second reads", connect, 2, 2, 0},
    {"top", "[TIMES [MS]]", "which programs use the CPU, until q is typed", watch_top, 0, 2, 0},
    {"mem", "", "how much room is left for programs", memory, 0, 0, 0},
    {"denied", "", "what was refused: to whom, what, and why", denied_list, 0, 0, 0},
    {0},
};
