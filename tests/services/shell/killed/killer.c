/* Kills children of the keeper at random moments, as often and by the seed that the kernel's command line says: "seed=1 kills=300".
   With "victim=3" always that one. */
#include <baton/timer.h>
#include <stdlib.h>
#include <string.h>
#include "keeper/protocol.h"

enum { KEEPER = 0, TIMER = 1, VICTIMS = 8, SPREAD = 2000000 /* ticks */, BEGIN = 100000000 };

const seL4_BootInfoHeader *words; /* the page with the kernel's command line */
static seL4_Word state, kills, victims = VICTIMS, first;

static seL4_Word number(const char *word)
{
    const char *at = strstr((const char *)(words + 1), word);
    return at ? strtoul(at + strlen(word), NULL, 10) : 0;
}

static seL4_Word next(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 0x2545f4914f6cdd1dul) >> 20;
}

void init(void)
{
    state = number("seed=") * 2 + 1;
    kills = number("kills=");
    if (strstr((const char *)(words + 1), "victim=")) {
        victims = 1;
        first = number("victim=");
    }
    baton_timer_set(TIMER, baton_timer_now() + BEGIN);
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (kills-- == 0) {
        microkit_dbg_puts("\nkilled enough\n");
        return;
    }
    if (!keeper_kill(KEEPER, first + next() % victims))
        microkit_dbg_puts("\nnobody was killed\n");
    baton_timer_set(TIMER, baton_timer_now() + 1 + next() % SPREAD);
}
