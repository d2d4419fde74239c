/* What the kernel records with trace=on, in words; who uses the CPU by it; and what it has refused by an error code. The kernel writes on while
   this is read: a record counts if it stands as it was before and after it is copied, and nothing is older than what stands behind it. */
#include <stdlib.h>
#include <string.h>
#include "baton/traced.h"
#include "baton/trace.h"
#include "shell.h"

enum { MOST = 256, USUAL = 24, REFUSED_MOST = 32, MICROSECOND = 1000000, SHARE = 1000, SLOT_BITS = 5 };
enum { NOBODY = TRACED_MOST, PROGRAMS, OTHERS, WHO_COUNT }; /* behind the owners */
enum {
    BAD_CAP = 1,
    WRONG_TYPE = 2,
    NO_RIGHT = 3,
    BAD_PRIORITY = 13,
    ERRORS = 32,
    CALLS = 256
}; /* errors: negated */
#define IMAGE_AT 0xffffffff80000000ull /* of the kernel's own objects: that which runs when nobody else does is one */

const struct traced *traced; /* where the description maps it; NULL: nowhere */

static struct trace_record copied[MOST];

static bool is_on(void)
{
    return traced && __atomic_load_n(&traced->head.id, __ATOMIC_RELAXED) == TRACED_ID;
}

bool trace_missing(const char *what)
{
    if (!is_on())
        say("%s: the kernel records nothing: boot with the word trace=on\n", what);
    return !is_on();
}

static const volatile struct trace_record *ring(void)
{
    return (const volatile struct trace_record *)((const char *)traced + TRACED_RING);
}

/* False: there is nothing yet, or something else by now. */
static bool take(unsigned at, struct trace_record *r)
{
    const volatile struct trace_record *from = &ring()[at % TRACE_SIZE];
    *r = (struct trace_record){from->time, from->a, from->b, from->event};
    return r->time != 0 && r->time == from->time && r->event < TRACE_EVENT_COUNT;
}

static unsigned newest(void)
{
    unsigned found = 0;
    for (unsigned i = 1; i < TRACE_SIZE; i++)
        if (ring()[i].time > ring()[found].time)
            found = i;
    return found;
}

/* The last ones into copied, the oldest first: how many. */
static unsigned copy_last(unsigned most)
{
    unsigned last = newest(), count = 0;
    uint64_t before = UINT64_MAX;
    struct trace_record *end = &copied[MOST], *r = end;
    while (count < most && take(last - count + TRACE_SIZE, r - 1) && r[-1].time < before) {
        before = (--r)->time;
        count++;
    }
    memmove(copied, r, count * sizeof *r);
    return count;
}

/* ---- names */

static unsigned who(uint64_t thread)
{
    uint64_t at = thread & TRACED_ADDRESS;
    if (thread >= IMAGE_AT)
        return NOBODY;
    for (unsigned i = 0; i < traced->head.owners && i < TRACED_MOST; i++)
        if (at - traced->owner[i].start < traced->owner[i].bytes)
            return traced->owner[i].bytes > TRACED_THREAD ? PROGRAMS : i;
    return OTHERS;
}

static const char *name_of(unsigned number)
{
    return number < TRACED_MOST ? traced->owner[number].name
           : number == NOBODY   ? "nobody"
           : number == PROGRAMS ? "a program"
                                : "another";
}

/* In small letters. */
static const char *small(const char *name, char text[32])
{
    unsigned i = 0;
    for (; name && name[i] != 0 && i < 31; i++)
        text[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i]);
    text[i] = 0;
    return text;
}

static const char *call_name(uint64_t number, char text[32])
{
    static const char *const names[CALLS] = {
#define CALL(n, name) [n] = #name,
#define ERROR(n, name)
#include "baton/words.def"
#undef CALL
    };
    return number < CALLS && names[number] ? small(names[number], text) : "a call that does not exist";
}

static const char *error_name(uint64_t error)
{
    static const char *const names[ERRORS] = {
#define CALL(n, name)
#undef ERROR
#define ERROR(n, name) [n] = "ERR_" #name,
#include "baton/words.def"
    };
    return 0 - error < ERRORS && names[0 - error] ? names[0 - error] : "an error";
}

/* ---- trace */

/* Who runs before the first record: who is named by the first switch. */
static uint64_t first_runs(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (copied[i].event == TRACE_SWITCH)
            return copied[i].a;
    return 0;
}

static void say_record(const struct trace_record *r, uint64_t runs)
{
#define NAME(name, doc) #name,
    static const char *const names[] = {TRACE_EVENTS(NAME)};
    char text[32];
    const char *by = runs ? name_of(who(runs)) : "somebody";
    switch (r->event) {
    case TRACE_SYSCALL: say("%s: %s 0x%lx\n", by, call_name(r->a, text), r->b); break;
    case TRACE_SWITCH: say("%s, then %s\n", name_of(who(r->a)), name_of(who(r->b))); break;
    case TRACE_REPLY: say("%s answers %s\n", name_of(who(r->a)), name_of(who(r->b))); break;
    case TRACE_REFUSED: say("%s: %s\n", name_of(who(r->a)), error_name(r->b)); break;
    case TRACE_IRQ: say("interrupt 0x%lx, while %s runs\n", r->a, by); break;
    default: say("%s: (%s 0x%lx 0x%lx)\n", by, small(names[r->event], text), r->a, r->b); break;
    }
}

void trace_show(int words, char **word)
{
    unsigned long most = words > 1 ? strtoul(word[1], NULL, 10) : USUAL;
    if (!login_may(PROC_SYSTEM, "trace") || trace_missing("trace"))
        return;
    unsigned count = copy_last(most > 0 && most < MOST ? (unsigned)most : MOST);
    uint64_t runs = first_runs(count), hz = traced->head.tsc_hz;
    for (unsigned i = 0; i < count; i++) {
        uint64_t ns = (copied[count - 1].time - copied[i].time) * 1000 / (hz / MICROSECOND);
        say("-%lu.%03lu us ", ns / 1000, ns % 1000);
        say_record(&copied[i], runs);
        if (copied[i].event == TRACE_SWITCH)
            runs = copied[i].b;
    }
}

/* ---- for top: the time between switches. What was overwritten before it was seen counts for nobody. */

static uint64_t used[WHO_COUNT], seen;

void trace_begin(void)
{
    memset(used, 0, sizeof used);
    seen = 0;
}

void trace_look(void)
{
    struct trace_record r;
    unsigned last = is_on() ? newest() : 0;
    uint64_t to = is_on() ? ring()[last].time : 0, from = seen;
    bool begun = false, known = false;
    for (unsigned i = 1; i <= TRACE_SIZE && to != 0; i++) {
        if (!take(last + i, &r) || r.time > to)
            continue; /* written meanwhile */
        known |= r.time != 0 && r.time <= seen;
        if (r.time <= seen)
            continue;
        if (!begun && !known)
            from = r.time; /* there were others before, which are gone */
        begun = true;
        if (r.event != TRACE_SWITCH)
            continue;
        used[who(r.a)] += r.time - from;
        from = r.time;
    }
    seen = from > seen ? from : seen;
}

bool trace_shares(void)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < WHO_COUNT; i++)
        all += used[i];
    for (unsigned i = 0; i < WHO_COUNT && all != 0; i++) {
        uint64_t share = used[i] / (all / SHARE + 1);
        if (share > 0)
            say("%5lu.%lu       %s\n", share / 10, share % 10,
                i == PROGRAMS ? "programs"
                : i == NOBODY ? "nothing to do"
                              : name_of(i));
    }
    return all != 0;
}

/* ---- for denied: who asked the kernel for what it has no capability, or no right to. */

static bool is_denial(const struct trace_record *r)
{
    uint64_t error = 0 - r->b;
    return r->event == TRACE_REFUSED &&
           (error == BAD_CAP || error == WRONG_TYPE || error == NO_RIGHT || error == BAD_PRIORITY);
}

void trace_refused(void)
{
    struct trace_record call, refused;
    static struct {
        uint64_t thread, call, of, error, times;
    } found[REFUSED_MOST];
    unsigned last = is_on() ? newest() : 0, count = 0, j;
    for (unsigned i = 1; i < TRACE_SIZE && is_on() && count < REFUSED_MOST; i++) {
        if (!take(last + i, &call) || !take(last + i + 1, &refused) || call.event != TRACE_SYSCALL ||
            call.time > refused.time || !is_denial(&refused))
            continue; /* or one was written over meanwhile */
        for (j = 0; j < count && (found[j].thread != refused.a || found[j].call != call.a ||
                                  found[j].of != call.b || found[j].error != refused.b);)
            j++;
        if (j == count) {
            memset(&found[count++], 0, sizeof *found);
            found[j].thread = refused.a, found[j].call = call.a, found[j].of = call.b,
            found[j].error = refused.b;
        }
        found[j].times++;
    }
    for (j = 0; j < count; j++) {
        char text[32];
        say("%s to the kernel: %s of slot %lu: %s, %lu times\n", name_of(who(found[j].thread)),
            call_name(found[j].call, text), found[j].of >> SLOT_BITS, error_name(found[j].error),
            found[j].times);
    }
}
