/* An interface's driver that lies: frames come that never came, with lengths that are none, into buffers that send; others are never answered. It
   forges answers, and dies. */
#define init honest_init
#define notified honest_notified
#include "virtio_net/server.c"
#undef init
#undef notified
#include "liar.h"

static const struct lies its = {FRAME_ANSWERS, FRAME_REGION, FRAME_BUFFERS, FRAME_BUFFER, STACK};

static void misdo(void)
{
    struct ring_entry e = {0};
    if (!works || !ring_get(&requests, &e))
        return;
    e.op = (uint16_t)near(FRAME_RECEIVE + 1);
    e.buffer = (uint32_t)near(FRAME_BUFFERS);
    e.length = (uint32_t)near(FRAME_MOST);
    take(&e);
}
