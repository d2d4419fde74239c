/* Starts each child again when it crashes, unless it does so too often. */
#include <baton/timer.h>
#include "denied/denied.h"
#include "keeper/protocol.h"
#include "log/protocol.h"
#include "names.h"

enum { LOG = 61, MOST_RESTARTS = 32 };
static const seL4_Word START = 0x200000; /* where microkit.ld puts the first instruction */

const char *names, *policy; /* where the description maps them */
const struct service_clock *clock;
struct text_ring *log_page;

static struct child {
    char name[64]; /* empty: there is no such child */
    bool dead;
    unsigned lives, most, next;         /* at most so many restarts, */
    seL4_Word milliseconds;             /* in so long a time: */
    seL4_Word restarted[MOST_RESTARTS]; /* the times of the last, in turn */
} children[MICROKIT_MAX_CHANNELS];
static struct log log;

static bool same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

/* The first line of the policy that has the child's name, or a * for the rest: "NAME RESTARTS MILLISECONDS". */
static void policy_read(struct child *c)
{
    for (const char *at = policy; *at != 0;) {
        char name[64];
        names_word(&at, name);
        unsigned most = names_number(&at), milliseconds = names_number(&at);
        if (!same(name, c->name) && !same(name, "*"))
            continue;
        c->most = most < MOST_RESTARTS ? most : MOST_RESTARTS;
        c->milliseconds = milliseconds;
        return;
    }
}

void init(void)
{
    log_start(&log, log_page, LOG);
    for (const char *at = names; *at != 0;) {
        struct child *c = &children[names_number(&at) % MICROKIT_MAX_CHANNELS];
        names_word(&at, c->name);
        c->lives = 1;
        policy_read(c);
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}

/* Is the oldest of the last `most` restarts long enough ago? */
static bool may_restart(struct child *c)
{
    seL4_Word now = baton_timer_now();
    if (c->most == 0)
        return false;
    bool may = c->lives <= c->most || now - c->restarted[c->next] > c->milliseconds * 1000 * clock->mhz;
    if (may)
        c->restarted[c->next] = now;
    c->next = (c->next + may) % c->most;
    return may;
}

static void died(microkit_child id)
{
    struct child *c = &children[id];
    if (may_restart(c)) {
        c->lives++;
        microkit_pd_restart(id, START);
        return;
    }
    c->dead = true;
    microkit_pd_stop(id);
    log_print(&log, "%s stays dead: it died %u times in %lu ms", c->name, c->most + 1, c->milliseconds);
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)reply_msginfo;
    bool page = microkit_msginfo_get_label(msginfo) == seL4_Fault_VMFault;
    log_print(&log, "%s: %s at %#lx, in its life %u", children[child].name, page ? "page fault" : "fault",
              microkit_mr_get(page ? seL4_VMFault_IP : 0), children[child].lives);
    died(child);
    return seL4_False;
}

static microkit_msginfo find(void)
{
    char name[65] = {0};
    for (unsigned i = 0; i < 64; i++)
        name[i] = (char)(microkit_mr_get((seL4_Uint8)(i / 8)) >> i % 8 * 8);
    for (unsigned i = 0; i < MICROKIT_MAX_CHANNELS; i++)
        if (name[0] != 0 && same(children[i].name, name)) {
            microkit_mr_set(0, i);
            return microkit_msginfo_new(SERVICE_OK, 1);
        }
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

static microkit_msginfo refused(microkit_channel ch, seL4_Word label, seL4_Word count, seL4_Word id)
{
    bool known = (label == KEEPER_KILL || label == KEEPER_LIVES) && count == 1;
    denied_number(ch, ch, known ? DENIED_NOTHING : DENIED_SENSE,
                  !known                 ? "call"
                  : label == KEEPER_KILL ? "kill child"
                                         : "ask about child",
                  known ? id : label);
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word label = microkit_msginfo_get_label(msginfo), count = microkit_msginfo_get_count(msginfo);
    seL4_Word id = microkit_mr_get(0);
    if (label == KEEPER_FIND && count == 8)
        return find();
    if (count != 1 || id >= MICROKIT_MAX_CHANNELS || children[id].name[0] == 0)
        return refused(ch, label, count, id);
    if (label == KEEPER_LIVES) {
        microkit_mr_set(0, children[id].lives);
        microkit_mr_set(1, !children[id].dead);
        return microkit_msginfo_new(SERVICE_OK, 2);
    }
    if (label != KEEPER_KILL || children[id].dead)
        return refused(ch, label, count, id);
    died((microkit_child)id);
    return microkit_msginfo_new(SERVICE_OK, 0);
}
