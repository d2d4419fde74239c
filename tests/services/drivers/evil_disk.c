/* A disk's driver that lies: what was asked it does at other sectors, the other way round, twice or never; it forges answers, and dies. */
#define init honest_init
#define notified honest_notified
#include "virtio_blk/server.c"
#undef init
#undef notified
#include "board.h"
#include "liar.h"

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

static void act(void)
{
    switch (draw() % 64) {
    case 0: scribble(rings, BLK_ANSWERS, BLK_REGION); break;
    case 1: eat(&requests); break;
    case 2: flood(&answers, 32, BLK_DATA); break;
    case 3: misdo(); break;
    case 4:
        for (unsigned left = SIGNALS; left > 0; left--)
            microkit_notify(VIRTUALISER);
        break;
    case 5:
        if (draw() % 2 == 0)
            __builtin_trap();
        break;
    default: break;
    }
}

void init(void)
{
    honest_init();
    random_state = requests.life * 0x9e3779b97f4a7c15ul | 1;
    lies = !*truce;
}

void notified(microkit_channel ch)
{
    for (uint64_t left = lies ? draw() % ACTS : 0; left > 0; left--)
        act();
    if (!lies || draw() % 8 != 0)
        honest_notified(ch);
}
