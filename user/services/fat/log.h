/* What the log looks like on the disk, for the two files that deal with it. */
#ifndef SERVICES_FAT_LOG_H
#define SERVICES_FAT_LOG_H

#include "own.h"

/* Two headers, one of which tells the truth: the one with the higher sequence, if it and what it speaks of have the right checksum.
   A transaction writes the other one, so while it is being written the last one is still there, with its list of chains to free.
   Images of sectors follow; each has a number and a checksum of what was there before. */
enum { LOG_HEADERS = 2 };
enum {
    AT_MAGIC = 0,
    AT_CRC = 8,
    AT_SEQUENCE = 12,
    AT_COUNT = 16,
    AT_PENDING_COUNT = 18,
    AT_ROOM = 20,
    AT_NUMBER = 22, /* which of the two it is */
    AT_SECTORS = 24,
    AT_PENDING = AT_SECTORS + 8 * FAT_LOG
};
_Static_assert(AT_PENDING + 4 * FAT_PENDING <= FAT_SECTOR,
               "the header is one sector, which is written whole or not");
extern const char log_magic[8];

/* Into header number fs->log_header. Says that the log has so many images, those of the transaction; 0: nothing is left to do. */
enum fs_status log_write_header(struct fat *fs, uint32_t count);
/* Writes the transaction where it belongs. pre: its log is on the disk. */
enum fs_status log_finish(struct fat *fs);
/* There is no transaction any more. contents: what it changed in memory is no longer true. */
void log_forget(struct fat *fs, bool contents);

#endif
