/* Blocks of memory, and which belong to a file. */
#include <string.h>
#include "ramfs.h"

struct ramfs ram;

static void give_back(uint32_t block)
{
    ram.block[block][0] = ram.first_free;
    ram.first_free = block;
    ram.free++;
}

/* A block of zeros, or 0. */
static uint32_t take(void)
{
    uint32_t block = ram.first_free;
    if (block == 0)
        return 0;
    ram.first_free = ram.block[block][0];
    ram.free--;
    memset(ram.block[block], 0, RAM_BLOCK);
    return block;
}

void ramfs_start(void *memory, uint64_t bytes)
{
    memset(&ram, 0, sizeof ram);
    ram.block = memory;
    ram.blocks = bytes / RAM_BLOCK > UINT32_MAX ? UINT32_MAX : (uint32_t)(bytes / RAM_BLOCK);
    for (uint32_t block = ram.blocks; block-- > 1;)
        give_back(block);
    ram.file[0] = (struct ram_file){.used = true, .folder = true};
}

/* What a pointer leads to; `make`: it leads to something afterwards, if there is room. */
static uint32_t follow(uint32_t *pointer, bool make)
{
    if (*pointer == 0 && make)
        *pointer = take();
    return *pointer;
}

uint32_t ram_block_of(struct ram_file *f, uint64_t index, bool make)
{
    if (index >= (uint64_t)RAM_POINTERS * RAM_POINTERS)
        return 0;
    uint32_t first = follow(&f->tables, make);
    uint32_t second = first ? follow(&ram.block[first][index / RAM_POINTERS], make) : 0;
    return second ? follow(&ram.block[second][index % RAM_POINTERS], make) : 0;
}

/* Frees what a table names from `keep` on. */
static void cut_table(uint32_t table, uint32_t keep)
{
    for (uint32_t i = keep; i < RAM_POINTERS; i++)
        if (ram.block[table][i] != 0) {
            give_back(ram.block[table][i]);
            ram.block[table][i] = 0;
        }
}

void ram_cut(struct ram_file *f, uint64_t blocks)
{
    if (f->tables == 0)
        return;
    for (uint32_t i = (uint32_t)(blocks / RAM_POINTERS); i < RAM_POINTERS; i++) {
        uint32_t *second = &ram.block[f->tables][i],
                 keep = i == blocks / RAM_POINTERS ? blocks % RAM_POINTERS : 0;
        if (*second == 0)
            continue;
        cut_table(*second, keep);
        if (keep == 0) {
            give_back(*second);
            *second = 0;
        }
    }
    if (blocks == 0) {
        give_back(f->tables);
        f->tables = 0;
    }
}
