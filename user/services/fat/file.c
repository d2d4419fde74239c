/* Contents of files: they go straight to the disk, before the transaction that refers to them. */
#include <string.h>
#include "own.h"

enum { RUN = 64 }; /* clusters that one request to the disk spans, at most */

/* A cluster of the file; with `extend` the chain grows by one where it ends. pre: index is at most one beyond the end. */
static enum fs_status cluster_at(struct fat *fs, struct fat_node *n, uint32_t index, bool extend,
                                 uint32_t *cluster)
{
    if (n->first == 0) {
        if (!extend)
            return FS_DAMAGED;
        TRY(cluster_new(fs, 0, &n->first));
    }
    if (n->at_cluster == 0 || n->at_index > index) {
        n->at_index = 0;
        n->at_cluster = n->first;
    }
    for (uint32_t next; n->at_index < index; n->at_index++, n->at_cluster = next) {
        TRY(table_next(fs, n->at_cluster, &next));
        if (next == FAT_END && !extend)
            return FS_DAMAGED; /* shorter than its size says */
        if (next == FAT_END)
            TRY(cluster_new(fs, n->at_cluster, &next));
    }
    *cluster = n->at_cluster;
    return FS_OK;
}

/* Can the chain that ends here go on with the next cluster on the disk? */
static bool grows_here(struct fat *fs, uint32_t cluster)
{
    uint32_t value;
    if (table_get(fs, cluster + 1, &value) != FS_OK || value != FAT_FREE)
        return false;
    fs->hint = cluster + 1;
    return true;
}

/* Clusters that follow one another on the disk, from `index` on, for up to `bytes`: *run gets how many bytes they have. The chain never
   gets longer than that, for the transaction may be committed after this run. */
static enum fs_status find_run(struct fat *fs, struct fat_node *n, uint32_t index, uint64_t bytes, bool extend,
                               uint32_t *first, uint64_t *run)
{
    uint32_t cluster, next;
    TRY(cluster_at(fs, n, index, extend, first));
    *run = cluster_bytes(fs);
    for (uint32_t i = 1; *run < bytes && i < RUN; i++, *run += cluster_bytes(fs)) {
        TRY(table_next(fs, *first + i - 1, &next));
        bool goes_on = next == *first + i || (next == FAT_END && extend && grows_here(fs, *first + i - 1));
        if (!goes_on || cluster_at(fs, n, index + i, extend, &cluster) != FS_OK)
            break;
    }
    return FS_OK;
}

/* One piece within a sector, or as many whole sectors as there are; returns how many bytes. NULL: zeros are written. */
static enum fs_status piece(struct fat *fs, uint64_t byte, uint32_t left, uint8_t *to, const uint8_t *from,
                            uint32_t *done)
{
    uint32_t sector = (uint32_t)(byte / FAT_SECTOR), skip = (uint32_t)(byte % FAT_SECTOR);
    if (skip == 0 && left >= FAT_SECTOR) {
        uint32_t count = left / FAT_SECTOR;
        *done = count * FAT_SECTOR;
        return to     ? disk_read(fs, sector, count, to)
               : from ? disk_write(fs, sector, count, from)
                      : disk_zero(fs, sector, count);
    }
    *done = FAT_SECTOR - skip < left ? FAT_SECTOR - skip : left;
    TRY(disk_read(fs, sector, 1, fs->bounce));
    if (to) {
        memcpy(to, fs->bounce + skip, *done);
        return FS_OK;
    }
    if (from)
        memcpy(fs->bounce + skip, from, *done);
    else
        memset(fs->bounce + skip, 0, *done);
    return disk_write(fs, sector, 1, fs->bounce);
}

static enum fs_status transfer(struct fat *fs, uint64_t byte, uint32_t length, uint8_t *to, const uint8_t *from)
{
    for (uint32_t at = 0, done; at < length; at += done)
        TRY(piece(fs, byte + at, length - at, to ? to + at : NULL, from ? from + at : NULL, &done));
    return FS_OK;
}

enum fs_status fat_read(struct fat *fs, uint32_t node, uint64_t offset, void *to, uint32_t *length)
{
    struct fat_node *n = &fs->node[node];
    uint32_t wanted = *length, first;
    *length = 0;
    if (n->folder)
        return FS_IS_FOLDER;
    if (offset >= n->size)
        return FS_OK;
    wanted = wanted < n->size - offset ? wanted : (uint32_t)(n->size - offset);
    while (*length < wanted) {
        uint64_t at = offset + *length, skip = at % cluster_bytes(fs), run, left = wanted - *length;
        TRY(find_run(fs, n, (uint32_t)(at / cluster_bytes(fs)), skip + left, false, &first, &run));
        uint32_t part = (uint32_t)(left < run - skip ? left : run - skip);
        TRY(transfer(fs, (uint64_t)sector_of(fs, first) * FAT_SECTOR + skip, part, (uint8_t *)to + *length,
                     NULL));
        *length += part;
    }
    return FS_OK;
}

/* It has its new size only once that is in its entry: nothing else may have been changed, and then a failure leaves the file as it was. */
static enum fs_status size_store(struct fat *fs, struct fat_node *n, uint64_t size)
{
    struct fat_node made = *n;
    made.size = (uint32_t)size;
    made.changed = fs->now;
    TRY(node_store(fs, &made));
    *n = made;
    return FS_OK;
}

/* Up to a run of clusters; NULL: zeros. Between two of them the transaction may be committed. */
static enum fs_status write_run(struct fat *fs, struct fat_node *n, uint64_t at, uint32_t left,
                                const uint8_t *from, uint32_t *part)
{
    uint64_t skip = at % cluster_bytes(fs), run;
    uint32_t first;
    TRY(find_run(fs, n, (uint32_t)(at / cluster_bytes(fs)), skip + left, true, &first, &run));
    *part = (uint32_t)(left < run - skip ? left : run - skip);
    TRY(transfer(fs, (uint64_t)sector_of(fs, first) * FAT_SECTOR + skip, *part, NULL, from));
    return size_store(fs, n, at + *part > n->size ? at + *part : n->size);
}

/* Up to there it has clusters. */
static bool fits(const struct fat *fs, const struct fat_node *n, uint64_t end)
{
    return end <= ((uint64_t)n->size + cluster_bytes(fs) - 1) / cluster_bytes(fs) * cluster_bytes(fs);
}

static enum fs_status write_bytes(struct fat *fs, struct fat_node *n, uint64_t at, uint64_t length,
                                  const uint8_t *from, uint64_t *done)
{
    for (*done = 0; *done < length;) {
        uint64_t left = length - *done;
        uint32_t part, most = left < 1u << 20 ? (uint32_t)left : 1u << 20;
        TRY(fits(fs, n, at + *done + most) ? change_begin(fs) : change_begin_with_room(fs, ROOM_RUN));
        enum fs_status status = write_run(fs, n, at + *done, most, from ? from + *done : NULL, &part);
        if (status == FS_NO_SPACE &&
            fs->pending_count != 0) { /* what was removed is free once that is on the disk */
            TRY(fat_sync(fs));
            status = write_run(fs, n, at + *done, most, from ? from + *done : NULL, &part);
        }
        TRY(change_end(fs, status));
        *done += part;
    }
    return FS_OK;
}

static enum fs_status may_change(const struct fat *fs, const struct fat_node *n)
{
    return n->folder ? FS_IS_FOLDER : n->read_only || fs->read_only ? FS_READ_ONLY : FS_OK;
}

enum fs_status fat_write(struct fat *fs, uint32_t node, uint64_t offset, const void *from, uint32_t *length)
{
    struct fat_node *n = &fs->node[node];
    uint64_t wanted = *length, done = 0;
    *length = 0;
    TRY(may_change(fs, n));
    if (offset > UINT32_MAX || wanted > UINT32_MAX - offset)
        return FS_TOO_BIG;
    if (offset > n->size && wanted != 0)
        TRY(fat_truncate(fs, node, offset));
    enum fs_status status = write_bytes(fs, n, offset, wanted, from, &done);
    *length = (uint32_t)done;
    return status;
}

/* The chain ends after so many clusters. */
static enum fs_status cut(struct fat *fs, struct fat_node *n, uint32_t keep)
{
    uint32_t last = 0, rest = n->first;
    if (keep != 0) {
        TRY(cluster_at(fs, n, keep - 1, false, &last));
        TRY(table_next(fs, last, &rest));
    }
    if (rest == FAT_END || rest == 0)
        return FS_OK;
    if (keep != 0)
        TRY(table_set(fs, last, FAT_END));
    else
        n->first = 0;
    n->at_cluster = 0;
    return chain_drop(fs, rest);
}

static enum fs_status shrink(struct fat *fs, struct fat_node *n, uint32_t size)
{
    TRY(cut(fs, n, (uint32_t)(((uint64_t)size + cluster_bytes(fs) - 1) / cluster_bytes(fs))));
    return size_store(fs, n, size);
}

enum fs_status fat_truncate(struct fat *fs, uint32_t node, uint64_t size)
{
    struct fat_node *n = &fs->node[node];
    uint64_t done;
    TRY(may_change(fs, n));
    if (size > UINT32_MAX)
        return FS_TOO_BIG;
    if (size > n->size) {
        uint64_t more = size - n->size;
        if (fs->pending_count != 0)
            TRY(fat_sync(fs));
        if (more > ((uint64_t)fs->free + 1) * cluster_bytes(fs))
            return FS_NO_SPACE;
        TRY(write_bytes(fs, n, n->size, more < FAT_GROWTH ? more : FAT_GROWTH, NULL, &done));
        return n->size < size ? FS_UNFINISHED : FS_OK;
    }
    TRY(change_begin(fs));
    return change_end(fs, shrink(fs, n, (uint32_t)size));
}

void fat_stat(const struct fat *fs, uint32_t node, struct fs_stat *stat)
{
    const struct fat_node *n = &fs->node[node];
    *stat = (struct fs_stat){.size = n->size, .id = node, .changed = n->changed};
    stat->flags = n->folder ? FS_FOLDER : n->read_only || fs->read_only ? 0 : FS_WRITABLE;
}

void fat_space(const struct fat *fs, uint64_t *free, uint64_t *all)
{
    *free = (uint64_t)fs->free * cluster_bytes(fs);
    *all = (uint64_t)fs->clusters * cluster_bytes(fs);
}
