/* What the files of the library have in common. */
#ifndef SERVICES_FAT_OWN_H
#define SERVICES_FAT_OWN_H

#include "fat.h"
#include "../fs/try.h"

/* What a table says of a cluster, in the form of FAT32 whatever the kind. */
#define FAT_FREE 0u
#define FAT_BAD 0x0ffffff7u
#define FAT_END 0x0fffffffu

enum { ENTRY = 32, LONG_UNITS = 13, LONG_MOST = 255, FOLDER_ENTRIES = 65536, OPERATION = 16 };
enum {
    ATTR_READ_ONLY = 1,
    ATTR_HIDDEN = 2,
    ATTR_SYSTEM = 4,
    ATTR_LABEL = 8,
    ATTR_FOLDER = 16,
    ATTR_ARCHIVE = 32,
    ATTR_LONG = 15
};
enum { DELETED = 0xe5 };

static inline uint32_t get16(const uint8_t *p)
{
    return (uint32_t)(p[0] | p[1] << 8);
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static inline void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *p, uint32_t value)
{
    put16(p, value & 0xffff);
    put16(p + 2, value >> 16);
}

static inline bool is_cluster(const struct fat *fs, uint32_t cluster)
{
    return cluster >= 2 && cluster - 2 < fs->clusters;
}

static inline uint32_t sector_of(const struct fat *fs, uint32_t cluster)
{
    return fs->data + (cluster - 2) * fs->cluster_sectors;
}

static inline uint32_t cluster_bytes(const struct fat *fs)
{
    return fs->cluster_sectors * FAT_SECTOR;
}

/* ---- cache.c: sectors of tables and folders. NULL: see fs->why. What is returned stays for as long as an operation needs it: the
   most recently used go last. */
uint8_t *sector_look(struct fat *fs, uint32_t number);
uint8_t *sector_change(struct fat *fs, uint32_t number); /* belongs to the transaction from now on */
void sectors_forget(struct fat *fs, uint32_t first, uint32_t count);
/* Straight to the disk: contents of files, and of folders that nothing refers to yet. */
enum fs_status disk_read(struct fat *fs, uint32_t sector, uint32_t count, void *to);
enum fs_status disk_write(struct fat *fs, uint32_t sector, uint32_t count, const void *from);
enum fs_status disk_flush(struct fat *fs);
enum fs_status disk_zero(struct fat *fs, uint32_t sector, uint32_t count);
uint32_t crc32(uint32_t crc, const void *bytes, uint32_t count);

/* ---- log.c */
enum fs_status log_open(struct fat *fs);   /* finds it, and does what it says, or makes it */
enum fs_status log_commit(struct fat *fs); /* the transaction is on the disk, whole; the next begins */
/* Begins an operation that changes up to OPERATION sectors. FS_UNFINISHED: first more must be freed, see fat_sync(). */
enum fs_status change_begin(struct fat *fs);
/* How many clusters an operation may take that do not lie behind the last that was taken. */
enum { ROOM_RUN = 1, ROOM_NAME = 2, ROOM_FOLDER = ROOM_NAME + 1 };
/* As well, for one that may need so many. FS_UNFINISHED: a part of the table was searched for them. */
enum fs_status change_begin_with_room(struct fat *fs, uint32_t needed);
/* Ends it: if it broke off in the middle, nothing of this transaction will reach the disk, nor any later one. */
enum fs_status change_end(struct fat *fs, enum fs_status status);

/* ---- table.c */
enum fs_status table_get(struct fat *fs, uint32_t cluster, uint32_t *value);
enum fs_status table_set(struct fat *fs, uint32_t cluster, uint32_t value);
/* A cluster of a chain, and the next or FAT_END; everything else is damage. */
enum fs_status table_next(struct fat *fs, uint32_t cluster, uint32_t *next);
/* There are so many, or as many as are free. FS_UNFINISHED: not yet. pre: no more than FAT_SPOTS. */
enum fs_status spots_find(struct fat *fs, uint32_t needed);
/* A free cluster, which becomes the end of a chain, after `last` if that is not 0. pre: change_begin_with_room(), unless the one behind
   the last that was taken is free. *cluster is written only when it is taken: it may be a file's first. */
enum fs_status cluster_new(struct fat *fs, uint32_t last, uint32_t *cluster);
/* The chain becomes free once the transaction that took the last reference away is on the disk. */
enum fs_status chain_drop(struct fat *fs, uint32_t first);
/* As much of these chains as one transaction may. pre: there are some, and nothing is in the transaction. */
enum fs_status chains_free_part(struct fat *fs);
enum fs_status table_count(struct fat *fs); /* fs->free */

/* ---- name.c */
/* Both return how many, or -1: it has no such form. `room` is in units of what is written. */
int utf16_from_utf8(const char *name, uint32_t length, uint16_t *to, uint32_t room);
int utf8_from_utf16(const uint16_t *name, uint32_t count, char *to, uint32_t room);
bool name_is_good(const uint16_t *name, int count);
bool names_same(const uint16_t *a, int a_count, const uint16_t *b, int b_count); /* apart from capitals */
int short_to_utf16(const uint8_t entry[ENTRY], uint16_t *to);                    /* room for 12 */
/* The eleven bytes of the n-th short name that may stand for it, and whether that is all of it. */
bool short_from_name(const uint16_t *name, int count, uint32_t n, uint8_t to[11]);
uint8_t short_sum(const uint8_t name[11]);

/* ---- folder.c: a folder is its first cluster; 0: the root of FAT12 and FAT16. */
struct walk {
    uint32_t folder, index, cluster, cluster_index;
};
struct found {
    uint32_t first, slots; /* index of its first entry, and how many it has */
    struct fat_place place;
    uint8_t entry[ENTRY];
    uint16_t name[LONG_MOST];
    int name_count; /* 0: it has no long name */
};
extern const uint8_t long_unit_at[LONG_UNITS];
struct walk walk_from(uint32_t folder, uint32_t index);
/* Where the entry of the walk's index lies. NOT_FOUND: beyond the end. */
enum fs_status walk_place(struct fat *fs, struct walk *walk, struct fat_place *place);
/* NOT_FOUND: there are no more. */
enum fs_status walk_next(struct fat *fs, struct walk *walk, struct found *found);
enum fs_status folder_find(struct fat *fs, uint32_t folder, const uint16_t *name, int count,
                           struct found *found);
bool found_is(const struct found *found, const uint16_t *name, int count);
uint32_t entry_cluster(const struct fat *fs, const uint8_t *entry);
void entry_set_cluster(const struct fat *fs, uint8_t *entry, uint32_t cluster);

/* ---- entry.c */
/* Writes a name with what the short entry says besides it. */
enum fs_status entry_add(struct fat *fs, uint32_t folder, const uint16_t *name, int count,
                         const uint8_t entry[ENTRY], struct fat_place *place);
enum fs_status entry_remove(struct fat *fs, uint32_t folder, const struct found *found);

/* ---- path.c */
struct target {
    uint32_t folder; /* where its last component is, or would be */
    uint16_t name[LONG_MOST];
    int count; /* 0: the root */
};
enum fs_status path_walk(struct fat *fs, const char *path, uint32_t length, struct target *target);

/* ---- node.c */
struct fat_node *node_at(struct fat *fs, struct fat_place place); /* of what is open, or NULL */
uint32_t root_of(const struct fat *fs);
enum fs_status node_store(struct fat *fs, const struct fat_node *node);

#endif
