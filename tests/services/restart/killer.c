/* Kills one of the services at random moments: as often, and by the seed, that the kernel's command line says, "seed=1 kills=400"; with
   "victim=3" always that child of the keeper, else one of the first four. From a kill to the next are at most "spread=60000" ticks; with "halves=5" of
   that, its half, ... its sixteenth: so some lives end while they begin, and some are long enough to do something. */
#include <baton/timer.h>
#include "draw.h"
#include "keeper/protocol.h"
#include "store.h"

enum { KEEPER = 0, TIMER = 1, VICTIMS = 4, SPREAD = 60000 /* ticks */ };

/* The page with the kernel's command line. */
struct words {
    seL4_BootInfoHeader header;
    char text[240];
};
const struct words *words;
volatile struct score *score;
static const uint64_t ANY = ~0ul;
static uint64_t kills, victim, spread, halves;

/* The number behind a word, or another one. */
static uint64_t number(const char *word, uint64_t otherwise)
{
    for (const char *at = words->text; *at != 0; at++) {
        unsigned i = 0;
        while (word[i] != 0 && at[i] == word[i])
            i++;
        if (word[i] != 0)
            continue;
        otherwise = 0;
        for (at += i; *at >= '0' && *at <= '9'; at++)
            otherwise = otherwise * 10 + (uint64_t)(*at - '0');
        break;
    }
    return otherwise;
}

static uint64_t next(void)
{
    return draw() >> 4;
}

static void again(void)
{
    baton_timer_set(TIMER, baton_timer_now() + 1 + next() % (spread >> next() % halves));
}

void init(void)
{
    draw_state = number("seed=", 1) * 2 + 1;
    kills = number("kills=", 400);
    victim = number("victim=", ANY);
    spread = number("spread=", SPREAD);
    halves = number("halves=", 1);
    baton_timer_set(TIMER, baton_timer_now() + 3000000); /* when all have started */
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (score->kills < kills) {
        score->refused += !keeper_kill(KEEPER, victim != ANY ? victim : next() % VICTIMS);
        score->kills++;
        again();
    } else {
        score->done = 1;
    }
}
