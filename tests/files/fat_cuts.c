/* A cut at every write: a script of operations on a copy of IMAGE, then for each write what a cut right after it leaves, mounted again.
   The tree must be one that was there after an operation since the last sync that was answered. Writes that no flush followed are left out by
   chance, too, and the recovery is cut as well. What fsck.fat would look at of each state goes to a file in FOLDER, each once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../host/random.h"
#include "../host/test.h"
#include "disk.h"
#include "model.h"
#include "whole.h"

enum { STEPS_MOST = 200 };

struct state {
    uint64_t number; /* of the tree after the operation */
    size_t writes;   /* how many were done then */
    bool synced;
};

static struct disk disk, empty;
static struct fat fs;
static struct model model;
static struct state state[STEPS_MOST];
static unsigned states, rounds;
static const char *folder;

static void step(const char *failed, bool synced)
{
    if (failed && test_fails())
        snprintf(test_state.why, sizeof test_state.why, "operation %u: %s", states, failed);
    state[states++] = (struct state){model_number(&model), disk.count, synced};
}

static void sync_all(void)
{
    step(WHOLE(fat_sync(&fs)) == FS_OK ? NULL : "sync", true);
}

/* A file that gets much longer does so by parts, each an operation. */
static void grow(const char *path, uint32_t size)
{
    for (uint32_t now = model_size(&model, path); now < size;) {
        now = size - now > FAT_GROWTH ? now + FAT_GROWTH : size;
        step(part_truncate(&model, &fs, path, now, size), false);
    }
}

/* A file that is made and written: two operations, and zeros before what is written are a third. */
static void put(const char *path, uint32_t offset, uint32_t length, unsigned seed)
{
    step(both_write(&model, &fs, path, 0, 0, seed), false);
    if (offset > model_size(&model, path))
        step(both_truncate(&model, &fs, path, offset), false);
    step(both_write(&model, &fs, path, offset, length, seed), false);
}

static const char long_name[] =
    "sub/A name so long that it needs more than one sector of the folder, because each entry of "
    "thirty-two bytes holds thirteen of its letters, and this one goes on and on until "
    "there are more than two hundred of them.txt";

/* Every kind of operation, alone in its transaction and with others. */
static void script(void)
{
    put("first.txt", 0, 1300, 1);
    sync_all();
    step(both_mkdir(&model, &fs, "sub"), false);
    put("sub/One of them.txt", 0, 5000, 2);
    sync_all();
    put("first.txt", 1300, 4000, 3); /* longer */
    put(long_name, 0, 700, 4);
    sync_all();
    step(both_rename(&model, &fs, "sub/One of them.txt", "Elsewhere.txt"), false);
    sync_all();
    put("new.txt", 0, 2500, 5);
    step(both_rename(&model, &fs, "new.txt", "first.txt"), false); /* in the place of another */
    sync_all();
    step(both_truncate(&model, &fs, "Elsewhere.txt", 600), false);
    step(both_truncate(&model, &fs, "Elsewhere.txt", 3000), false);
    sync_all();
    step(both_mkdir(&model, &fs, "sub/inner"), false);
    put("sub/inner/deep", 0, 10, 6);
    step(both_rename(&model, &fs, "sub/inner", "outer"), false); /* a folder with another parent */
    sync_all();
    for (unsigned i = 0; i < 14; i++) { /* more chains than can wait to be freed, and a folder that grows */
        char path[64];
        snprintf(path, sizeof path, "sub/Number %u of many files", i);
        put(path, 0, 100 + 600 * (i % 3), 10 + i);
    }
    sync_all();
    for (unsigned i = 0; i < 14; i++) {
        char path[64];
        snprintf(path, sizeof path, "sub/Number %u of many files", i);
        step(both_remove(&model, &fs, path), false);
    }
    put("after.bin", 0, 20000, 30); /* where they were */
    sync_all();
    step(both_remove(&model, &fs, "outer/deep"), false);
    step(both_remove(&model, &fs, "outer"), false);
    put("gap", 3000, 10, 31);
    sync_all();
    grow("gap", 2 * FAT_GROWTH + 700);
    put("gap", 2 * FAT_GROWTH + 700, 10, 32);
    sync_all();
}

/* The states that may be there after a cut behind so many writes: since the last sync that had been answered. */
static bool allowed(uint64_t number, size_t writes)
{
    unsigned last = 0;
    for (unsigned i = 0; i < states; i++)
        if (state[i].synced && state[i].writes <= writes)
            last = i;
    for (unsigned i = last; i < states; i++) {
        if (state[i].number == number)
            return true;
        if (state[i].writes > writes) /* the operation that was cut */
            return false;
    }
    return false;
}

/* Clusters that are free or bad hold nothing that fsck.fat looks at: without them many states are the same. */
static void without_unused(struct disk *copy, const struct fat *of)
{
    const uint8_t *table = copy->bytes + (size_t)of->table * FAT_SECTOR;
    for (uint32_t c = 2; c < of->clusters + 2; c++) {
        uint32_t at = c * of->bits / 8, value = (uint32_t)(table[at] | table[at + 1] << 8);
        if (of->bits == 12)
            value = c % 2 ? value >> 4 : value & 0xfff;
        if (of->bits == 32)
            value |= (uint32_t)(table[at + 2] | table[at + 3] << 8) << 16;
        uint32_t bad = of->bits == 12 ? 0xff7 : of->bits == 16 ? 0xfff7 : 0x0ffffff7;
        if (value == 0 || value == bad)
            memset(copy->bytes + ((size_t)of->data + (size_t)(c - 2) * of->cluster_sectors) * FAT_SECTOR, 0,
                   (size_t)of->cluster_sectors * FAT_SECTOR);
    }
}

static uint64_t hash(const struct disk *d)
{
    uint64_t number = 0;
    for (size_t i = 0; i < (size_t)d->sectors * FAT_SECTOR; i += 8) {
        uint64_t word;
        memcpy(&word, d->bytes + i, 8);
        number = (number ^ word) * 0x9e3779b97f4a7c15ull;
        number ^= number >> 29;
    }
    return number;
}

/* A file for fsck.fat, if none of the same contents is there. */
static void keep(const struct disk *d, const char *kind)
{
    static struct disk copy;
    char path[FS_PATH];
    disk_copy(&copy, d);
    without_unused(&copy, &fs);
    snprintf(path, sizeof path, "%s/%s-%016llx", folder, kind, (unsigned long long)hash(&copy));
    FILE *there = fopen(path, "rb");
    if (there)
        fclose(there);
    else
        disk_save(&copy, path);
}

static void check(struct disk *d, size_t writes, const char *what)
{
    static struct fat again;
    struct fat_disk functions = disk_functions(d);
    enum fs_status status = fat_mount(&again, &functions);
    uint64_t number = status == FS_OK ? tree_number(&again, &status) : 0;
    if ((status != FS_OK || !allowed(number, writes)) && test_fails())
        snprintf(test_state.why, sizeof test_state.why, "%s after write %zu of %zu: %s", what, writes,
                 disk.count,
                 status ? "it cannot be read" : "the tree is none that was there since the last sync");
    keep(d, "mounted");
}

/* The recovery is cut, too, and begins again. */
static void check_twice(struct disk *d, size_t writes)
{
    static struct fat again;
    static struct disk before;
    disk_copy(&before, d);
    d->records = true;
    d->count = d->flushes = 0;
    struct fat_disk functions = disk_functions(d);
    fat_mount(&again, &functions);
    d->records = false;
    if (d->count > 0)
        disk_cut(&before, d, random_below((unsigned)d->count), random_below(2));
    check(&before, writes, "a cut, and one of the recovery,");
}

/* Not the power goes but the server dies: the disk still has all, but has not flushed. A cut of the recovery may then lose of both. */
static void check_killed(struct disk *d, size_t writes)
{
    static struct fat again;
    static struct disk before;
    disk_copy(&before, &empty);
    d->records = true;
    d->count = 0;
    for (size_t i = 0; i < writes; i++)
        disk_put(d, disk.log[i].sector * FAT_SECTOR, disk.log[i].bytes, FAT_SECTOR);
    for (size_t i = 0; i < writes; i++)
        d->log[i].flushes = disk.log[i].flushes;
    d->flushes = writes > 0 ? disk.log[writes - 1].flushes : 0;
    struct fat_disk functions = disk_functions(d);
    fat_mount(&again, &functions);
    d->records = false;
    disk_cut(&before, d, writes + random_below((unsigned)(d->count - writes) + 1), false);
    check(&before, writes, "the server's death, and a cut of the recovery,");
}

/* A sector that another system has changed since the cut stays as that left it. */
static void check_foreign(struct disk *d)
{
    static struct fat again;
    const uint8_t *log = d->bytes + (size_t)fs.log * FAT_SECTOR;
    for (unsigned number = 0; number < 2; number++, log += FAT_SECTOR) {
        unsigned images = log[16];
        if (images == 0 || images > FAT_LOG)
            continue;
        uint32_t sector;
        memcpy(&sector, log + 24 + 8 * (images - 1), 4);
        uint8_t *byte = d->bytes + (size_t)sector * FAT_SECTOR + 24;
        uint8_t changed = *byte ^= 0x55;
        struct fat_disk functions = disk_functions(d);
        fat_mount(&again, &functions);
        CHECK_NUMBER("a byte that another system wrote", *byte, changed);
        return;
    }
}

static void every_cut(void)
{
    static struct disk cut;
    for (size_t n = 0; n <= disk.count; n++) {
        disk_copy(&cut, &empty);
        disk_cut(&cut, &disk, n, true);
        keep(&cut, "raw");
        check_foreign(&cut);
        disk_copy(&cut, &empty);
        disk_cut(&cut, &disk, n, true);
        check(&cut, n, "a cut");
        disk_copy(&cut, &empty);
        check_killed(&cut, n);
        for (unsigned i = 0; i < rounds; i++) {
            disk_copy(&cut, &empty);
            disk_cut(&cut, &disk, n, false);
            keep(&cut, "raw");
            if (i % 2)
                check(&cut, n, "a cut with writes out of order");
            else
                check_twice(&cut, n);
        }
    }
    printf("# %zu writes, %u flushes, %u operations\n", disk.count, disk.flushes, states);
}

static void operations(void)
{
    disk_copy(&disk, &empty);
    disk.records = true;
    struct fat_disk functions = disk_functions(&disk);
    CHECK(fat_mount(&fs, &functions) == FS_OK);
    step(NULL, true);
    script();
    enum fs_status status;
    CHECK(tree_number(&fs, &status) == model_number(&model) && status == FS_OK);
    disk.records = false;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    random_seed();
    disk_load(&empty, argv[1]);
    folder = argv[2];
    rounds = (unsigned)atoi(argv[3]);
    test_run("operations", operations);
    test_run("every cut", every_cut);
    return test_end();
}
