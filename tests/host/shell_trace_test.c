/* user/services/shell/trace.c, with records that are made up: whom the kernel refused what, and who had the CPU. */
#include <stdarg.h>
#include <stdio.h>
#include "shell/trace.c"
#include "test.h"

enum { SIGNAL = 5, SLOT = 300, ASKER = 0x1000, OTHER = 0x2000, ROOM = 4096 };

static struct {
    union {
        struct traced owners;
        char page[TRACED_RING];
    };
    struct trace_record ring[TRACE_SIZE];
} memory;
static uint64_t now;
static unsigned written;
static char said[ROOM];

void say(const char *format, ...)
{
    size_t used = strlen(said);
    va_list ap;
    va_start(ap, format);
    vsnprintf(said + used, ROOM - used, format, ap);
    va_end(ap);
}

bool login_may(uint64_t right, const char *what)
{
    (void)right, (void)what;
    return true;
}

static void record(uint64_t after, enum trace_event event, uint64_t a, uint64_t b)
{
    now += after;
    memory.ring[written++ % TRACE_SIZE] = (struct trace_record){.time = now, .a = a, .b = b, .event = event};
}

static void begin(void)
{
    memset(&memory, 0, sizeof memory);
    traced = &memory.owners;
    memory.owners.head = (struct traced_head){.id = TRACED_ID, .tsc_hz = 1000000000, .owners = 2};
    memory.owners.owner[0] = (struct traced_owner){ASKER, TRACED_THREAD, "asker"};
    memory.owners.owner[1] = (struct traced_owner){OTHER, TRACED_THREAD, "other"};
    now = written = 0;
    said[0] = 0;
}

static void asks(uint64_t thread, uint64_t slot, uint64_t error)
{
    record(1, TRACE_SYSCALL, SIGNAL, slot << SLOT_BITS);
    if (error != 0)
        record(1, TRACE_REFUSED, thread, 0 - error);
}

static void who_was_refused(void)
{
    begin();
    asks(ASKER, SLOT, BAD_CAP);
    asks(OTHER, 1, 0);
    asks(OTHER, 1, 4); /* a mistake, no denial */
    asks(ASKER, SLOT, BAD_CAP);
    trace_refused();
    CHECK_STRING("said", said, "asker to the kernel: signal of slot 300: ERR_BAD_CAP, 2 times\n");
}

static void what_is_gone_is_not_said(void)
{
    begin();
    asks(ASKER, SLOT, BAD_CAP);
    for (unsigned i = 0; i < TRACE_SIZE; i++)
        asks(OTHER, 1, 0);
    trace_refused();
    CHECK_STRING("said", said, "");
}

static void shares(void)
{
    begin();
    trace_begin();
    record(1, TRACE_SWITCH, ASKER, OTHER);
    record(300000000, TRACE_SWITCH, OTHER, ASKER);
    trace_look();
    record(100000000, TRACE_SWITCH, ASKER, OTHER);
    trace_look();
    CHECK(trace_shares());
    CHECK_STRING("said", said, "   24.9       asker\n   74.9       other\n");
}

static void a_gap_is_nobodys(void)
{
    begin();
    trace_begin();
    record(1, TRACE_SWITCH, ASKER, OTHER);
    trace_look();
    now += 1000000; /* of which all records are gone */
    for (unsigned i = 0; i < TRACE_SIZE; i++)
        record(1, TRACE_SWITCH, i % 2 ? ASKER : OTHER, i % 2 ? OTHER : ASKER);
    trace_look();
    CHECK(used[0] + used[1] < 2 * TRACE_SIZE);
}

int main(void)
{
    test_run("shell/trace who was refused", who_was_refused);
    test_run("shell/trace what is gone is not said", what_is_gone_is_not_said);
    test_run("shell/trace shares", shares);
    test_run("shell/trace a gap is nobody's", a_gap_is_nobodys);
    return test_end();
}
