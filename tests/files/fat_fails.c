/* Devices that fail once, and such as say something else when they are asked again, while a cluster is taken or a size is stored: FAT16 with
   one sector a cluster. What the failures leave in the image is for fsck.fat. */
#include <string.h>
#include "../../user/services/fat/own.h"
#include "../host/test.h"
#include "disk.h"
#include "whole.h"

enum {
    FILLER = 300 * FAT_SECTOR
}; /* what is free has its entries in another sector of the table than cluster 2 */

static struct disk disk;
static struct fat_disk functions;
static struct fat fs;

static uint32_t open_file(const char *path)
{
    uint32_t node = 0;
    CHECK_NUMBER(path, WHOLE(fat_open(&fs, path, (uint32_t)strlen(path), FS_WRITABLE | FS_CREATE, &node)),
                 FS_OK);
    return node;
}

static void fill(void)
{
    static uint8_t bytes[FILLER];
    uint32_t node = open_file("filler"), length = FILLER;
    CHECK_NUMBER("the filler", WHOLE((length = FILLER, fat_write(&fs, node, 0, bytes, &length))), FS_OK);
    fat_close(&fs, node);
}

static enum fs_status write_word(uint32_t node)
{
    uint32_t length = 4;
    return WHOLE((length = 4, fat_write(&fs, node, 0, "word", &length)));
}

/* The first write of an empty file fails, for the entry of a cluster that it looks at cannot be read; the second is as if it were the
   first. */
static void write_twice(const char *path, uint32_t cluster)
{
    uint32_t node = open_file(path), value = 0;
    sectors_forget(&fs, fs.table, fs.table_sectors);
    disk.broken = fs.table + cluster * 2 / FAT_SECTOR;
    CHECK_NUMBER("the first write", write_word(node), FS_IO);
    CHECK(!fs.dead);
    CHECK_NUMBER("its cluster", fs.node[node].first, 0);
    disk.broken = 0;
    CHECK_NUMBER("the second write", write_word(node), FS_OK);
    CHECK_NUMBER("its entry", table_get(&fs, fs.node[node].first, &value), FS_OK);
    CHECK_NUMBER("what the entry says", value, FAT_END);
    fat_close(&fs, node);
    CHECK_NUMBER("the sync", WHOLE(fat_sync(&fs)), FS_OK);
}

static void first_cluster(void)
{
    CHECK_NUMBER("the mount", fat_mount(&fs, &functions), FS_OK);
    fill();
    open_file("makes room known");
    CHECK_NUMBER("the sync", WHOLE(fat_sync(&fs)), FS_OK);
    CHECK(fs.hint > FAT_SECTOR / 2 && fs.spots != 0);
    write_twice("behind the last", fs.hint);
    fs.hint = 2; /* it is in use */
    write_twice("elsewhere", fs.spot[0]);
}

/* Nothing but the entry in its folder would be changed, and that cannot be read: the file is as long as it was. */
static void entry_not_stored(void)
{
    uint32_t node = open_file("stored"), length = 4;
    CHECK_NUMBER("the first write", write_word(node), FS_OK);
    CHECK_NUMBER("the sync", WHOLE(fat_sync(&fs)), FS_OK);
    sectors_forget(&fs, 0, fs.end);
    disk.broken = fs.node[node].place.sector;
    CHECK_NUMBER("a write behind it", fat_write(&fs, node, 4, "more", &length), FS_IO);
    CHECK_NUMBER("its size", fs.node[node].size, 4);
    CHECK_NUMBER("shorter", fat_truncate(&fs, node, 2), FS_IO);
    CHECK_NUMBER("its size", fs.node[node].size, 4);
    disk.broken = 0;
    CHECK(!fs.dead);
    fat_close(&fs, node);
}

/* All is taken but two clusters, and the table said three when it was counted. */
static struct disk lying;

static void mount_lying(uint32_t one, uint32_t other)
{
    struct fat_disk of_it;
    disk_copy(&lying, &disk);
    lying.most = disk.most;
    uint8_t *table = lying.bytes + (size_t)fs.table * FAT_SECTOR;
    for (uint32_t n = 2; n < fs.clusters + 2; n++)
        if (get16(table + 2 * n) == 0 || n == one || n == other)
            put16(table + 2 * n, n == one || n == other ? 0 : 0xffff);
    of_it = disk_functions(&lying);
    CHECK_NUMBER("the mount", fat_mount(&fs, &of_it), FS_OK);
    CHECK_NUMBER("what is free", fs.free, 2);
    fs.free = 3;
}

static void search_ends(void)
{
    unsigned parts = 0;
    mount_lying(1000, 3000);
    for (enum fs_status status = FS_UNFINISHED; status == FS_UNFINISHED && parts < 10; parts++)
        status = spots_find(&fs, FAT_SPOTS);
    CHECK(parts < 10);
    CHECK_NUMBER("spots", fs.spots, 2);
}

/* What was free when it was looked for is not any more. */
static void spot_is_stale(void)
{
    uint32_t cluster = 0;
    CHECK(fs.spot[0] == 1000 && fs.spot[1] == 3000);
    CHECK_NUMBER("another takes it", table_set(&fs, 1000, 17), FS_OK);
    CHECK_NUMBER("the other spot", cluster_new(&fs, 0, &cluster), FS_OK);
    CHECK_NUMBER("its cluster", cluster, 3000);
    CHECK_NUMBER("none is left", cluster_new(&fs, 0, &cluster), FS_NO_SPACE);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    disk_load(&disk, argv[1]);
    disk.most = 1u << 20;
    functions = disk_functions(&disk);
    test_run("a table that cannot be read once", first_cluster);
    test_run("an entry that cannot be stored", entry_not_stored);
    test_run("a search for what is not there", search_ends);
    test_run("a spot that is not free any more", spot_is_stale);
    disk_save(&disk, argv[1]);
    return test_end();
}
