/* What does a wall between two components cost? The same web server in so many protection domains (inside/domains.py), instructions for each
   packet of a request. */
#include "network.h"
#include "operations.h"

#define WORD_OF(number) #number
#define WORD(number) WORD_OF(number)

enum { FEW = 100 };

static bool tax(const struct benchmark *self, uint64_t *ticks)
{
    uint32_t packets;
    bool good = network_request(self, ticks, &packets);
    if (good)
        *ticks /= packets;
    return good;
}

const struct benchmark sdk_benchmarks[] = {
    {.id = "isolation.tax/" WORD(DOMAINS),
     .cross = true,
     .prepare = network_prepare,
     .sample = tax,
     .samples_max = FEW},
};
const size_t sdk_benchmark_count = 1;
