/* Transactions. What an operation changes in tables and folders stays in memory. A commit writes all of it into the log, flushes, and only
   then where it belongs; a mount that finds an unfinished log does the second part again. So either all of a transaction
   is on the disk, or nothing. The log lies in clusters that the table calls bad, so that no other system uses them. */
#include <string.h>
#include "own.h"
#include "log.h"

const char log_magic[8] = {'B', 'T', 'N', 'F', 'L', 'O', 'G', '1'};

static bool in_table(const struct fat *fs, uint32_t sector)
{
    return sector - fs->table < fs->table_sectors;
}

enum fs_status log_write_header(struct fat *fs, uint32_t count)
{
    uint8_t *h = fs->bounce;
    memset(h, 0, FAT_SECTOR);
    memcpy(h + AT_MAGIC, log_magic, sizeof log_magic);
    put32(h + AT_SEQUENCE, ++fs->sequence);
    put16(h + AT_COUNT, count);
    put16(h + AT_PENDING_COUNT, fs->pending_count);
    put16(h + AT_ROOM, fs->log_room);
    put16(h + AT_NUMBER, fs->log_header);
    for (uint32_t i = 0; i < fs->pending_count; i++)
        put32(h + AT_PENDING + 4 * i, fs->pending[i]);
    for (uint32_t i = 0, n = 0; i < FAT_CACHE && n < count; i++)
        if (fs->sector[i].dirty) {
            put32(h + AT_SECTORS + 8 * n, fs->sector[i].number);
            put32(h + AT_SECTORS + 8 * n++ + 4, fs->sector[i].before);
        }
    uint32_t crc = crc32(0, h + AT_SEQUENCE, FAT_SECTOR - AT_SEQUENCE);
    for (uint32_t i = 0, n = 0; i < FAT_CACHE && n < count; i++)
        if (fs->sector[i].dirty) {
            crc = crc32(crc, fs->contents[i], FAT_SECTOR);
            n++;
        }
    put32(h + AT_CRC, crc);
    return disk_write(fs, fs->log + fs->log_header, 1, h);
}

void log_forget(struct fat *fs, bool contents)
{
    for (uint32_t i = 0; i < FAT_CACHE; i++) {
        fs->sector[i].valid &= !(contents && fs->sector[i].dirty);
        fs->sector[i].dirty = false;
    }
    fs->dirty = 0;
}

static enum fs_status write_images(struct fat *fs)
{
    for (uint32_t i = 0, n = 0; i < FAT_CACHE; i++)
        if (fs->sector[i].dirty)
            TRY(disk_write(fs, fs->log + LOG_HEADERS + n++, 1, fs->contents[i]));
    return FS_OK;
}

static enum fs_status write_place(struct fat *fs, uint32_t i)
{
    uint32_t copies = in_table(fs, fs->sector[i].number) ? fs->tables : 1;
    while (copies-- != 0)
        TRY(disk_write(fs, fs->sector[i].number + copies * fs->table_sectors, 1, fs->contents[i]));
    return FS_OK;
}

/* Tables before folders: whoever looks at the disk meanwhile finds clusters without a file, but no file without its clusters. */
enum fs_status log_finish(struct fat *fs)
{
    for (int tables = 1; tables >= 0; tables--) {
        for (uint32_t i = 0; i < FAT_CACHE; i++)
            if (fs->sector[i].dirty && in_table(fs, fs->sector[i].number) == tables)
                TRY(write_place(fs, i));
        TRY(disk_flush(fs));
    }
    log_forget(fs, false);
    return log_write_header(fs, 0);
}

/* What FSInfo says of free clusters. */
static enum fs_status update_info(struct fat *fs)
{
    const uint8_t *info = fs->info ? sector_look(fs, fs->info) : NULL;
    if (!info || get32(info) != 0x41615252 || get32(info + 484) != 0x61417272)
        return FS_OK;
    if (get32(info + 488) == fs->free || get32(info + 488) > fs->clusters)
        return FS_OK; /* as it is, or nobody knows */
    uint8_t *change = sector_change(fs, fs->info);
    if (!change)
        return fs->why;
    put32(change + 488, fs->free);
    put32(change + 492, fs->hint);
    return FS_OK;
}

enum fs_status log_commit(struct fat *fs)
{
    if (fs->dead)
        return FS_IO;
    if (!fs->read_only)
        TRY(update_info(fs));
    TRY(disk_flush(fs)); /* contents of files, before anything refers to them */
    if (fs->dirty == 0)
        return FS_OK;
    fs->log_header ^= 1;
    TRY(write_images(fs));
    TRY(log_write_header(fs, fs->dirty));
    TRY(disk_flush(fs));
    return log_finish(fs);
}

enum fs_status fat_sync(struct fat *fs)
{
    TRY(log_commit(fs));
    if (fs->pending_count != 0)
        TRY(chains_free_part(fs));
    return fs->pending_count != 0 ? FS_UNFINISHED : disk_flush(fs);
}

enum fs_status change_begin(struct fat *fs)
{
    if (fs->dead)
        return FS_IO;
    if (fs->read_only)
        return FS_READ_ONLY;
    if (fs->dirty + OPERATION > fs->log_room || fs->pending_count + 2 > FAT_PENDING) {
        enum fs_status status = fat_sync(fs);
        if (status != FS_OK && (status != FS_UNFINISHED || fs->pending_count + 2 > FAT_PENDING))
            return status;
    }
    fs->changes_before = fs->changes;
    return FS_OK;
}

enum fs_status change_begin_with_room(struct fat *fs, uint32_t needed)
{
    TRY(change_begin(fs));
    return spots_find(fs, needed);
}

enum fs_status change_end(struct fat *fs, enum fs_status status)
{
    if ((status == FS_IO || status == FS_DAMAGED) && fs->changes != fs->changes_before)
        fs->dead = true;
    return status;
}
