/* What a program has that runs as a process, besides the C library. */
#ifndef PROGRAMS_PROGRAM_H
#define PROGRAMS_PROGRAM_H

#include <stddef.h>
#include "fs/protocol.h"
#include "proc/protocol.h"

int main(int argc, char **argv);

/* What it cannot do without, of PROC_INPUT and so on: it stands in a note of the ELF file, and is looked at before it starts. */
#define PROGRAM_NEEDS(what)                                                                                    \
    __attribute__((section(".note.baton"), used, aligned(4))) static const struct {                            \
        unsigned name_size, size, type;                                                                        \
        char name[8];                                                                                          \
        unsigned needs;                                                                                        \
    } program_needs_ = {6, sizeof(unsigned), 1, "BATON", what}

/* What there is, at least a byte; 0: the end, or it may not read. */
size_t program_read(char *to, size_t bytes);
/* Files, by paths from the root, without a / at the beginning: a status of fs/protocol.h, of which 0 is OK. */
enum fs_status program_open(const char *path, unsigned flags, seL4_Word *fid);
enum fs_status program_close(seL4_Word fid);
/* *bytes become those that were read, fewer only at the end, or written. */
enum fs_status program_read_file(seL4_Word fid, seL4_Word offset, void *to, size_t *bytes);
enum fs_status program_write_file(seL4_Word fid, seL4_Word offset, const void *from, size_t *bytes);
enum fs_status program_path(enum fs_op op, const char *path); /* FS_MKDIR, FS_REMOVE */

/* More pages behind those that it has; NULL: there are no more. */
void *program_memory(size_t pages);
/* Gives the last so many back. */
_Bool program_memory_back(size_t pages);
/* A copy of it that goes on from here, without input and open files: its pid, and 0 in the copy; PROGRAM_NO_CLONE: there is no room, or it may not. */
#define PROGRAM_NO_CLONE (~0ul)
seL4_Word program_clone(void);
/* Waits until the copy with that pid has ended, which is told once: how, and *code of its exit, or of an exception. PROC_RUNS: it has made none of that
   pid, or eight since that one ended. */
enum proc_end program_wait_for(seL4_Word pid, seL4_Word *code);
void program_wait(void); /* for a signal of the process server */
_Noreturn void program_exit(int code);

#endif
