/* Asks the keeper about its children, and for what there is not. */
#include <baton/timer.h>
#include "draw.h"
#include "keeper/protocol.h"
#include "log/protocol.h"

enum { KEEPER = 0, LOG = 1, TIMER = 2, CRASHER = 4, FLOOD = 100000 };
struct text_ring *page;
const struct service_clock *clock;
static struct log log;

static void lives(const char *name)
{
    seL4_Word child = 99, count = 0;
    bool runs = true;
    if (keeper_find(KEEPER, name, &child) && keeper_lives(KEEPER, child, &count, &runs))
        log_print(&log, "%s: child %lu, life %lu, %s", name, child, count, runs ? "runs" : "dead");
    else
        log_print(&log, "%s: no such child", name);
}

static bool bad(seL4_Word label, seL4_Uint16 count, seL4_Word word)
{
    microkit_mr_set(0, word);
    return microkit_msginfo_get_label(microkit_ppcall(KEEPER, microkit_msginfo_new(label, count))) ==
           SERVICE_BAD;
}

/* Whether the answer to a message of random words is what the protocol says. Nobody is to die, so who may be killed is not. */
static bool right(void)
{
    static const seL4_Word children[] = {1, 2, 3, 60};
    seL4_Word label = draw() % 8 != 0 ? draw() % 5 : near(4), word = draw() % 2 != 0 ? draw() % 64 : near(62);
    seL4_Uint16 count = (seL4_Uint16)(draw() % 2 != 0 ? 1 : draw() % 10);
    bool known = false;
    for (unsigned i = 0; i < sizeof children / sizeof *children; i++)
        known |= children[i] == word;
    if (label == KEEPER_KILL && count == 1 && known)
        return true;
    for (seL4_Uint8 i = 1; i < 8; i++)
        microkit_mr_set(i, draw() << 16 | draw());
    return bad(label, count, word) == !(label == KEEPER_LIVES && count == 1 && known);
}

static void flood(void)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < FLOOD; i++)
        wrong += !right();
    log_print(&log, "of %d messages %u were answered wrongly", FLOOD, wrong);
}

void init(void)
{
    log_start(&log, page, LOG);
    lives("crasher");
    lives("nobody");
    lives("");
    log_print(&log, "refused: %d %d %d %d %d %d", bad(KEEPER_KILL, 0, 1), bad(KEEPER_KILL, 1, 0),
              bad(KEEPER_KILL, 1, 62), bad(KEEPER_KILL, 1, ~0ul), bad(0, 1, 1), bad(KEEPER_KILL, 1, 3));
    flood();
    bool answers = microkit_msginfo_get_label(microkit_ppcall(CRASHER, microkit_msginfo_new(5, 0))) !=
                   BATON_LABEL_NO_ANSWER;
    log_print(&log, "the crasher %s", answers ? "answers" : "does not answer");
    baton_timer_set(TIMER, baton_timer_now() + clock->mhz * 100000ul);
}

void notified(microkit_channel ch)
{
    if (ch == TIMER)
        lives("hiccup");
}
