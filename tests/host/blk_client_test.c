/* user/services/blk/client.c, with a virtualiser that dies as often as it likes before it takes anything. */
#include "blk/client.h"

#include <stdlib.h>
#include "test.h"

enum { DEATHS = 3 * BLK_RING, WAITS_MOST = 4 * BLK_RING };

static _Alignas(64) uint8_t rings[BLK_REGION];
static struct ring_end asked, answers; /* the virtualiser's */
static struct blk_client client;
static unsigned deaths, waits, signals_due, answered;

static void virtualiser_starts(void)
{
    ring_start(&asked, (struct ring *)(void *)rings, BLK_RING, false);
    ring_start(&answers, (struct ring *)(void *)(rings + BLK_ANSWERS), BLK_RING, true);
    signals_due++;
}

static void signal_it(void)
{
}

/* It answers what it finds. Whether the client is signalled follows from what that asked for, as for any other. */
static void serve(void)
{
    struct ring_entry e = {0};
    ring_accept(&asked);
    ring_accept(&answers);
    while (ring_get(&asked, &e)) {
        e.status = BLK_OK;
        e.a = 1234;
        answered += ring_put(&answers, &e);
    }
    signals_due += ring_publish(&asked);
    signals_due += ring_publish(&answers);
}

/* The client sleeps: the virtualiser's turn. */
static void wait(void)
{
    signals_due = 0;
    if (deaths > 0) {
        deaths--;
        virtualiser_starts();
    } else {
        serve();
    }
    if (signals_due == 0 || ++waits == WAITS_MOST) {
        printf("not ok the client waits for ever\n");
        exit(1);
    }
}

/* What it has put for each of these lives fills the ring. The last life drops that; then there is room to ask again, and the client is told. */
static void dies_often(void)
{
    uint64_t size = 0;
    virtualiser_starts();
    blk_connect(&client, rings, NULL, signal_it, wait);
    deaths = DEATHS;
    CHECK_NUMBER("status", blk_ask(&client, BLK_SIZE, 0, 0, &size), BLK_OK);
    CHECK_NUMBER("size", size, 1234);
    CHECK_NUMBER("answered", answered, 1);
    CHECK_NUMBER("once more", blk_ask(&client, BLK_SIZE, 0, 0, &size), BLK_OK);
}

int main(void)
{
    test_run("blk client/virtualiser dies often", dies_often);
    return test_end();
}
