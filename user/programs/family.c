/* Makes copies of itself and waits for their ends: the word says how they end. */
#include <stdio.h>
#include <string.h>
#include "program.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_COPIES);

enum { MANY = 40, PLACES = 7 };

static _Noreturn void end(const char *what, int code)
{
    volatile int *volatile nothing = (volatile int *)0x123000; /* NOLINT: nothing is there */
    while (strcmp(what, "spin") == 0)
        ;
    if (strcmp(what, "fault") == 0)
        code = *nothing;
    if (strcmp(what, "trap") == 0)
        __builtin_trap();
    program_exit(code);
}

static seL4_Word copy(const char *what, int code)
{
    seL4_Word pid = program_clone();
    if (pid == 0)
        end(what, code);
    return pid;
}

static void say_end(seL4_Word pid)
{
    static const char *const ends[] = {"none", "exit", "killed", "page fault", "exception", "no such call"};
    seL4_Word code;
    enum proc_end how = program_wait_for(pid, &code);
    printf("%s %ld\n", how <= PROC_BAD_CALL ? ends[how] : "?", (long)code);
}

/* One after the other, each with a code of its own. */
static void many(void)
{
    seL4_Word code;
    int right = 0;
    for (int i = 0; i < MANY; i++) {
        seL4_Word pid = copy("", i);
        right += program_wait_for(pid, &code) == PROC_EXITED && code == (seL4_Word)i;
    }
    printf("%d of %d\n", right, MANY);
}

/* As many as there is room for, and the last is asked for first: the others have ended by then, and are forgotten by all but their maker. */
static void late(void)
{
    seL4_Word pid[PLACES], code;
    int known = 0;
    for (int i = 0; i < PLACES; i++)
        pid[i] = copy("", i);
    for (int i = PLACES - 1; i >= 0; i--)
        known += program_wait_for(pid[i], &code) == PROC_EXITED && code == (seL4_Word)i;
    printf("%d of %d\n", known, PLACES);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "many") == 0) {
        many();
    } else if (strcmp(what, "late") == 0) {
        late();
    } else {
        seL4_Word pid = copy(what, 7);
        printf("waits for %lu\n", pid);
        say_end(pid);
        say_end(pid);
        say_end(pid + 8);
    }
    return 0;
}
