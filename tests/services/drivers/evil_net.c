/* An interface's driver that lies: frames come that never came, with lengths that are none, into buffers that send; others are never answered. It
   forges answers, and dies. */
#define init honest_init
#define notified honest_notified
#include "virtio_net/server.c"
#undef init
#undef notified
#include "liar.h"

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

static void act(void)
{
    switch (draw() % 64) {
    case 0: scribble(rings, FRAME_ANSWERS, FRAME_REGION); break;
    case 1: eat(&requests); break;
    case 2: flood(&answers, FRAME_BUFFERS, FRAME_BUFFER); break;
    case 3: misdo(); break;
    case 4:
        for (unsigned left = SIGNALS; left > 0; left--)
            microkit_notify(STACK);
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
