/* What does a component pay for a protected call, a notification, a batch through a ring, and for starting a child again? All of it
   through libmicrokit, as components do it; what serves lives in other address spaces, and is more urgent. */
#include "operations.h"
#include "region.h"
#include "seen.h"

enum { SERVER, WORDS, BOTH, LISTENER, CONSUMER }; /* channels */
enum { CHILD = 0, ENTRY = 0x200000, LABEL = 0x5a };

static uint64_t number; /* of the sample */

static bool prepare(const struct benchmark *self)
{
    (void)self;
    return true;
}

static bool is(const struct benchmark *self, const char *what, uint64_t found, uint64_t wanted)
{
    if (found != wanted)
        BENCH_ERROR("%s: %s is %lx, not %lx", self->id, what, found, wanted);
    return found == wanted;
}

static void fill(unsigned words)
{
    number++;
    for (unsigned i = 0; i < words; i++)
        microkit_mr_set((seL4_Uint8)i, number * UINT64_C(0x9e3779b97f4a7c15) ^ i);
}

static bool came_back(const struct benchmark *self, microkit_msginfo answer, unsigned words)
{
    bool good = is(self, "the answer's label", microkit_msginfo_get_label(answer), LABEL + 1) &&
                is(self, "the answer's count", microkit_msginfo_get_count(answer), words);
    for (unsigned i = 0; good && i < words; i++)
        good = is(self, "a word of the answer", microkit_mr_get((seL4_Uint8)i),
                  (number * UINT64_C(0x9e3779b97f4a7c15) ^ i) + (i == 0));
    return good;
}

/* How many words there are is known to the compiler, as it mostly is. */
#define PPCALL(words, channel)                                                                                 \
    static bool ppcall_##words(const struct benchmark *self, uint64_t *ticks)                                  \
    {                                                                                                          \
        fill(words);                                                                                           \
        REGION_BEGIN();                                                                                        \
        microkit_msginfo answer = microkit_ppcall(channel, microkit_msginfo_new(LABEL, words));                \
        REGION_END();                                                                                          \
        *ticks = shot_ticks();                                                                                 \
        return came_back(self, answer, words);                                                                 \
    }
PPCALL(0, SERVER)
PPCALL(1, WORDS)
PPCALL(4, WORDS)
PPCALL(8, WORDS)
PPCALL(64, WORDS)

#define NOTIFY(name, channel)                                                                                  \
    static bool notify_##name(const struct benchmark *self, uint64_t *ticks)                                   \
    {                                                                                                          \
        uint64_t before = SEEN->notified;                                                                      \
        REGION_BEGIN();                                                                                        \
        microkit_notify(channel);                                                                              \
        REGION_END();                                                                                          \
        *ticks = shot_ticks();                                                                                 \
        return is(self, "the count of notifications", SEEN->notified, before + 1);                             \
    }
NOTIFY(plain, LISTENER)
NOTIFY(bound, BOTH)

static struct ring_end ring;

/* The consumer began first. */
static bool prepare_ring(const struct benchmark *self)
{
    (void)self;
    ring_start(&ring, RING, RING_NUMBERS, true);
    return true;
}

/* So many numbers, then the signal that the consumer wants: it has taken all when it returns. */
#define RING_OF(count)                                                                                         \
    static bool ring_##count(const struct benchmark *self, uint64_t *ticks)                                    \
    {                                                                                                          \
        uint64_t before = SEEN->sum;                                                                           \
        REGION_BEGIN();                                                                                        \
        seL4_Word next = numbers_put(&ring, 1, (count));                                                       \
        if (ring_publish(&ring))                                                                               \
            microkit_notify(CONSUMER);                                                                         \
        REGION_END();                                                                                          \
        *ticks = shot_ticks();                                                                                 \
        return is(self, "what went into the ring", next, (count) + 1) &&                                       \
               is(self, "the consumer's sum", SEEN->sum, before + (count) * ((count) + 1) / 2);                \
    }
RING_OF(1)
RING_OF(32)

static bool restart(const struct benchmark *self, uint64_t *ticks)
{
    uint64_t before = SEEN->started;
    REGION_BEGIN();
    microkit_pd_restart(CHILD, ENTRY);
    REGION_END();
    *ticks = shot_ticks();
    return is(self, "the count of starts", SEEN->started, before + 1);
}

#define SDK_WITH(name, function, begin)                                                                        \
    {                                                                                                          \
        .id = "sdk." name, .boot = BOOT_FAST, .cross = true, .prepare = begin, .sample = function              \
    }
#define SDK(name, function) SDK_WITH(name, function, prepare)
#define SDK_RING(name, function) SDK_WITH(name, function, prepare_ring)
const struct benchmark sdk_benchmarks[] = {
    SDK("ppcall/0w", ppcall_0),        SDK("ppcall/1w", ppcall_1),   SDK("ppcall/4w", ppcall_4),
    SDK("ppcall/8w", ppcall_8),        SDK("ppcall/64w", ppcall_64), SDK("notify/plain", notify_plain),
    SDK("notify/bound", notify_bound), SDK_RING("ring/1", ring_1),   SDK_RING("ring/32", ring_32),
    SDK("restart", restart),
};
const size_t sdk_benchmark_count = sizeof sdk_benchmarks / sizeof sdk_benchmarks[0];
