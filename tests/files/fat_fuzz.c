/* fat_fuzz RUNS IMAGE...: each run changes bytes of an image where they matter, mounts it and uses it: an answer, never a crash, an endless loop or
   a write outside of the disk. Prints "ok", or what the sanitizer says and the run's seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../host/random.h"
#include "../host/test.h"
#include "../../user/services/fat/own.h"
#include "disk.h"
#include "whole.h"

enum { IMAGES = 8, REQUESTS = 400000, ENTRIES = 400 };

static struct disk image[IMAGES], copy[IMAGES];
static struct fat fs, sound[IMAGES];
static unsigned images, runs;
static unsigned counts[FS_STATUS_COUNT + 1];
static uint8_t bytes[20000];

static enum fs_status counted(enum fs_status status)
{
    counts[status < FS_STATUS_COUNT ? status : FS_STATUS_COUNT]++;
    return status;
}

#define note(call) counted(WHOLE(call))

/* Numbers that are at the edge of something. */
static uint32_t odd_number(void)
{
    static const uint32_t odd[] = {0,     1,      2,      0x7f,   0x80,       0xff,       0xff7,     0xff8,
                                   0xfff, 0x7fff, 0xfff7, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    return random_below(3) ? odd[random_below(sizeof odd / sizeof *odd)] : (uint32_t)random_next();
}

/* The first sector, the tables, the folders and the log, more often than the rest: what the sound volume has there says where. */
static uint32_t place(const struct fat *of)
{
    switch (random_below(6)) {
    case 0: return 11 + random_below(60);
    case 1: return of->table * FAT_SECTOR + random_below(256);
    case 2: return of->table * FAT_SECTOR + random_below(of->table_sectors * FAT_SECTOR);
    case 3: return (of->root_cluster ? of->data : of->root_sector) * FAT_SECTOR + random_below(4096);
    case 4: return of->log * FAT_SECTOR + random_below(1600);
    default: return random_below(of->end * FAT_SECTOR - 4);
    }
}

/* One header of the log gets a checksum that is right: then what it says is believed. */
static void seal(struct disk *disk, const struct fat *of)
{
    uint32_t at = (of->log + random_below(2)) * FAT_SECTOR, number = disk->bytes[at + 16] % (FAT_LOG + 1);
    uint8_t two[2] = {(uint8_t)number, 0};
    disk_put(disk, at + 16, two, 2);
    uint32_t crc = crc32(0, disk->bytes + at + 12, FAT_SECTOR - 12);
    for (uint32_t i = 0; i < number && of->log + 2 + i < of->end; i++)
        crc = crc32(crc, disk->bytes + (size_t)(of->log + 2 + i) * FAT_SECTOR, FAT_SECTOR);
    disk_put(disk, at + 8, &crc, 4);
}

static void damage(struct disk *disk, const struct fat *of)
{
    disk->liar = random_below(4) ? 0 : place(of) / FAT_SECTOR;
    disk->truths = random_below(4);
    disk->lie = random_below(FAT_SECTOR - 1);
    for (unsigned n = 1 + random_below(8); n > 0; n--) {
        uint32_t value = odd_number();
        disk_put(disk, place(of), &value, 1u << random_below(3));
    }
    if (random_below(8) == 0)
        seal(disk, of);
}

static void use_file(const char *path, uint32_t length)
{
    uint32_t node, size = random_below(sizeof bytes);
    if (note(fat_open(&fs, path, length, random_below(2) ? FS_WRITABLE : 0, &node)) != FS_OK)
        return;
    note(fat_read(&fs, node, random_below(4) ? 0 : odd_number(), bytes, &size));
    size = random_below(3000);
    uint64_t offset = random_below(30000);
    if (random_below(3) == 0)
        note(fat_write(&fs, node, offset, bytes, &size));
    offset = random_below(2) ? 0 : random_below(80000);
    if (random_below(4) == 0)
        note(fat_truncate(&fs, node, offset));
    fat_close(&fs, node);
}

/* What lies in a folder, and in those in it as far as a path goes. */
static void use_folder(const char *path, uint32_t length, unsigned *left)
{
    uint32_t node;
    uint64_t at = 0;
    struct fs_entry entry;
    if (note(fat_open(&fs, path, length, 0, &node)) != FS_OK)
        return;
    for (char name[FS_NAME], inside[FS_PATH];
         *left > 0 && note(fat_list(&fs, node, &at, &entry, name)) == FS_OK; --*left) {
        uint32_t whole = length + entry.name_length + 1;
        if (entry.name_length > FS_NAME || whole > FS_PATH)
            continue;
        memcpy(inside, path, length);
        memcpy(inside + length + (length > 0), name, entry.name_length);
        if (length > 0)
            inside[length] = '/';
        else
            whole--;
        if (entry.flags & FS_FOLDER)
            use_folder(inside, whole, left);
        else
            use_file(inside, whole);
    }
    fat_close(&fs, node);
}

static const char *const names[] = {
    "a new file of some length.txt", "SHORT.TXT", "sub/another", "sub", "first.txt", "x", "sub/\xc3\xa4"};

static void change_names(void)
{
    for (unsigned i = 0; i < 4; i++) {
        const char *a = names[random_below(7)], *b = names[random_below(7)];
        uint32_t node;
        switch (random_below(4)) {
        case 0: note(fat_mkdir(&fs, a, (uint32_t)strlen(a))); break;
        case 1: note(fat_remove(&fs, a, (uint32_t)strlen(a))); break;
        case 2: note(fat_rename(&fs, a, (uint32_t)strlen(a), b, (uint32_t)strlen(b), random_below(2))); break;
        default:
            if (note(fat_open(&fs, a, (uint32_t)strlen(a), FS_CREATE, &node)) == FS_OK)
                fat_close(&fs, node);
        }
    }
}

static void run(unsigned number)
{
    struct disk *disk = &copy[number % images];
    struct fat_disk functions = disk_functions(disk);
    unsigned left = ENTRIES;
    disk_undo(disk, &image[number % images]);
    damage(disk, &sound[number % images]);
    disk->requests = 0;
    if (note(fat_mount(&fs, &functions)) != FS_OK)
        return;
    use_folder("", 0, &left);
    change_names();
    note(fat_sync(&fs));
    if (random_below(4) > 0)
        return; /* another image tells more than all of this one again */
    left = ENTRIES;
    use_folder("", 0, &left);
}

/* The first mount makes the log: it is a part of what is damaged later. */
static void load(const char *path)
{
    struct fat_disk functions = disk_functions(&image[images]);
    disk_load(&image[images], path);
    functions.sectors = image[images].sectors;
    if (fat_mount(&sound[images], &functions) != FS_OK)
        exit(2);
    disk_copy(&copy[images], &image[images]);
    copy[images].most = REQUESTS;
    copy[images++].records = true;
}

static void fuzz(void)
{
    for (unsigned i = 0; i < runs; i++)
        run(i);
    CHECK(counts[FS_STATUS_COUNT] == 0);
    CHECK(counts[FS_DAMAGED] > runs / 100 && counts[FS_OK] > runs);
    printf("# %u runs:", runs);
#define SAY(name, text) printf(" %s %u", #name, counts[FS_##name]);
    FS_STATUSES(SAY)
    printf("\n");
}

/* A device that says something else of its log's header when it is asked again: what is used must be what was checked. */
static void second_reading(void)
{
    for (unsigned i = 0; i < images; i++)
        for (unsigned n = 0; n < 2 * 5 * 16; n++) {
            struct fat_disk functions = disk_functions(&copy[i]);
            disk_undo(&copy[i], &image[i]);
            copy[i].requests = 0;
            copy[i].liar = sound[i].log + n % 2;
            copy[i].truths = n / 2 % 5;
            copy[i].lie = n / 10 * 2;
            CHECK_NUMBER("a mount", fat_mount(&fs, &functions), FS_OK);
        }
}

int main(int argc, char **argv)
{
    random_seed();
    runs = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    for (int i = 2; i < argc && images < IMAGES; i++)
        load(argv[i]);
    test_run("second reading", second_reading);
    test_run("fuzz", fuzz);
    return test_end();
}
