#pragma once
/* --serve: many comparisons by one process, which has been loaded and linked once, and of what most of them run the emulator's translation
   is made once. */

/* Runs these words; then each line of stdin is a command line's words, by tabs, which run in a child of its own, as if they had been started
   by themselves, but on the image that is loaded. When a run has ended "ended N" follows what it printed, N its exit code. */
int serve(int (*run)(int argc, char **argv), int argc, char **argv);
