#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../host/random.h"

static void *must_have(void *memory)
{
    if (!memory) {
        perror("disk");
        exit(2);
    }
    return memory;
}

void disk_load(struct disk *disk, const char *path)
{
    FILE *file = must_have(fopen(path, "rb"));
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    *disk =
        (struct disk){.bytes = must_have(malloc((size_t)size + 1)), .sectors = (uint32_t)(size / FAT_SECTOR)};
    if (fread(disk->bytes, 1, (size_t)size, file) != (size_t)size)
        exit(2);
    fclose(file);
}

void disk_save(const struct disk *disk, const char *path)
{
    FILE *file = must_have(fopen(path, "wb"));
    size_t size = (size_t)disk->sectors * FAT_SECTOR;
    if (fwrite(disk->bytes, 1, size, file) != size || fclose(file) != 0)
        exit(2);
}

void disk_copy(struct disk *to, const struct disk *from)
{
    size_t size = (size_t)from->sectors * FAT_SECTOR;
    if (to->sectors != from->sectors)
        to->bytes = must_have(realloc(to->bytes, size));
    to->sectors = from->sectors;
    memcpy(to->bytes, from->bytes, size);
}

void disk_free(struct disk *disk)
{
    free(disk->bytes);
    free(disk->log);
    *disk = (struct disk){0};
}

static void remember(struct disk *disk, uint32_t sector, const uint8_t *bytes)
{
    if (disk->count == disk->room) {
        disk->room = disk->room * 2 + 64;
        disk->log = must_have(realloc(disk->log, disk->room * sizeof *disk->log));
    }
    disk->log[disk->count] = (struct written){.sector = sector, .flushes = disk->flushes};
    memcpy(disk->log[disk->count++].bytes, bytes, FAT_SECTOR);
}

static bool counts(struct disk *disk, uint64_t sector, uint32_t count)
{
    if (disk->most && ++disk->requests > disk->most) {
        printf("not ok endless: more than %llu requests to the disk\n", disk->most);
        fflush(stdout);
        abort();
    }
    return sector <= disk->sectors && count <= disk->sectors - sector;
}

void disk_put(struct disk *disk, uint32_t at, const void *bytes, uint32_t count)
{
    memcpy(disk->bytes + at, bytes, count);
    for (uint32_t sector = at / FAT_SECTOR; sector <= (at + count - 1) / FAT_SECTOR; sector++)
        remember(disk, sector, disk->bytes + (size_t)sector * FAT_SECTOR);
}

void disk_undo(struct disk *disk, const struct disk *before)
{
    for (; disk->count > 0; disk->count--) {
        size_t at = (size_t)disk->log[disk->count - 1].sector * FAT_SECTOR;
        memcpy(disk->bytes + at, before->bytes + at, FAT_SECTOR);
    }
}

static enum fs_status read_sectors(void *self, uint64_t sector, uint32_t count, void *to)
{
    struct disk *disk = self;
    if (!counts(disk, sector, count))
        return FS_IO;
    if (disk->broken && disk->broken - sector < count)
        return FS_IO;
    memcpy(to, disk->bytes + sector * FAT_SECTOR, (size_t)count * FAT_SECTOR);
    if (disk->liar && disk->liar - sector < count && disk->truths-- == 0) {
        memset((uint8_t *)to + (disk->liar - sector) * FAT_SECTOR + disk->lie, 0xff, 2);
        disk->truths = 0;
    }
    return FS_OK;
}

static enum fs_status write_sectors(void *self, uint64_t sector, uint32_t count, const void *from)
{
    struct disk *disk = self;
    if (!counts(disk, sector, count))
        return FS_IO;
    memcpy(disk->bytes + sector * FAT_SECTOR, from, (size_t)count * FAT_SECTOR);
    for (uint32_t i = 0; disk->records && i < count; i++)
        remember(disk, (uint32_t)sector + i, (const uint8_t *)from + (size_t)i * FAT_SECTOR);
    return FS_OK;
}

static enum fs_status flush(void *self)
{
    struct disk *disk = self;
    disk->flushes++;
    return FS_OK;
}

struct fat_disk disk_functions(struct disk *disk)
{
    return (struct fat_disk){disk, read_sectors, write_sectors, flush, disk->sectors};
}

void disk_cut(struct disk *to, const struct disk *from, size_t count, bool in_order)
{
    unsigned last = count > 0 ? from->log[count - 1].flushes : 0;
    for (size_t i = 0; i < count; i++)
        if (in_order || from->log[i].flushes != last || random_below(2))
            memcpy(to->bytes + (size_t)from->log[i].sector * FAT_SECTOR, from->log[i].bytes, FAT_SECTOR);
}
