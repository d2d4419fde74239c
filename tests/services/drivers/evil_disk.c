/* A disk's driver that lies: what was asked it does at other sectors, the other way round, twice or never; it forges answers, and dies. */
#define init honest_init
#define notified honest_notified
#include "virtio_blk/server.c"
#undef init
#undef notified
#include "board.h"
#include "liar.h"

static const struct lies its = {BLK_ANSWERS, BLK_REGION, 32, BLK_DATA, VIRTUALISER};

enum { MOST = BLK_DATA / BLK_SECTOR };

/* The device would believe it, whatever sector it was: so it is one of the disk's. */
static void misdo(void)
{
    struct ring_entry e = {0};
    if (!works || !has_room() || !ring_get(&requests, &e) || e.b > MOST)
        return;
    e.a = draw() % (DISK_SECTORS - MOST);
    e.op = (uint16_t)(BLK_READ + draw() % 2);
    if (e.c != 0)
        take(&e);
}
