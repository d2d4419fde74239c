/* kernel/thread/tcb.c: the system calls on threads, and what a thread keeps of its own capabilities. */
#include "abi/handlers.h"
#include "arch/arch.h"
#include "cap/words.h"
#include "debug/debug.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/space.h"
#include "object/thread.h"
#include "thread/sched.h"
#include "world.h"

enum { CALLER = 3, OTHER = 4, SPACE = 10, EP = 11, EP_RECV = 12, CNODE = 13, SPACE_2 = 14 };

static struct tcb *caller, *other;

/* The caller runs at priority 10 with ceiling 20; another thread that has nothing yet. */
static void stock(void)
{
    world_reset();
    caller = world_caller(CALLER, 10);
    caller->ceiling = 20;
    other = world_object(OTHER, TYPE_TCB, 0);
    world_object(SPACE, TYPE_ADDRESS_SPACE, 0);
    world_object(SPACE_2, TYPE_ADDRESS_SPACE, 0);
    world_object(EP, TYPE_ENDPOINT, 0);
    derive_copy(&world[EP_RECV], &world[EP], RIGHT_RECV);
    world_object(CNODE, TYPE_CNODE, 3);
}

static long configure(unsigned tcb, unsigned cnode, unsigned space, unsigned fault, uint64_t priorities)
{
    return sys(SYS_THREAD_CONFIGURE, at(tcb), at(cnode), at(space), at(fault), priorities, 0);
}

static void refused(const char *what, long error, unsigned tcb, unsigned cnode, unsigned space, unsigned fault,
                    uint64_t priorities)
{
    check_refused(what, error, SYS_THREAD_CONFIGURE, at(tcb), at(cnode), at(space), at(fault), priorities, 0);
}

static void configure_refused(void)
{
    stock();
    refused("no TCB", ERR_WRONG_TYPE, SPACE, CNODE, SPACE, 0, 5 | 5 << 8);
    refused("nothing", ERR_BAD_CAP, 60, CNODE, SPACE, 0, 5 | 5 << 8);
    refused("no CNode", ERR_WRONG_TYPE, OTHER, EP, SPACE, 0, 5 | 5 << 8);
    refused("no CNode at all", ERR_BAD_CAP, OTHER, 60, SPACE, 0, 5 | 5 << 8);
    refused("no space", ERR_WRONG_TYPE, OTHER, CNODE, CNODE, 0, 5 | 5 << 8);
    refused("no space at all", ERR_BAD_CAP, OTHER, CNODE, 60, 0, 5 | 5 << 8);
    refused("no endpoint", ERR_WRONG_TYPE, OTHER, CNODE, SPACE, CNODE, 5 | 5 << 8);
    refused("no endpoint at all", ERR_BAD_CAP, OTHER, CNODE, SPACE, 60, 5 | 5 << 8);
    refused("fault endpoint without send", ERR_NO_RIGHT, OTHER, CNODE, SPACE, EP_RECV, 5 | 5 << 8);
    refused("more than two bytes", ERR_BAD_ARGUMENT, OTHER, CNODE, SPACE, EP, 5 | 5 << 8 | 1 << 16);
    refused("high bits", ERR_BAD_ARGUMENT, OTHER, CNODE, SPACE, EP, 5 | 5 << 8 | 1ull << 32);
    refused("ceiling above mine", ERR_BAD_PRIORITY, OTHER, CNODE, SPACE, EP, 5 | 21 << 8);
    refused("priority above ceiling", ERR_BAD_PRIORITY, OTHER, CNODE, SPACE, EP, 6 | 5 << 8);
    refused("itself", ERR_IN_USE, CALLER, CNODE, SPACE, EP, 5 | 5 << 8);
    sched_enqueue(other);
    refused("a ready thread", ERR_IN_USE, OTHER, CNODE, SPACE, EP, 5 | 5 << 8);
    sched_dequeue(other);
    other->wait = world[EP].object;
    refused("a waiting thread", ERR_IN_USE, OTHER, CNODE, SPACE, EP, 5 | 5 << 8);
    other->wait = 0;
    CHECK_NUMBER("configure", configure(OTHER, CNODE, SPACE, EP, 5 | 5 << 8), 0);
}

static void check_own(enum tcb_slot which, unsigned from)
{
    const struct slot *own = &other->slots[which], *s = &world[from];
    CHECK(slot_type(own) == slot_type(s) && own->object == s->object && own->data == s->data);
    CHECK(slot_rights(own) == slot_rights(s) && slot_prev(own) == s);
}

/* What it holds are copies; all that is cached follows; doing it again replaces. */
static void configure_works(void)
{
    stock();
    CHECK_NUMBER("configure", configure(OTHER, CNODE, SPACE, EP, 7 | 20 << 8), 0);
    check_own(TCB_CSPACE, CNODE);
    check_own(TCB_SPACE, SPACE);
    check_own(TCB_FAULT, EP);
    CHECK(other->cspace == cnode_slots(&world[CNODE]) && other->cspace_mask == 7 << SLOT_BITS);
    CHECK(other->cr3 == arch_space_cr3(&world[SPACE]));
    CHECK(other->priority == 7 && other->ceiling == 20 && other->key == 8);
    CHECK_NUMBER("again", configure(OTHER, SLOT_CNODE, SPACE_2, 0, 20 | 20 << 8), 0);
    check_own(TCB_CSPACE, SLOT_CNODE);
    check_own(TCB_SPACE, SPACE_2);
    CHECK(slot_empty(&other->slots[TCB_FAULT]) && other->cr3 == arch_space_cr3(&world[SPACE_2]));
    CHECK(other->cspace_mask == (WORLD_SLOTS - 1) << SLOT_BITS && other->key == 21);
    CHECK(slot_next(&world[EP]) == &world[EP_RECV] && !slot_next(&world[EP_RECV]) && !slot_next(&world[CNODE]));
}

/* The last capability to the old fault endpoint goes with it: a thread that waited there wakes, and may
 * preempt the caller. */
static void configure_drops_endpoint(void)
{
    stock();
    CHECK_NUMBER("configure", configure(OTHER, CNODE, SPACE, EP, 7 | 7 << 8), 0);
    struct tcb *urgent = world_thread(20, 15);
    endpoint_add_receiver(endpoint_of(world[EP].object), urgent);
    slot_delete(&world[EP_RECV]);
    slot_delete(&world[EP]);
    CHECK(urgent->wait != 0 && cpu.current == caller);
    struct tcb *was = cpu.current;
    configure(OTHER, CNODE, SPACE, 0, 7 | 7 << 8);
    CHECK(sched_ready(was) && cpu.current == urgent && (long)urgent->rax == ERR_CANCELED);
    CHECK(slot_empty(&other->slots[TCB_CSPACE])); /* nothing is filled by an entry that empties */
    tcb_stop(urgent);
    CHECK(cpu.current == was);
    CHECK_NUMBER("started again", sys_again(), 0);
    check_own(TCB_CSPACE, CNODE);
    CHECK(slot_empty(&other->slots[TCB_FAULT]));
}

static void resume_refused(void)
{
    stock();
    check_refused("no CSpace, no space", ERR_BAD_ARGUMENT, SYS_THREAD_RESUME, at(OTHER), 0, 0, 0, 0, 0);
    derive_copy(&other->slots[TCB_CSPACE], &world[CNODE], 0);
    check_refused("no space", ERR_BAD_ARGUMENT, SYS_THREAD_RESUME, at(OTHER), 0, 0, 0, 0, 0);
    derive_move(&world[50], &other->slots[TCB_CSPACE]);
    derive_copy(&other->slots[TCB_SPACE], &world[SPACE], 0);
    check_refused("no CSpace", ERR_BAD_ARGUMENT, SYS_THREAD_RESUME, at(OTHER), 0, 0, 0, 0, 0);
    check_refused("itself", ERR_IN_USE, SYS_THREAD_RESUME, at(CALLER), 0, 0, 0, 0, 0);
    check_refused("no TCB", ERR_WRONG_TYPE, SYS_THREAD_RESUME, at(CNODE), 0, 0, 0, 0, 0);
    check_refused("suspend: no TCB", ERR_WRONG_TYPE, SYS_THREAD_SUSPEND, at(CNODE), 0, 0, 0, 0, 0);
    check_refused("suspend of a stopped thread", 0, SYS_THREAD_SUSPEND, at(OTHER), 0, 0, 0, 0, 0);
}

static void entry_refused(void)
{
    static const uint64_t beyond[] = {0x800000000000, 0x7ffffffff001, 0x8000000000000000, 0xffff800000000000,
                                      ~0ull};
    stock();
    for (unsigned i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        check_refused("rip", ERR_BAD_ARGUMENT, SYS_THREAD_SET_ENTRY, at(OTHER), beyond[i], 0x1000, 0, 0, 0);
        check_refused("rsp", ERR_BAD_ARGUMENT, SYS_THREAD_SET_ENTRY, at(OTHER), 0x1000, beyond[i], 0, 0, 0);
    }
    check_refused("rip at the top", ERR_BAD_ARGUMENT, SYS_THREAD_SET_ENTRY, at(OTHER), USER_TOP, 0x1000, 0, 0,
                  0);
    check_refused("itself", ERR_IN_USE, SYS_THREAD_SET_ENTRY, at(CALLER), 0x1000, 0x1000, 0, 0, 0);
    check_refused("no TCB", ERR_WRONG_TYPE, SYS_THREAD_SET_ENTRY, at(EP), 0x1000, 0x1000, 0, 0, 0);
    sched_enqueue(other);
    check_refused("ready", ERR_IN_USE, SYS_THREAD_SET_ENTRY, at(OTHER), 0x1000, 0x1000, 0, 0, 0);
    sched_dequeue(other);
}

/* Every register of the thread is what the call says, whatever was there. */
static void entry_works(void)
{
    stock();
    uint64_t *words = &other->rax;
    for (unsigned i = 0; i < 15; i++)
        words[i] = 0xbad;
    other->rip = other->rsp = other->rbp = 0xbad;
    other->resume = RESUME_SYSRET;
    CHECK_NUMBER("set_entry", sys(SYS_THREAD_SET_ENTRY, at(OTHER), USER_TOP - 1, USER_TOP, 77, 0, 0), 0);
    CHECK(other->rip == USER_TOP - 1 && other->rsp == USER_TOP && other->rdi == 77 && other->rbp == 0);
    CHECK(other->rax == 0 && other->rsi == 0 && other->rdx == 0 && other->r8 == 0 && other->r9 == 0);
    CHECK(other->r10 == 0 && other->r12 == 0 && other->r13 == 0 && other->r14 == 0 && other->r15 == 0);
    CHECK(other->rbx == 0 && other->rcx == 0 && other->r11 == 0 && other->rflags == FLAGS_AFTER_SYSCALL);
    CHECK(other->resume == RESUME_IRET && other->wait == 0 && !sched_ready(other));
}

/* A fault without a handler stops the thread, and the console says so. */
static void fault_without_handler(void)
{
    stock();
    caller->rip = 0x401234;
    host_forget();
    sys(0x7777, 0, 0, 0, 0, 0, 0);
    CHECK(strstr(host.console, "SYSCALL fault") && strstr(host.console, "401234") &&
          strstr(host.console, "7777"));
    CHECK(cpu.current == &idle_tcb && !sched_ready(caller) && caller->wait == 0 && caller->slow_reasons == 0);
}

static unsigned lines_of(const char *what)
{
    unsigned lines = 0;
    for (const char *at = host.console; (at = strstr(at, what)); at++)
        lines++;
    return lines;
}

/* A line takes ten milliseconds on a serial port: a program without authority to print cannot ask for more than a few. */
static void many_faults_without_handler(void)
{
    stock();
    host_forget();
    unasked_count[UNASKED_FAULT] = 0;
    for (unsigned i = 0; i < 1000; i++) {
        sys(0x7777, 0, 0, 0, 0, 0, 0);
        CHECK(!sched_ready(caller) && caller->wait == 0);
        sched_wake(caller);
    }
    CHECK_NUMBER("lines", lines_of("fault without a handler"), UNASKED_LINES);
    CHECK_NUMBER("the line that says that there will be no more", lines_of("only counted"), 1);
    CHECK_NUMBER("counted", unasked_count[UNASKED_FAULT], 1000);
    host_forget();
    dump(DUMP_THREADS, 1);
    CHECK_NUMBER("dumped", lines_of("dump 1000 faults without a handler"), 1);
}

/* ---- breakpoints and the CPU that it runs on */
static void breakpoint_refused(void)
{
    static const uint64_t bad[] = {4 | 1 << 8,     1,    2, 1 << 8, 1 | 2 << 8, 2 | 3 << 8, 3 | 16 << 8,
                                   2 | 1ull << 40, ~0ull};
    stock();
    const uint64_t op = SYS_THREAD_SET_BREAKPOINT, good = BREAK_WRITE | 8 << 8;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused("kind and length", ERR_BAD_ARGUMENT, op, at(OTHER), 0, 0x1000, bad[i], 0, 0);
    check_refused("index", ERR_BAD_ARGUMENT, op, at(OTHER), 4, 0x1000, good, 0, 0);
    check_refused("index to remove", ERR_BAD_ARGUMENT, op, at(OTHER), 1ull << 32, 0, 0, 0, 0);
    check_refused("kernel address", ERR_BAD_ARGUMENT, op, at(OTHER), 0, USER_TOP, good, 0, 0);
    check_refused("kernel address", ERR_BAD_ARGUMENT, op, at(OTHER), 0, ~7ull, good, 0, 0);
    check_refused("alignment", ERR_MISALIGNED, op, at(OTHER), 0, 0x1004, good, 0, 0);
    check_refused("no TCB", ERR_WRONG_TYPE, op, at(EP), 0, 0x1000, good, 0, 0);
    check_refused("empty", ERR_BAD_CAP, op, at(60), 0, 0x1000, good, 0, 0);
    check_refused("cpu", ERR_BAD_ARGUMENT, SYS_THREAD_SET_AFFINITY, at(OTHER), 1, 0, 0, 0, 0);
    check_refused("no TCB", ERR_WRONG_TYPE, SYS_THREAD_SET_AFFINITY, at(EP), 0, 0, 0, 0, 0);
    check_refused("cpu 0", 0, SYS_THREAD_SET_AFFINITY, at(OTHER), 0, 0, 0, 0, 0);
}

static long set_break(unsigned tcb, unsigned index, uint64_t address, uint64_t how)
{
    return sys(SYS_THREAD_SET_BREAKPOINT, at(tcb), index, address, how, 0, 0);
}

/* The CPU has those of the running thread, and none of a thread without. */
static void breakpoint_works(void)
{
    const uint64_t how = BREAK_ACCESS | 4 << 8;
    stock();
    struct tcb *third = world_thread(21, 10);
    CHECK_NUMBER("set", set_break(OTHER, 2, 0x1004, how) | set_break(OTHER, 0, 0x2000, BREAK_EXECUTE | 1 << 8),
                 0);
    CHECK(!host.debug_loaded && other->slow_reasons == SLOW_DEBUG && other->key == 0);
    CHECK(other->breakpoint[2].address == 0x1004 && other->breakpoint[2].kind == BREAK_ACCESS);
    CHECK(other->breakpoint[2].length == 4 && other->breakpoint[1].kind == 0);
    CHECK_NUMBER("set", set_break(CALLER, 3, 0x3000, how), 0);
    CHECK(host.debug_loaded == caller->breakpoint && cpu.threshold == THRESHOLD_NEVER);
    sched_wake(third);
    sched_yield();
    CHECK(cpu.current == third && !host.debug_loaded);
    sched_block();
    CHECK(cpu.current == caller && host.debug_loaded == caller->breakpoint);
    CHECK_NUMBER("remove", set_break(CALLER, 3, 0, 0) | set_break(OTHER, 2, 0, 0), 0);
    CHECK(caller->slow_reasons == 0 && cpu.threshold != THRESHOLD_NEVER && other->slow_reasons == SLOW_DEBUG);
    CHECK_NUMBER("remove", set_break(OTHER, 0, 0, 0), 0);
    CHECK(other->slow_reasons == 0 && other->key == other->priority + 1u);
}

/* ---- what dispatch does besides */
static void debug_calls(void)
{
    stock();
    slot_fill(&world[30], TYPE_DEBUG, 0, 0, DEBUG_MAY_ALL);
    host_forget();
    CHECK_NUMBER("putchar", sys(SYS_DEBUG_PUTCHAR, at(30), 'x', 0, 0, 0, 0), 0);
    CHECK(strcmp(host.console, "x") == 0);
    check_refused("putchar", ERR_WRONG_TYPE, SYS_DEBUG_PUTCHAR, at(EP), 'x', 0, 0, 0, 0);
    check_refused("putchar", ERR_BAD_CAP, SYS_DEBUG_PUTCHAR, at(60), 'x', 0, 0, 0, 0);
    CHECK(strcmp(host.console, "x") == 0);
    check_refused("exit", ERR_WRONG_TYPE, SYS_DEBUG_EXIT, at(EP), 3, 0, 0, 0, 0);
    CHECK_ENDS(sys(SYS_DEBUG_EXIT, at(30), 3, 0, 0, 0, 0), 3, "");
    CHECK_ENDS(sys(SYS_DEBUG_EXIT, at(30), 0x80, 0, 0, 0, 0), 0, "");
    check_refused("null", 0, SYS_NULL, 1, 2, 3, 4, 5, 6);
}

int main(void)
{
    test_run("tcb: configure: every error, nothing changes", configure_refused);
    test_run("tcb: configure", configure_works);
    test_run("tcb: configure drops the last capability to an endpoint", configure_drops_endpoint);
    test_run("tcb: breakpoints and affinity: every error, nothing changes", breakpoint_refused);
    test_run("tcb: breakpoints", breakpoint_works);
    test_run("tcb: resume and suspend: every error, nothing changes", resume_refused);
    test_run("tcb: set_entry: every error, nothing changes", entry_refused);
    test_run("tcb: set_entry", entry_works);
    test_run("tcb: a fault without a handler", fault_without_handler);
    test_run("tcb: a thousand of them", many_faults_without_handler);
    test_run("tcb: null and debug calls", debug_calls);
    return test_end();
}
