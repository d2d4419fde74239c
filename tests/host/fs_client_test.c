/* user/services/fs/client.c, after a client that died before it said what it had put, and with a server that dies. */
#include "fs/client.h"

#include <stdlib.h>
#include <string.h>
#include "test.h"

static _Alignas(64) uint8_t rings[FS_REGION];
static char data[FS_DATA_REGION];
static struct ring_end asked, answers; /* the server's */
static struct fs_client client;
static unsigned told;
static bool dies;   /* the client, before it signals */
static bool begins; /* the server, before it takes anything */

static void server_starts(void)
{
    ring_start(&asked, (struct ring *)(void *)rings, FS_RING, false);
    ring_start(&answers, (struct ring *)(void *)(rings + FS_ANSWERS), FS_RING, true);
}

static void signal_it(void)
{
    told += !dies;
}

/* The server's turn. It sleeps until it is told, and answers what it finds. */
static void wait_for_it(void)
{
    struct ring_entry e = {0};
    if (told == 0) {
        printf("not ok the server sleeps, and nobody has told it of what was asked\n");
        exit(1);
    }
    told = 0;
    if (begins) {
        begins = false;
        server_starts();
    }
    ring_accept(&asked);
    ring_accept(&answers);
    while (ring_get(&asked, &e)) {
        e.status = FS_OK;
        CHECK(ring_put(&answers, &e));
    }
    ring_publish(&asked);
    ring_publish(&answers);
    ring_sleep(&asked, 1);
}

static void both_start(void)
{
    memset(rings, 0, sizeof rings);
    told = 0;
    begins = dies = false;
    server_starts();
    CHECK(ring_sleep(&asked, 1));
}

/* The request of a life that ended before it said so has crossed what the server asked for: none of the next life's does. */
static void follows_a_silent_death(void)
{
    const struct ring_entry request = {.id = 7, .op = FS_SYNC};
    both_start();
    dies = true;
    fs_connect(&client, rings, data, signal_it, wait_for_it);
    CHECK(ring_put(&client.requests, &request) && ring_publish(&client.requests));
    dies = false;
    fs_connect(&client, rings, data, signal_it, wait_for_it);
    CHECK_NUMBER("status", fs_sync(&client), FS_OK);
}

/* A new life of the server has none of the old one's requests; the next is answered. */
static void the_server_begins_anew(void)
{
    both_start();
    fs_connect(&client, rings, data, signal_it, wait_for_it);
    CHECK_NUMBER("status", fs_sync(&client), FS_OK);
    begins = true;
    CHECK_NUMBER("with a server that dies", fs_sync(&client), FS_RESTARTED);
    CHECK_NUMBER("afterwards", fs_sync(&client), FS_OK);
}

/* What the server has begun for a life that is over it ends in memory that the next one leaves alone. */
static void begins_with_other_memory(void)
{
    struct ring_entry begun = {0};
    const struct ring_entry request = {.id = 7, .op = FS_READ, .length = FS_BUFFER};
    both_start();
    fs_connect(&client, rings, data, signal_it, wait_for_it);
    const char *before = client.data;
    CHECK_NUMBER("its first", fs_sync(&client), FS_OK);
    CHECK(ring_put(&client.requests, &request) && ring_publish(&client.requests) && ring_get(&asked, &begun));
    for (unsigned life = 1; life < FS_BUFFERS; life++) {
        fs_connect(&client, rings, data, signal_it, wait_for_it);
        CHECK(client.data != before && client.data + FS_BUFFER <= data + sizeof data);
        CHECK(client.data == data + (size_t)client.buffer * FS_BUFFER);
    }
}

int main(void)
{
    test_run("fs client/follows a silent death", follows_a_silent_death);
    test_run("fs client/the server begins anew", the_server_begins_anew);
    test_run("fs client/begins with other memory", begins_with_other_memory);
    return test_end();
}
