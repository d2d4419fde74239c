/* A file system in a piece of memory. */
#ifndef SERVICES_RAMFS_H
#define SERVICES_RAMFS_H

#include "../fs/backend.h"

enum { RAM_BLOCK = 4096, RAM_FILES = 512, RAM_POINTERS = RAM_BLOCK / 4 };

/* A file or folder. Its blocks are found by two tables, so it may have holes and be up to 4 GiB long. */
struct ram_file {
    uint64_t size;
    uint32_t tables; /* the block of the first table, or 0 */
    uint32_t parent, references;
    uint8_t used, folder, name_length;
    char name[FS_NAME];
};

struct ramfs {
    uint32_t (*block)[RAM_POINTERS];   /* block 0 is never given out */
    uint32_t blocks, free, first_free; /* free blocks are a list */
    struct ram_file file[RAM_FILES];   /* 0: the root */
};

/* Begins, empty, in this memory: a multiple of RAM_BLOCK, aligned, all zero or not. */
void ramfs_start(void *memory, uint64_t bytes);

/* blocks.c */
extern struct ramfs ram;
/* Block `index` of a file: 0 if it is a hole and `make` does not say that there shall be one, or if there is no room. */
uint32_t ram_block_of(struct ram_file *f, uint64_t index, bool make);
void ram_cut(struct ram_file *f, uint64_t blocks); /* those from `blocks` on become free */

#endif
