/* FAT12, FAT16 and FAT32 with long names, over a disk behind three functions. It needs no memory but struct fat, does not recurse, and
   every loop ends on any contents of the disk. README.md tells how it survives a cut between any two writes. */
#ifndef SERVICES_FAT_H
#define SERVICES_FAT_H

#include <stdbool.h>
#include <stdint.h>
#include "../fs/protocol.h"

/* Writes may be done in any order until flush() returns. A sector is written whole or not at all. */
struct fat_disk {
    void *self;
    enum fs_status (*read)(void *self, uint64_t sector, uint32_t count, void *to);
    enum fs_status (*write)(void *self, uint64_t sector, uint32_t count, const void *from);
    enum fs_status (*flush)(void *self);
    uint64_t sectors;
};

enum {
    FAT_SECTOR = 512,
    FAT_CACHE = 96,      /* sectors of tables and folders in memory */
    FAT_LOG = 48,        /* that one transaction changes, at most: the log has room for them */
    FAT_LOG_LEAST = 20,  /* on small disks */
    FAT_PENDING = 12,    /* chains that nothing refers to any more */
    FAT_NODES = 64,      /* files and folders open at a time */
    FAT_SPOTS = 3,       /* clusters that one operation takes from anywhere, at most */
    FAT_SEARCH = 64,     /* sectors of the table that are searched for them at a time */
    FAT_GROWTH = 1 << 15 /* bytes by which a file gets longer at a time without being written */
};

struct fat_sector {
    uint32_t number, before, used; /* before: the CRC of what the disk has; used: when, to find the oldest */
    bool valid, dirty;
};

/* Where a short entry lies; the root folder has none: sector 0. */
struct fat_place {
    uint32_t sector, offset;
};

struct fat_node {
    uint32_t references, first, size, changed;
    struct fat_place place;
    bool folder, read_only;
    uint32_t at_index, at_cluster; /* the place in its chain that was asked for last; cluster 0: none */
};

struct fat {
    struct fat_disk disk;
    uint32_t bits; /* 12, 16 or 32 */
    uint32_t cluster_sectors, clusters, table, table_sectors, tables;
    uint32_t root_sector, root_sectors; /* of FAT12 and FAT16 */
    uint32_t root_cluster, info;        /* of FAT32: the sector of FSInfo, or 0 */
    uint32_t data, end;                 /* first sector of cluster 2; of the volume */
    uint32_t free, hint;
    uint32_t spots, spot[FAT_SPOTS]; /* clusters that were free when they were looked at */
    uint32_t seek,
        looked;   /* where the search for more goes on; how many it has looked at since there was a new one */
    uint32_t now; /* date << 16 | time, for what is changed: the caller sets it */
    uint32_t log, log_room, log_header, sequence, pending_count, pending[FAT_PENDING];
    bool read_only, dead, wrote, log_is_old;
    enum fs_status why; /* of the last function that returned nothing */
    uint32_t dirty, changes, changes_before, tick, last;
    struct fat_sector sector[FAT_CACHE];
    struct fat_node node[FAT_NODES];
    _Alignas(8) uint8_t contents[FAT_CACHE][FAT_SECTOR];
    _Alignas(8) uint8_t bounce[FAT_SECTOR];
};

/* Also finishes what a cut has interrupted, and makes the log if there is none. */
enum fs_status fat_mount(struct fat *fs, const struct fat_disk *disk);
/* All that was done is on the disk, and the disk needs no recovery. FS_UNFINISHED (fs/backend.h): so long are the files that have gone that others
   must be served before all of them is free. All functions that change something may return it. */
enum fs_status fat_sync(struct fat *fs);

/* Paths as in fs/protocol.h. A node is a number below FAT_NODES; each opening wants a fat_close(). */
enum fs_status fat_open(struct fat *fs, const char *path, uint32_t length, uint32_t flags, uint32_t *node);
void fat_close(struct fat *fs, uint32_t node);
enum fs_status fat_read(struct fat *fs, uint32_t node, uint64_t offset, void *to, uint32_t *length);
enum fs_status fat_write(struct fat *fs, uint32_t node, uint64_t offset, const void *from, uint32_t *length);
enum fs_status fat_truncate(struct fat *fs, uint32_t node, uint64_t size);
void fat_stat(const struct fat *fs, uint32_t node, struct fs_stat *stat);
/* The next entry from *place on, which is 0 at first; name has room for FS_NAME bytes. NOT_FOUND: there are no more. */
enum fs_status fat_list(struct fat *fs, uint32_t node, uint64_t *place, struct fs_entry *entry, char *name);
enum fs_status fat_mkdir(struct fat *fs, const char *path, uint32_t length);
enum fs_status fat_remove(struct fat *fs, const char *path, uint32_t length);
enum fs_status fat_rename(struct fat *fs, const char *from, uint32_t from_length, const char *to,
                          uint32_t to_length, bool replace);
void fat_space(const struct fat *fs, uint64_t *free, uint64_t *all);

#endif
