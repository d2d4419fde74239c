/* Sectors of tables and folders in memory; what is changed stays there until its transaction is on the disk. */
#include <string.h>
#include "own.h"

uint32_t crc32(uint32_t crc, const void *bytes, uint32_t count)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    const uint8_t *p = bytes;
    crc = ~crc;
    for (uint32_t i = 0; i < count; i++) {
        crc = crc >> 4 ^ table[(crc ^ p[i]) & 15];
        crc = crc >> 4 ^ table[(crc ^ p[i] >> 4) & 15];
    }
    return ~crc;
}

static enum fs_status failed(struct fat *fs)
{
    fs->dead = true;
    return FS_IO;
}

enum fs_status disk_read(struct fat *fs, uint32_t sector, uint32_t count, void *to)
{
    if (sector > fs->end || count > fs->end - sector)
        return FS_DAMAGED;
    return fs->disk.read(fs->disk.self, sector, count, to) == FS_OK ? FS_OK : FS_IO;
}

enum fs_status disk_write(struct fat *fs, uint32_t sector, uint32_t count, const void *from)
{
    if (sector > fs->end || count > fs->end - sector)
        return FS_DAMAGED;
    if (fs->dead)
        return FS_IO;
    fs->wrote = true;
    return fs->disk.write(fs->disk.self, sector, count, from) == FS_OK ? FS_OK : failed(fs);
}

enum fs_status disk_flush(struct fat *fs)
{
    if (fs->dead)
        return FS_IO;
    if (fs->wrote && fs->disk.flush(fs->disk.self) != FS_OK)
        return failed(fs);
    fs->wrote = false;
    return FS_OK;
}

enum fs_status disk_zero(struct fat *fs, uint32_t sector, uint32_t count)
{
    static const uint8_t zeros[8 * FAT_SECTOR];
    for (uint32_t n; count != 0; sector += n, count -= n) {
        n = count < 8 ? count : 8;
        TRY(disk_write(fs, sector, n, zeros));
    }
    return FS_OK;
}

/* The one that was not used for the longest time. There are more than a transaction may change. */
static uint32_t oldest(const struct fat *fs)
{
    uint32_t best = FAT_CACHE;
    for (uint32_t i = 0; i < FAT_CACHE; i++) {
        const struct fat_sector *s = &fs->sector[i];
        if (!s->valid)
            return i;
        if (!s->dirty && (best == FAT_CACHE || fs->tick - s->used > fs->tick - fs->sector[best].used))
            best = i;
    }
    return best;
}

static bool holds(const struct fat *fs, uint32_t i, uint32_t number)
{
    return fs->sector[i].valid && fs->sector[i].number == number;
}

/* Its place in the cache; FAT_CACHE: see fs->why. */
static uint32_t cached(struct fat *fs, uint32_t number)
{
    uint32_t i = fs->last;
    if (!holds(fs, i, number))
        for (i = 0; i < FAT_CACHE && !holds(fs, i, number);)
            i++;
    if (i == FAT_CACHE) {
        i = oldest(fs);
        fs->sector[i].valid = false;
        fs->why = disk_read(fs, number, 1, fs->contents[i]);
        if (fs->why != FS_OK)
            return FAT_CACHE;
        fs->sector[i] = (struct fat_sector){.number = number, .valid = true};
    }
    fs->sector[i].used = ++fs->tick;
    return fs->last = i;
}

uint8_t *sector_look(struct fat *fs, uint32_t number)
{
    uint32_t i = cached(fs, number);
    return i == FAT_CACHE ? NULL : fs->contents[i];
}

uint8_t *sector_change(struct fat *fs, uint32_t number)
{
    uint32_t i = cached(fs, number);
    if (i == FAT_CACHE)
        return NULL;
    struct fat_sector *s = &fs->sector[i];
    if (!s->dirty && fs->dirty == fs->log_room) {
        fs->why = FS_DAMAGED; /* no operation on a sound disk changes so many */
        return NULL;
    }
    if (!s->dirty) {
        s->before = crc32(0, fs->contents[i], FAT_SECTOR);
        s->dirty = true;
        fs->dirty++;
    }
    fs->changes++;
    return fs->contents[i];
}

/* pre: none of them is in the transaction; in a sound volume none can be: they belong to no folder. */
void sectors_forget(struct fat *fs, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < FAT_CACHE; i++)
        if (!fs->sector[i].dirty && fs->sector[i].number - first < count)
            fs->sector[i].valid = false;
}
