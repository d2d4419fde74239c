/* Disks: two rings (ring/ring.h) of requests and answers. A client's buffers are one region, of which it names sectors, never memory: the virtualiser
   knows where it lies. A request is a ring_entry: id, op, and as the table says; the answer has its id, its op and a status. At most BLK_RING may wait
   for an answer: what finds no room in the ring of answers is lost. */
#ifndef SERVICES_BLK_PROTOCOL_H
#define SERVICES_BLK_PROTOCOL_H

#include <stdint.h>

enum {
    BLK_RING = 64,       /* entries of each ring */
    BLK_REGION = 0x4000, /* of the rings: requests at 0, answers at BLK_ANSWERS */
    BLK_ANSWERS = 0x2000,
    BLK_SECTOR = 512,
    BLK_DATA = 0x10000 /* a client's region of data */
};

enum blk_op {
    BLK_READ = 1,  /* a first sector, b how many, buffer: the sector of the region of data where they go */
    BLK_WRITE = 2, /* the same */
    BLK_FLUSH = 3, /* what was written and answered before is safe */
    BLK_SIZE = 4   /* the answer's a: how many sectors there are */
};

enum blk_status {
    BLK_OK,
    BLK_OUTSIDE, /* no such sector, of the disk or of the region */
    BLK_FAILED,  /* the device could not */
    BLK_UNKNOWN, /* no such operation */
    BLK_SILENT /* the device did not answer for so long that it was reset; whether it was done, nobody knows */
};

/* From virtualiser to driver the same, and in c the physical address. */

#endif
