/* The first sector: what kind of volume it is, and where its parts lie. Nothing in it is believed. */
#include <string.h>
#include "own.h"

struct layout {
    uint64_t total, tables_end, root_end;
    uint32_t root_entries;
};

static bool power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static enum fs_status basics(struct fat *fs, const uint8_t *b, struct layout *l)
{
    if (get16(b + 510) != 0xaa55 || get16(b + 11) != FAT_SECTOR || !power_of_two(b[13]) || b[16] < 1 ||
        b[16] > 2)
        return FS_UNSUPPORTED;
    bool large = get16(b + 22) == 0;
    fs->cluster_sectors = b[13];
    fs->tables = b[16];
    fs->table = get16(b + 14);
    fs->table_sectors = large ? get32(b + 36) : get16(b + 22);
    l->root_entries = get16(b + 17);
    l->total = get16(b + 19) != 0 ? get16(b + 19) : get32(b + 32);
    fs->bits = large ? 32 : 16;
    bool mirrored = !large || (get16(b + 40) & 0x80) == 0;
    if (!mirrored || (large && get16(b + 42) != 0))
        return FS_UNSUPPORTED;
    bool root_fits = large ? l->root_entries == 0 : l->root_entries != 0 && l->root_entries % 16 == 0;
    return fs->table != 0 && fs->table_sectors != 0 && root_fits ? FS_OK : FS_DAMAGED;
}

static enum fs_status places(struct fat *fs, struct layout *l)
{
    l->tables_end = fs->table + (uint64_t)fs->tables * fs->table_sectors;
    l->root_end = l->tables_end + l->root_entries / (FAT_SECTOR / ENTRY);
    if (l->total > fs->disk.sectors || l->total > UINT32_MAX || l->root_end >= l->total)
        return FS_DAMAGED;
    fs->root_sector = (uint32_t)l->tables_end;
    fs->root_sectors = (uint32_t)(l->root_end - l->tables_end);
    fs->data = (uint32_t)l->root_end;
    fs->end = (uint32_t)l->total;
    fs->clusters = (fs->end - fs->data) / fs->cluster_sectors;
    if (fs->bits == 16 && fs->clusters < 4085)
        fs->bits = 12;
    uint32_t most = fs->bits == 12 ? 4084 : fs->bits == 16 ? 65524 : 0x0ffffff5;
    uint64_t has = (uint64_t)fs->table_sectors * FAT_SECTOR * 8 / fs->bits;
    return fs->clusters != 0 && fs->clusters <= most && has >= fs->clusters + 2ull ? FS_OK : FS_DAMAGED;
}

/* What only FAT32 has. */
static enum fs_status large_parts(struct fat *fs, const uint8_t *b)
{
    if (fs->bits != 32)
        return FS_OK;
    fs->root_cluster = get32(b + 44);
    fs->info = get16(b + 48);
    if (fs->info >= fs->table || fs->info == 0)
        fs->info = 0;
    return is_cluster(fs, fs->root_cluster) ? FS_OK : FS_DAMAGED;
}

static enum fs_status read_boot(struct fat *fs)
{
    struct layout layout;
    fs->end = 1; /* until it is known */
    TRY(disk_read(fs, 0, 1, fs->bounce));
    TRY(basics(fs, fs->bounce, &layout));
    TRY(places(fs, &layout));
    return large_parts(fs, fs->bounce);
}

enum fs_status fat_mount(struct fat *fs, const struct fat_disk *disk)
{
    memset(fs, 0, sizeof *fs);
    fs->disk = *disk;
    fs->hint = fs->seek = 2;
    fs->now = (1980 - 1980) << 25 | 1 << 21 | 1 << 16;
    fs->wrote = true; /* perhaps: the last life, if nobody but the server died */
    TRY(read_boot(fs));
    TRY(log_open(fs));
    TRY(table_count(fs));
    enum fs_status status = FS_OK;
    while (!fs->read_only && (status = fat_sync(fs)) == FS_UNFINISHED)
        continue; /* nobody waits yet */
    return status;
}
