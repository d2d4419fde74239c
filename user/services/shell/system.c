/* Commands about the system. */
#include <stdlib.h>
#include <string.h>
#include "keeper/protocol.h"
#include "names.h"
#include "pci/protocol.h"
#include "shell.h"
#include "timer/protocol.h"

enum { RESET = 0, CONTROL_PORT = 0x92, RESET_NOW = 1, SECOND = 1000000000, MILLISECOND = 1000000 };

/* Where the description maps them: who is which child of the keeper, and of pci (NULL: it has none); and a text, what all components are to each other. */
const char *names, *drivers, *wires;

static void say_words(int count, char **word)
{
    for (int i = 1; i < count; i++)
        say(i + 1 < count ? "%s " : "%s", word[i]);
    say("\n");
}

static void list(const struct command *c)
{
    for (; c->name; c++)
        say("%-7s %-12s %s\n", c->name, c->arguments, c->what);
}

static void help(int count, char **word)
{
    (void)count, (void)word;
    list(file_commands);
    list(program_commands);
    list(network_commands);
    list(login_commands);
    list(system_commands);
    say("Another word is a program of the folder bin: PROGRAM [WORD...] [| PROGRAM...] [&]. A command may be "
        "the first.\n");
    say("< FILE: a program reads it. > FILE, >> FILE: what a command says goes there. Arrows, Home, End and "
        "what shells have on Ctrl edit "
        "the line.\n");
}

static void services(int count, char **word)
{
    seL4_Word lives;
    bool runs;
    (void)count, (void)word;
    for (const char *at = names; *at != 0;) {
        char name[64];
        unsigned child = names_number(&at);
        names_word(&at, name);
        if (keeper_lives(KEEPER, child, &lives, &runs))
            say("%-12s life %lu%s\n", name, lives, runs ? "" : ", dead");
    }
    programs_list();
}

/* As the description has it, and so for ever: nobody can get a channel that it does not have there. */
static void wiring(int count, char **word)
{
    (void)count, (void)word;
    say_bytes(wires ? wires : "", wires ? (uint32_t)strlen(wires) : 0);
}

/* Drivers are children of pci, which takes their devices off the bus. False: there is no such driver, or it stays dead. */
static bool kill_driver(const char *name)
{
    for (const char *at = drivers ? drivers : ""; *at != 0;) {
        char child[64];
        unsigned number = names_number(&at);
        names_word(&at, child);
        microkit_mr_set(0, number);
        if (strcmp(child, name) == 0)
            return microkit_msginfo_get_label(microkit_ppcall(DRIVERS, microkit_msginfo_new(PCI_KILL, 1))) ==
                   PCI_OK;
    }
    return false;
}

static void kill(int count, char **word)
{
    seL4_Word child;
    (void)count;
    if (programs_kill(word[1]) || !login_may(PROC_SYSTEM, "kill"))
        return;
    if (keeper_find(KEEPER, word[1], &child) ? !keeper_kill(KEEPER, child) : !kill_driver(word[1]))
        complain("kill: nobody called '%s' runs", word[1]);
}

static void uptime(int count, char **word)
{
    const struct timer t = {.service = TIMER};
    seL4_Word now = timer_now(&t);
    (void)count, (void)word;
    say("%lu.%03lu s since the machine was switched on\n", now / SECOND, now % SECOND / MILLISECOND);
}

/* System control port A, as chip sets have it since the PS/2: the other register for it lies among the ports of configuration space. */
static void reboot(int count, char **word)
{
    (void)count, (void)word;
    if (!login_may(PROC_SYSTEM, "reboot"))
        return;
    file_sync();
    baton_port_out(RESET, CONTROL_PORT, 1, baton_port_in(RESET, CONTROL_PORT, 1) | RESET_NOW);
    complain("reboot: this machine has no such register");
}

static const struct {
    const char *name;
    seL4_Word what;
} dumps[] = {{"all", 0}, {"threads", 1}, {"maps", 2}, {"waits", 3}, {"caps", 4}};

/* By the kernel, on its console, which is the serial port, too; in a release build nobody may. */
static void dump_named(const char *name)
{
    if (!login_may(PROC_SYSTEM, "dump"))
        return;
    for (unsigned i = 0; i < sizeof dumps / sizeof *dumps; i++)
        if (strcmp(dumps[i].name, name) == 0) {
            if ((long)baton_call(BATON_SYS_DEBUG_DUMP, baton_address(BATON_CONSOLE_CAP), dumps[i].what, 0, 0) <
                0)
                complain("dump: this build has no debug capability");
            return;
        }
    complain("dump: of all, threads, maps, waits or caps; or --waits or --leaks, of programs");
}

/* With -- it is what the shell finds out. */
static void dump(int count, char **word)
{
    if (count > 1 && strcmp(word[1], "--waits") == 0) {
        watch_waits();
        return;
    }
    if (count > 1 && strcmp(word[1], "--leaks") == 0) {
        watch_leaks();
        return;
    }
    dump_named(count > 1 ? word[1] : "threads");
}

static void dump_itself(int count, char **word)
{
    (void)count;
    dump_named(word[0]);
}

const struct command system_commands[] = {
    {"echo", "[WORD...]", "say it", say_words, 0, WORDS, 0},
    {"ps", "", "what runs", services, 0, 0, 0},
    {"services", "", "who there is, who calls whom, and who shares memory", wiring, 0, 0, 0},
    {"kill", "NAME|PID", "a service, as if it had crashed; a program; or all programs", kill, 1, 1, 0},
    {"uptime", "", "what time it is", uptime, 0, 0, 0},
    {"dump", "[WHAT]",
     "what the kernel has: all, threads, maps, waits, caps; --waits, --leaks: who waits for whom, and what is "
     "lost",
     dump, 0, 1, 0},
    {"maps", "", "what is mapped where: dump maps", dump_itself, 0, 0, 0},
    {"caps", "", "who has which capabilities: dump caps", dump_itself, 0, 0, 0},
    {"trace", "[EVENTS]", "what the kernel has done last, with trace=on", trace_show, 0, 1, 0},
    {"reboot", "", "begin anew", reboot, 0, 0, 0},
    {"help", "", "this", help, 0, 0, 0},
    {0},
};
