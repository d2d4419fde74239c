#include "dies.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../test.h"
#include "ours.h"

void check_dies(const char *name, void (*function)(void), const char *why)
{
    int ends[2], status = 0;
    char said[256] = "";
    size_t used = 0;
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    if (fork() == 0) {
        ours_console.echo = ends[1];
        function();
        _exit(2);
    }
    close(ends[1]);
    for (ssize_t n; used < sizeof said - 1 && (n = read(ends[0], said + used, sizeof said - 1 - used)) > 0;)
        used += (size_t)n;
    close(ends[0]);
    wait(&status);
    CHECK_STRING(name, said, why);
    CHECK_NUMBER(name, WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status), SIGILL);
}
