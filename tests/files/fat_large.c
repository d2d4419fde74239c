/* A volume of more clusters than 2^32 bits of table have, most of it never written: the log's clusters are marked where they are. */
#include <stdlib.h>
#include <string.h>
#include "../../user/services/fat/own.h"
#include "../host/test.h"

enum { WRITTEN = 4096, TABLE = 32, CLUSTERS = (1 << 27) + 1000, TABLE_SECTORS = (CLUSTERS + 2 + 127) / 128 };

static struct {
    uint32_t count, number[WRITTEN];
    uint8_t bytes[WRITTEN][FAT_SECTOR];
} disk;
static struct fat fs;

/* NULL: it was never written. */
static uint8_t *sector(uint64_t number)
{
    for (uint32_t i = disk.count; i-- > 0;)
        if (disk.number[i] == number)
            return disk.bytes[i];
    return NULL;
}

static uint8_t *sector_made(uint64_t number)
{
    uint8_t *there = sector(number);
    if (there)
        return there;
    if (disk.count == WRITTEN)
        abort();
    disk.number[disk.count] = (uint32_t)number;
    return disk.bytes[disk.count++];
}

static enum fs_status read_sectors(void *self, uint64_t from, uint32_t count, void *to)
{
    (void)self;
    memset(to, 0, (size_t)count * FAT_SECTOR);
    for (uint32_t i = 0; i < count; i++)
        if (sector(from + i))
            memcpy((uint8_t *)to + (size_t)i * FAT_SECTOR, sector(from + i), FAT_SECTOR);
    return FS_OK;
}

static enum fs_status write_sectors(void *self, uint64_t to, uint32_t count, const void *from)
{
    (void)self;
    for (uint32_t i = 0; i < count; i++)
        memcpy(sector_made(to + i), (const uint8_t *)from + (size_t)i * FAT_SECTOR, FAT_SECTOR);
    return FS_OK;
}

static enum fs_status flush(void *self)
{
    (void)self;
    return FS_OK;
}

/* FAT32 with one table and one sector a cluster. */
static void format(uint32_t sectors)
{
    uint8_t *b = sector_made(0);
    put16(b + 11, FAT_SECTOR);
    b[13] = b[16] = 1;
    put16(b + 14, TABLE);
    put32(b + 32, sectors);
    put32(b + 36, TABLE_SECTORS);
    put32(b + 44, 2);
    put16(b + 510, 0xaa55);
    put32(sector_made(TABLE) + 8, FAT_END);
}

static void log_is_marked(void)
{
    struct fat_disk functions = {NULL, read_sectors, write_sectors, flush, TABLE + TABLE_SECTORS + CLUSTERS};
    format((uint32_t)functions.sectors);
    CHECK_NUMBER("the mount", fat_mount(&fs, &functions), FS_OK);
    CHECK(!fs.read_only);
    uint32_t cluster = fs.log - fs.data + 2;
    CHECK(cluster > 1u << 27);
    const uint8_t *table = sector(TABLE + cluster / 128);
    CHECK(table && get32(table + cluster % 128 * 4) == FAT_BAD);
    CHECK_NUMBER("free clusters", fs.free, CLUSTERS - 1 - (FAT_LOG + 2));
}

int main(void)
{
    test_run("the log of a large volume", log_is_marked);
    return test_end();
}
