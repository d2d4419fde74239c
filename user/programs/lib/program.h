/* What a program has that runs as a process, besides the C library. */
#ifndef PROGRAMS_PROGRAM_H
#define PROGRAMS_PROGRAM_H

#include <stddef.h>
#include "proc/protocol.h"

int main(int argc, char **argv);

/* What it cannot do without, of PROC_INPUT and so on: it stands in a note of the ELF file, and is looked at before it starts. */
#define PROGRAM_NEEDS(what)                                                                                    \
    __attribute__((section(".note.baton"), used, aligned(4))) static const struct {                            \
        unsigned name_size, size, type;                                                                        \
        char name[8];                                                                                          \
        unsigned needs;                                                                                        \
    } program_needs_ = {6, sizeof(unsigned), 1, "BATON", what}

/* What is there, or at least a byte; 0: the end, or it may not. */
size_t program_read(char *to, size_t bytes);
/* More pages behind those that it has; NULL: there are no more. */
void *program_memory(size_t pages);
/* Gives the last so many back. */
_Bool program_memory_back(size_t pages);
_Noreturn void program_exit(int code);

#endif
