/* What a hostile ring-3 program was once found to be able to do: it must not work again. */
#include "cap/words.h"
#include "hostile.h"
#include "object/derive.h"
#include "object/thread.h"
#include "thread/sched.h"

/* A page table that holds a user's frame, mapped a second time one level higher, would make the frame a page
 * table. */
static void table_at_two_levels(void)
{
    hostile_reset();
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("tables", hostile_map(TABLES + i, 0x400000, 0), 0);
    CHECK_NUMBER("frame", hostile_map(FRAMES, 0x400000, RIGHT_READ | RIGHT_WRITE), 0);
    CHECK_NUMBER("elsewhere", hostile_map(TABLES + 3, 1ull << 39, 0), 0);
    sys(SYS_CAP_COPY, at(1), 50, at(1), TABLES + 2, 0xff, 0);
    hostile_map(50, 1ull << 39, 0);
    hostile_check_tables();
    sys(SYS_CAP_MINT, at(1), 51, at(1), TABLES + 2, 0xff, 0);
    hostile_map(51, 1ull << 39, 0);
    sys(SYS_CAP_MOVE, at(1), 52, at(1), TABLES + 2, 0, 0);
    hostile_map(52, 1ull << 39, 0);
    hostile_check_tables();
}

/* The object at the very end of an untyped is its child, too. */
static void last_child(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT, TYPE_TCB, TYPE_FRAME, TYPE_CNODE, TYPE_UNTYPED};
    for (unsigned i = 0; i < 5; i++) {
        hostile_reset();
        uint64_t total = 1ull << MEMORY_BITS;
        unsigned bits = types[i] == TYPE_CNODE ? 7 : 12;
        world[SLOT_UNTYPED].data = untyped_data(MEMORY_BITS,
                                                total - (types[i] == TYPE_ENDPOINT ? 64
                                                         : types[i] == TYPE_TCB    ? 1024
                                                                                   : 4096),
                                                0);
        slot_fill(&world[60], TYPE_UNTYPED, 0, world[SLOT_UNTYPED].object, untyped_data(6, 0, 0));
        derive_insert(&world[SLOT_UNTYPED], &world[60], 0); /* else it would start again from its beginning */
        CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), types[i], bits, at(1), 50, 1), 0);
        CHECK(slot_is_parent(&world[SLOT_UNTYPED], &world[50]));
        CHECK(slot_has_children(&world[SLOT_UNTYPED]));
        CHECK_NUMBER("one more", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_ENDPOINT, 0, at(1), 51, 1),
                     ERR_NO_MEMORY);
    }
}

/* Thread 3, the server, waits at the first endpoint; its client and an equal of that are ready, and nobody else. */
static void server_waits_for(struct tcb *client, struct tcb *equal)
{
    for (unsigned i = 0; i < 3; i++)
        tcb_stop(thread[i]);
    CHECK(cpu.current == thread[3]);
    sys(SYS_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
    sched_wake(client);
    sched_wake(equal);
}

/* Equals of a thread that spends its time in a more urgent server get their turn: the server's ticks are its
 * own. */
static void donated_slice(void)
{
    unsigned ran = 0;
    hostile_reset();
    struct tcb *client = world_thread(40, 5), *equal = world_thread(41, 5), *server = thread[3];
    server_waits_for(client, equal);
    for (unsigned i = 0; i < 1000; i++) {
        if (cpu.current == equal) {
            ran++;
            sched_tick();
            continue;
        }
        CHECK(cpu.current == client);
        sys(SYS_CALL, at(FIRST_EP), 0, 0, 0, 0, 0);
        CHECK(cpu.current == server);
        for (unsigned k = 0; k < 20; k++)
            sched_tick();
        sys(SYS_REPLY_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
        sched_tick();
    }
    CHECK(ran > 300);
}

/* The same when no tick ever falls into the client, or into the server that its server calls. */
static void donated_slice_in_step(void)
{
    unsigned ran = 0;
    hostile_reset();
    struct tcb *client = world_thread(40, 5), *equal = world_thread(41, 5), *server = thread[3];
    struct tcb *inner = world_thread(42, 200);
    for (unsigned i = 0; i < 3; i++)
        tcb_stop(thread[i]);
    sched_wake(inner);
    sys(SYS_RECV, at(FIRST_EP + 1), 0, 0, 0, 0, 0);
    CHECK(cpu.current == server);
    sys(SYS_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
    sched_wake(client);
    sched_wake(equal);
    for (unsigned i = 0; i < 1000; i++) {
        if (cpu.current == equal) {
            ran++;
            sched_yield();
            continue;
        }
        sys(SYS_CALL, at(FIRST_EP), 0, 0, 0, 0, 0);
        sched_tick(); /* in the server */
        sys(SYS_CALL, at(FIRST_EP + 1), 0, 0, 0, 0, 0);
        CHECK(cpu.current == inner);
        sys(SYS_REPLY_RECV, at(FIRST_EP + 1), 0, 0, 0, 0, 0);
        CHECK(cpu.current == server);
        sys(SYS_REPLY_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
    }
    CHECK(ran > 100 && ran < 500);
    CHECK(cpu.current->slow_reasons == 0);
}

/* The same when each such tick also wakes somebody more urgent, as a timer does. */
static void donated_slice_preempted(void)
{
    unsigned ran = 0;
    hostile_reset();
    struct tcb *equal = world_thread(41, 5), *server = thread[3], *urgent = world_thread(42, 200);
    server_waits_for(world_thread(40, 5), equal);
    for (unsigned i = 0; i < 1000; i++) {
        if (cpu.current == equal) {
            ran++;
            sched_yield();
            continue;
        }
        sys(SYS_CALL, at(FIRST_EP), 0, 0, 0, 0, 0);
        CHECK(cpu.current == server);
        sched_tick();
        sched_wake(urgent);
        CHECK(cpu.current == urgent);
        tcb_stop(urgent);
        CHECK(cpu.current == server);
        sys(SYS_REPLY_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
    }
    CHECK(ran > 100 && ran < 500);
    CHECK(cpu.current->slow_reasons == 0);
}

/* The debt is the thread's only while it is ready with what was left of that slice. */
static void donated_slice_forgotten(void)
{
    hostile_reset();
    struct tcb *equal = world_thread(41, 5), *server = thread[3], *urgent = world_thread(42, 200);
    server_waits_for(world_thread(40, 5), equal);
    for (unsigned stopped = 0; stopped < 2; stopped++) {
        if (cpu.current == equal)
            sched_yield();
        sys(SYS_CALL, at(FIRST_EP), 0, 0, 0, 0, 0);
        for (unsigned ticks = 0; ticks < 100 && !(server->slow_reasons & SLOW_OWES); ticks++)
            sched_tick();
        sched_wake(urgent);
        CHECK(server->slow_reasons == SLOW_OWES);
        if (stopped)
            tcb_stop(server);
        else
            tcb_set_priority(server, server->priority);
        CHECK(server->slow_reasons == 0);
        tcb_stop(urgent);
        if (!stopped)
            sys(SYS_REPLY_RECV, at(FIRST_EP), 0, 0, 0, 0, 0);
    }
}

/* Nor has it a debt any more when it gives up the CPU for an equal of its own: its next slice is its own. */
static void donated_slice_given_up(void)
{
    hostile_reset();
    struct tcb *equal = world_thread(41, 5), *server = thread[3], *peer = world_thread(42, server->priority);
    server_waits_for(world_thread(40, 5), equal);
    sys(SYS_CALL, at(FIRST_EP), 0, 0, 0, 0, 0);
    for (unsigned ticks = 0; ticks < 100 && !(server->slow_reasons & SLOW_OWES); ticks++)
        sched_tick();
    CHECK(server->slow_reasons == SLOW_OWES);
    sched_wake(peer);
    sched_yield();
    CHECK(cpu.current == peer && sched_ready(server) && server->slow_reasons == 0);
}

int main(void)
{
    test_run("attack: a page table at two levels", table_at_two_levels);
    test_run("attack: the last object of an untyped is its child", last_child);
    test_run("attack: a server's ticks do not renew its client's slice", donated_slice);
    test_run("attack: nor when all ticks fall into servers", donated_slice_in_step);
    test_run("attack: nor when each of these ticks also wakes somebody more urgent", donated_slice_preempted);
    test_run("attack: what a slice owes goes with the slice", donated_slice_forgotten);
    test_run("attack: what a slice owes ends when the CPU is given up", donated_slice_given_up);
    return test_end();
}
