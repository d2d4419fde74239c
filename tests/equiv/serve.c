#include "serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 256, KILLED = 128 };

/* In place; the first word is the program's name. */
static int words_of(char *line, char **words)
{
    int n = 0;
    words[n++] = program_invocation_name;
    for (char *word = strtok(line, "\t\n"); word && n < WORDS_MAX; word = strtok(NULL, "\t\n"))
        words[n++] = word;
    words[n] = NULL;
    return n;
}

static int in_child(int (*run)(int, char **), int argc, char **argv)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int code = run(argc, argv);
        fflush(stdout);
        _exit(code); /* exit() would set back what the server reads, where that is a file */
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("equiv: a child");
        exit(2);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED + WTERMSIG(status);
}

static void ended(int code)
{
    printf("ended %d\n", code);
    fflush(stdout);
}

int serve(int (*run)(int argc, char **argv), int argc, char **argv)
{
    char *line = NULL, *words[WORDS_MAX + 1];
    size_t size = 0;
    ended(run(argc, argv));
    while (getline(&line, &size, stdin) > 0) {
        int n = words_of(line, words);
        ended(in_child(run, n, words));
    }
    free(line);
    return 0;
}
