#pragma once
/* --serve: many comparisons by one process, which has been loaded and linked once. */

/* Each line of stdin is a command line's words, by tabs. Each runs in a child of its own, as if it had been started by itself; when that
   has ended "ended N" follows what it printed, N its exit code. */
int serve(int (*run)(int argc, char **argv));
