/* The FAT server: a disk behind it, clients before it. */
#include <microkit.h>
#include <string.h>
#include "../blk/client.h"
#include "../fs/clients.h"
#include "backend_fat.h"

enum { DISK = 0, INPUT = 1 /* the slot where it is notified */ };

void *client_rings, *client_data, *disk_rings, *disk_data;
static struct blk_client disk;
static seL4_Word pending; /* signals of others that came while it waited for the disk */

static void signal_disk(void)
{
    microkit_notify(DISK);
}

static void wait_for_disk(void)
{
    seL4_Word badge = 0;
    while ((badge & 1ull << DISK) == 0) {
        seL4_Wait(INPUT, &badge);
        pending |= badge & ~(1ull << DISK);
    }
}

static enum fs_status status_of(enum blk_status status)
{
    return status == BLK_OK ? FS_OK : FS_IO;
}

enum { MOST = BLK_DATA / BLK_SECTOR };

static enum fs_status disk_in(void *self, uint64_t sector, uint32_t count, void *to)
{
    for (uint32_t at = 0, part; at < count; at += part) {
        part = count - at < MOST ? count - at : MOST;
        enum blk_status status = blk_ask(self, BLK_READ, sector + at, part, NULL);
        if (status != BLK_OK)
            return FS_IO;
        memcpy((char *)to + (uint64_t)at * BLK_SECTOR, disk_data, (uint64_t)part * BLK_SECTOR);
    }
    return FS_OK;
}

static enum fs_status disk_out(void *self, uint64_t sector, uint32_t count, const void *from)
{
    for (uint32_t at = 0, part; at < count; at += part) {
        part = count - at < MOST ? count - at : MOST;
        memcpy(disk_data, (const char *)from + (uint64_t)at * BLK_SECTOR, (uint64_t)part * BLK_SECTOR);
        if (blk_ask(self, BLK_WRITE, sector + at, part, NULL) != BLK_OK)
            return FS_IO;
    }
    return FS_OK;
}

static enum fs_status disk_flushed(void *self)
{
    return status_of(blk_ask(self, BLK_FLUSH, 0, 0, NULL));
}

static void serve(void)
{
    bool more;
    do {
        pending = 0;
        more = fs_clients_serve();
    } while (more || pending != 0);
}

void init(void)
{
    struct fat_disk functions = {&disk, disk_in, disk_out, disk_flushed, 0};
    fs_clients_start(client_rings, client_data); /* what they ask from now on waits, and is not lost */
    blk_connect(&disk, disk_rings, disk_data, signal_disk, wait_for_disk);
    bool there = blk_ask(&disk, BLK_SIZE, 0, 0, &functions.sectors) == BLK_OK;
    fat_state = there ? fat_mount(&fat, &functions) : FS_NOT_FOUND;
    /* A line on success, whenever the disk is ready, stood in the middle of the shell's. */
    if (fat_state != FS_OK)
        microkit_dbg_puts("fat: there is no volume that can be mounted\n");
    serve();
    fs_clients_signal();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
