/* With trace=on, what the kernel records is a module of the root task, which nobody can write (tests/system/trace_test.py boots so). */
#include "frame/conform.h"
#include "trace.h"

enum { MARK = 0x7ace, EMPTY_SLOT = 0xffff };

static const struct bootinfo_module *module(void)
{
    return module_find(boot_info, "trace");
}

/* Is that a record, and this the one behind it? */
static bool recorded(struct trace_record first, struct trace_record then)
{
    const volatile struct trace_record *ring = (const volatile struct trace_record *)module()->vaddr;
    for (unsigned i = 0; i < TRACE_SIZE; i++) {
        const volatile struct trace_record *r = &ring[i], *next = &ring[(i + 1) % TRACE_SIZE];
        if (r->event == first.event && r->a == first.a && r->b == first.b && next->event == then.event &&
            next->b == then.b && next->time >= r->time)
            return true;
    }
    return false;
}

static void is_there_when_it_is_on(void)
{
    EXPECT((module() != NULL) == (boot_info->trace != 0));
}

static void tells_of_calls(void)
{
    struct trace_record call = {.event = TRACE_SYSCALL, .a = SYS_DEBUG_PUTCHAR, .b = cap_at(EMPTY_SLOT)};
    struct trace_record refused = {.event = TRACE_REFUSED, .b = (uint64_t)ERR_BAD_CAP};
    EXPECT(!recorded(call, refused));
    EXPECT_IS(syscall2(SYS_DEBUG_PUTCHAR, call.b, MARK), ERR_BAD_CAP);
    EXPECT(recorded(call, refused));
}

static void can_only_be_read(void)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t copy = temp_copy(module()->first_slot, RIGHT_ALL);
    EXPECT_IS(module()->size, 1u << TRACE_BITS);
    EXPECT_IS(module()->frames, (1u << TRACE_BITS) / 4096);
    EXPECT_IS(memory_map(cap_at(copy), cap_at(CAP_SELF_SPACE), temp_page(), RIGHT_READ | RIGHT_WRITE),
              ERR_NO_RIGHT);
    EXPECT_IS(cap_copy(self, temp_slot(), self, module()->first_slot, RIGHT_ALL), 0);
}

static const struct test always[] = {{"is_there_when_it_is_on", is_there_when_it_is_on}};
static const struct test list[] = {{"tells_of_calls", tells_of_calls}, {"can_only_be_read", can_only_be_read}};

CASE_SET(776, debug_trace_cases)
{
    CASES("debug/trace", always);
    cases_need(boot_info->trace != 0, "the trace is off");
    CASES("debug/trace", list);
}
