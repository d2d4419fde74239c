/* user/services/ring/ring.h between two threads, under ThreadSanitizer: all that is put arrives, in its order and whole, whoever sleeps is
   woken, and no access races with another. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "ring/ring.h"
#include "test.h"

enum { SIZE = 64, LAST = 40000 };

static struct {
    struct ring ring;
    struct ring_entry entry[SIZE];
} shared;

static int signals[2]; /* as notifications: to the consumer, to the producer */
static unsigned waits[2];

static void wait_for(struct ring_end *e, uint32_t count, bool produces)
{
    uint64_t times;
    if (!ring_sleep(e, count))
        return;
    waits[produces]++;
    CHECK_NUMBER("a signal", read(signals[produces], &times, 8), 8);
}

static void publish(struct ring_end *e, bool produces)
{
    const uint64_t once = 1;
    if (ring_publish(e))
        CHECK_NUMBER("signal", write(signals[!produces], &once, 8), 8);
}

static struct ring_end put, get;

static void *produce(void *unused)
{
    struct ring_entry e = {.id = 1};
    while (e.id <= LAST) {
        unsigned batch = 1 + (unsigned)(e.id * 2654435761u >> 28) % SIZE;
        while (batch-- > 0 && e.id <= LAST) {
            e.a = e.id ^ 0x55;
            e.d = ~e.id;
            if (!ring_put(&put, &e))
                break;
            e.id++;
        }
        publish(&put, true);
        if (ring_ready(&put) == 0)
            wait_for(&put, 1 + (uint32_t)e.id % SIZE, true);
    }
    return unused;
}

static void consume(void)
{
    struct ring_entry e;
    for (uint64_t next = 1; next <= LAST;) {
        while (ring_get(&get, &e)) {
            CHECK(e.id == next && e.a == (next ^ 0x55) && e.d == ~next);
            next++;
            if (next % 5 == 0)
                publish(&get, false);
        }
        publish(&get, false);
        if (next <= LAST)
            wait_for(&get, 1, false);
        if (next % 3 == 0)
            sched_yield();
    }
}

static void all_arrives(void)
{
    pthread_t thread;
    ring_start(&put, &shared.ring, SIZE, true);
    ring_start(&get, &shared.ring, SIZE, false);
    ring_accept(&put);
    CHECK((signals[0] = eventfd(0, 0)) >= 0 && (signals[1] = eventfd(0, 0)) >= 0);
    CHECK(pthread_create(&thread, NULL, produce, NULL) == 0);
    consume();
    pthread_join(thread, NULL);
    CHECK(waits[0] + waits[1] > 20);
    CHECK(shared.ring.producer.index == LAST && shared.ring.consumer.index == LAST);
}

int main(void)
{
    test_run("ring/stress", all_arrives);
    return test_end();
}
