/* user/services/blk/client.c, with a virtualiser that dies as often as it likes before it takes anything, and after
   a client that died before it said what it had put. */
#include "blk/client.h"

#include <stdlib.h>
#include <string.h>
#include "test.h"

enum { DEATHS = 3 * BLK_RING, WAITS_MOST = 4 * BLK_RING };

static _Alignas(64) uint8_t rings[BLK_REGION];
static struct ring_end asked, answers; /* the virtualiser's */
static struct blk_client client;
static unsigned deaths, waits, signals_due, answered, told;
static bool dies; /* the client, before it signals */
static uint16_t says = BLK_OK;

static void virtualiser_starts(void)
{
    ring_start(&asked, (struct ring *)(void *)rings, BLK_RING, false);
    ring_start(&answers, (struct ring *)(void *)(rings + BLK_ANSWERS), BLK_RING, true);
    signals_due++;
}

static void signal_it(void)
{
    told += !dies;
}

/* It answers what it finds. Whether the client is signalled follows from what that asked for, as for any other. */
static void serve(void)
{
    struct ring_entry e = {0};
    ring_accept(&asked);
    ring_accept(&answers);
    while (ring_get(&asked, &e)) {
        e.status = says;
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

/* What it has put for each of these lives fills the ring. The last life drops that; then there is room to ask again,
   and the client is told. */
static void dies_often(void)
{
    uint64_t size = 0;
    answered = 0;
    virtualiser_starts();
    blk_connect(&client, rings, NULL, signal_it, wait);
    deaths = DEATHS;
    CHECK_NUMBER("status", blk_ask(&client, BLK_SIZE, 0, 0, &size), BLK_OK);
    CHECK_NUMBER("size", size, 1234);
    CHECK_NUMBER("answered", answered, 1);
    CHECK_NUMBER("once more", blk_ask(&client, BLK_SIZE, 0, 0, &size), BLK_OK);
}

/* The virtualiser sleeps until it is told. */
static void wait_for_one_that_sleeps(void)
{
    if (told == 0) {
        printf("not ok the virtualiser sleeps, and nobody has told it of what was asked\n");
        exit(1);
    }
    told = 0;
    serve();
    ring_sleep(&asked, 1);
}

/* The request of a life that ended before it said so has crossed what the virtualiser asked for: none of the next life's does. */
static void follows_a_silent_death(void)
{
    const struct ring_entry request = {.id = 7, .op = BLK_SIZE};
    memset(rings, 0, sizeof rings);
    virtualiser_starts();
    CHECK(ring_sleep(&asked, 1));
    dies = true;
    blk_connect(&client, rings, NULL, signal_it, wait);
    CHECK(ring_put(&client.requests, &request) && ring_publish(&client.requests));
    dies = false;
    uint64_t size = 0;
    blk_connect(&client, rings, NULL, signal_it, wait_for_one_that_sleeps);
    CHECK_NUMBER("status", blk_ask(&client, BLK_SIZE, 0, 0, &size), BLK_OK);
    CHECK_NUMBER("size", size, 1234);
}

/* Each status arrives as what it is, and what is none as a failure. */
static void what_is_answered(void)
{
    memset(rings, 0, sizeof rings);
    virtualiser_starts();
    blk_connect(&client, rings, NULL, signal_it, wait);
    for (unsigned status = 0; status <= UINT16_MAX; status = status < 300 ? status + 1 : status * 2 + 1) {
        says = (uint16_t)status, waits = 0;
        CHECK_NUMBER("status", blk_ask(&client, BLK_FLUSH, 0, 0, NULL),
                     status <= BLK_SILENT ? status : BLK_FAILED);
    }
    says = BLK_OK;
}

int main(void)
{
    test_run("blk client/follows a silent death", follows_a_silent_death);
    test_run("blk client/virtualiser dies often", dies_often);
    test_run("blk client/what is answered", what_is_answered);
    return test_end();
}
