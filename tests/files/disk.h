/* A disk in memory that remembers every write, so that what a cut would have left can be made. */
#ifndef FILES_DISK_H
#define FILES_DISK_H

#include <stddef.h>
#include "../../user/services/fat/fat.h"

/* One sector, as it was written; `flushes`: how many flushes came before. */
struct written {
    uint32_t sector;
    unsigned flushes;
    uint8_t bytes[FAT_SECTOR];
};

struct disk {
    uint8_t *bytes;
    uint32_t sectors;
    bool records;
    unsigned flushes;
    struct written *log;
    size_t count, room;
    unsigned long long requests, most; /* beyond so many it ends the program: an endless loop */
    uint32_t broken;                   /* a sector that cannot be read; 0: none */
    uint32_t liar;        /* a sector of which two bytes are others when it has been read so often; 0: none */
    unsigned truths, lie; /* lie: where these lie in it */
};

void disk_load(struct disk *disk, const char *path);
void disk_save(const struct disk *disk, const char *path);
void disk_copy(struct disk *to, const struct disk *from); /* contents only */
/* Some bytes are others from now on; and everything that was written is again as it was. */
void disk_put(struct disk *disk, uint32_t at, const void *bytes, uint32_t count);
void disk_undo(struct disk *disk, const struct disk *before);
void disk_free(struct disk *disk);
struct fat_disk disk_functions(struct disk *disk);
/* What is left of `from`'s first `count` writes on `to`, which has what was there before them: all of them, or of those that no
   flush followed, only some, as random_next() wills. */
void disk_cut(struct disk *to, const struct disk *from, size_t count, bool in_order);

#endif
