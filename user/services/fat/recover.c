/* The log at a mount: found and carried out, or made. */
#include <string.h>
#include "own.h"
#include "log.h"

static bool has_magic(const uint8_t *header)
{
    return memcmp(header + AT_MAGIC, log_magic, sizeof log_magic) == 0;
}

/* The topmost bad cluster that begins with the first header. NOT_FOUND: there is none. */
static enum fs_status find(struct fat *fs)
{
    for (uint32_t n = fs->clusters; n-- != 0;) {
        uint32_t value;
        TRY(table_get(fs, n + 2, &value));
        if (value != FAT_BAD)
            continue;
        fs->log = sector_of(fs, n + 2);
        TRY(disk_read(fs, fs->log, 1, fs->bounce));
        if (has_magic(fs->bounce) && get16(fs->bounce + AT_NUMBER) == 0)
            return FS_OK;
    }
    return FS_NOT_FOUND;
}

static uint32_t log_clusters(const struct fat *fs)
{
    return (LOG_HEADERS + fs->log_room + fs->cluster_sectors - 1) / fs->cluster_sectors;
}

/* The sector of the table that has all entries of these clusters, or 0. */
static uint32_t common_sector(const struct fat *fs, uint32_t cluster, uint32_t count)
{
    uint64_t first = (uint64_t)cluster * fs->bits / 8 / FAT_SECTOR; /* in bits they may be more than 2^32 */
    uint64_t last = ((uint64_t)(cluster + count) * fs->bits - 1) / 8 / FAT_SECTOR;
    return first == last ? fs->table + (uint32_t)first : 0;
}

/* Free clusters, as far up as possible. All their entries are in one sector of the table, so that making a log is one write to each
   copy of the table, and a cut between them leaves nothing that the next mount would not do again. */
static enum fs_status find_room(struct fat *fs, uint32_t *cluster)
{
    uint32_t run = 0, count = log_clusters(fs);
    for (*cluster = fs->clusters + 1; *cluster >= 2; --*cluster) {
        uint32_t value;
        TRY(table_get(fs, *cluster, &value));
        run = value == FAT_FREE ? run + 1 : 0;
        if (run >= count && common_sector(fs, *cluster, count) != 0)
            return FS_OK;
    }
    return FS_NOT_FOUND;
}

static enum fs_status mark(struct fat *fs, uint32_t cluster)
{
    uint32_t sector = common_sector(fs, cluster, log_clusters(fs));
    for (uint32_t i = 0; i < log_clusters(fs); i++)
        TRY(table_set(fs, cluster + i, FAT_BAD));
    for (uint32_t copy = fs->tables; copy-- != 0;) {
        const uint8_t *contents = sector_look(fs, sector);
        TRY(contents ? disk_write(fs, sector + copy * fs->table_sectors, 1, contents) : fs->why);
        TRY(disk_flush(fs));
    }
    log_forget(fs, false);
    return FS_OK;
}

static enum fs_status make(struct fat *fs)
{
    uint32_t cluster;
    fs->log_room = fs->end < 4096 ? FAT_LOG_LEAST : FAT_LOG;
    enum fs_status status = find_room(fs, &cluster);
    fs->read_only = status == FS_NOT_FOUND; /* it is full: what is there can be read */
    if (status != FS_OK)
        return fs->read_only ? FS_OK : status;
    fs->log = sector_of(fs, cluster);
    for (fs->log_header = LOG_HEADERS; fs->log_header-- != 0;) {
        TRY(log_write_header(fs, 0));
    }
    fs->log_header = 0;
    TRY(disk_flush(fs));
    return mark(fs, cluster);
}

/* The checksum of header and images. */
static enum fs_status checksum(struct fat *fs, const uint8_t *header, uint32_t count, uint32_t *crc)
{
    *crc = crc32(0, header + AT_SEQUENCE, FAT_SECTOR - AT_SEQUENCE);
    for (uint32_t i = 0; i < count; i++) {
        TRY(disk_read(fs, fs->log + LOG_HEADERS + i, 1, fs->bounce));
        *crc = crc32(*crc, fs->bounce, FAT_SECTOR);
    }
    return FS_OK;
}

/* One image takes the place of what the disk has, if that is what was there before the transaction or comes after it; else
   another system has written since. */
static enum fs_status take_image(struct fat *fs, uint32_t i, uint32_t number, uint32_t before)
{
    TRY(disk_read(fs, fs->log + LOG_HEADERS + i, 1, fs->bounce));
    const uint8_t *there = sector_look(fs, number);
    if (!there)
        return fs->why;
    uint32_t crc = crc32(0, there, FAT_SECTOR);
    if (crc != before && crc != crc32(0, fs->bounce, FAT_SECTOR))
        return FS_NOT_FOUND;
    uint8_t *contents = sector_change(fs, number);
    if (!contents)
        return fs->why;
    memcpy(contents, fs->bounce, FAT_SECTOR);
    return FS_OK;
}

static enum fs_status take_all(struct fat *fs, const uint8_t *header)
{
    uint32_t count = get16(header + AT_COUNT);
    for (uint32_t i = 0; i < count; i++)
        TRY(take_image(fs, i, get32(header + AT_SECTORS + 8 * i), get32(header + AT_SECTORS + 8 * i + 4)));
    return FS_OK;
}

/* One of the two, if its checksum is right and its log fits where it is: *sequence is more than 0 then. */
static enum fs_status check(struct fat *fs, uint32_t number, uint8_t *header, uint32_t *sequence)
{
    *sequence = 0;
    TRY(disk_read(fs, fs->log + number, 1, header));
    uint32_t count = get16(header + AT_COUNT), room = get16(header + AT_ROOM), crc;
    if (!has_magic(header) || room < FAT_LOG_LEAST || room > FAT_LOG ||
        fs->end - fs->log < LOG_HEADERS + room || count > room ||
        get16(header + AT_PENDING_COUNT) > FAT_PENDING)
        return FS_OK;
    TRY(checksum(fs, header, count, &crc));
    if (crc == get32(header + AT_CRC))
        *sequence = get32(header + AT_SEQUENCE);
    return FS_OK;
}

/* A transaction whose log is whole is done again. */
static enum fs_status redo(struct fat *fs, const uint8_t *header)
{
    enum fs_status status = take_all(fs, header);
    if (status == FS_NOT_FOUND) {
        log_forget(fs, true);
        return FS_OK;
    }
    TRY(status);
    fs->pending_count = get16(header + AT_PENDING_COUNT);
    for (uint32_t i = 0; i < fs->pending_count; i++)
        fs->pending[i] = get32(header + AT_PENDING + 4 * i);
    if (fs->dirty == 0)
        return FS_OK;
    TRY(disk_flush(fs)); /* a life that ended before its flush leaves a log that is not safe yet */
    return log_finish(fs);
}

enum fs_status log_open(struct fat *fs)
{
    uint8_t header[FAT_SECTOR];
    uint32_t sequence[LOG_HEADERS];
    fs->log_room = FAT_LOG;
    enum fs_status status = find(fs);
    if (status == FS_NOT_FOUND)
        return make(fs);
    TRY(status);
    for (uint32_t i = 0; i < LOG_HEADERS; i++)
        TRY(check(fs, i, header, &sequence[i]));
    fs->log_header = sequence[1] > sequence[0];
    TRY(check(fs, fs->log_header, header,
              &fs->sequence));         /* a device may say something else now: this counts */
    fs->read_only = fs->sequence == 0; /* not a log of this version, or not whole */
    if (fs->read_only)
        return FS_OK;
    fs->log_room = get16(header + AT_ROOM);
    return redo(fs, header);
}
