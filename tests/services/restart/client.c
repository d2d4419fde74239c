/* Works in rounds until the killer has done: writes and reads back, appends numbers to a list, sleeps, and says each round in the log. Then it looks
   at all that it has been promised. */
#include "keeper/protocol.h"
#include "log/protocol.h"
#include "store.h"
#include "timer/protocol.h"

enum { TIMER = 0, LOG = 1, STORE = 2, KEEPER = 3, DUMPER = 4, WRITES = 4, MICROSECOND = 1000 };

void *shared; /* where the description maps them */
struct text_ring *page;
const volatile struct score *score;
const volatile struct kept *kept; /* at the end it looks into what the store has kept */

static struct session session;
static struct log log;
static struct timer timer = {.service = TIMER};
static uint64_t round, appended, again, errors, clock;
static unsigned outstanding;
static enum phase { WRITING, READING, APPENDING, COUNTING, SLEEPING, DONE } phase;

static uint64_t value(uint64_t place, uint64_t of)
{
    return (place + 1) * of * 0x9e3779b97f4a7c15ul;
}

static void wrong(const char *what, uint64_t found, uint64_t wanted)
{
    errors++;
    log_print(&log, "wrong: %s is %lx, not %lx, in round %lu", what, found, wanted, round);
}

static void ask(uint16_t op, uint64_t a, uint64_t b)
{
    struct ring_entry e = {.op = op, .a = a, .b = b};
    if (session_ask(&session, &e, op != STORE_APPEND))
        outstanding++;
    else
        wrong("room", 0, 1);
}

/* What is asked next, when all that was asked is answered. */
static void go_on(void)
{
    if (phase == WRITING || phase == READING)
        for (unsigned i = 0; i < WRITES; i++)
            ask(phase == WRITING ? STORE_WRITE : STORE_READ, (round * WRITES + i) % STORE_PLACES,
                phase == WRITING ? value((round * WRITES + i) % STORE_PLACES, round) : 0);
    else if (phase == APPENDING)
        ask(STORE_APPEND, appended + 1, 0);
    else if (phase == COUNTING)
        ask(STORE_COUNT, 0, 0);
    session_send(&session);
}

static void sleep(void)
{
    uint64_t now = timer_now(&timer);
    if (now < clock)
        wrong("the time", now, clock);
    clock = now + 20 * MICROSECOND;
    if (!timer_set(&timer, clock))
        wrong("timer_set", 0, 1);
}

/* What it was told about a list that only it appends to: whether the append was done, the count says. */
static void counted(uint64_t count)
{
    if (count != appended && count != appended + 1)
        wrong("the count", count, appended);
    appended = count;
}

static void answered(const struct ring_entry *e)
{
    outstanding--;
    if (e->status == EAGAIN_RESTARTED && e->op == STORE_APPEND)
        again++;
    else if (e->status != SERVICE_OK)
        wrong("a status", e->status, SERVICE_OK);
    if (e->op == STORE_READ && e->b != value(e->a, round))
        wrong("what was read", e->b, value(e->a, round));
    if (e->op == STORE_COUNT)
        counted(e->b);
}

static void end(void)
{
    static const char *const names[] = {"timer", "serial", "log", "store"};
    seL4_Word child, lives[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        bool runs;
        if (!keeper_find(KEEPER, names[i], &child) || !keeper_lives(KEEPER, child, &lives[i], &runs) || !runs)
            wrong(names[i], 0, 1);
    }
    for (uint64_t i = 0; i < appended; i++)
        if (kept->list[i] != i + 1)
            wrong("the list", kept->list[i], i + 1);
    if (kept->count != appended)
        wrong("the list's end", kept->count, appended);
    if (score->refused != 0)
        wrong("kills refused", score->refused, 0);
    log_print(&log, "lives: timer %lu, serial %lu, log %lu, store %lu", lives[0], lives[1], lives[2], lives[3]);
    log_print(&log, "%lu rounds, %lu appended, %lu times EAGAIN_RESTARTED, %lu wrong", round, appended, again,
              errors);
    microkit_notify(DUMPER);
}

/* One round is write, read, append, count, sleep. */
static void next_phase(void)
{
    if (phase == SLEEPING) {
        log_print(&log, "round %lu", round);
        round++;
        phase = score->done ? DONE : WRITING;
        if (phase == DONE)
            end();
    } else {
        phase++;
        if (phase == APPENDING && appended >= STORE_LIST)
            phase = SLEEPING;
        if (phase == SLEEPING)
            sleep();
    }
    go_on();
}

void init(void)
{
    log_start(&log, page, LOG);
    session_start(&session, shared, STORE);
    clock = timer_now(&timer);
    go_on();
}

void notified(microkit_channel ch)
{
    struct ring_entry e;
    (void)ch;
    bool due = timer_due(&timer);
    while (session_take(&session, &e)) {
        answered(&e);
        if (outstanding == 0 && phase != SLEEPING && phase != DONE)
            next_phase();
    }
    if (due)
        next_phase();
}
