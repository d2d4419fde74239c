/* check_invariants(): each statement of docs/invariants.md that data can break is broken, and then named; before and after
   that nothing is. What only code can break: tests/guards.txt, those tried in the checking build. */
#include "debug/checking.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/timer.h"
#include "thread/sched.h"
#include "world.h"

enum {
    CALLER = 3,
    EP,
    QUIET_EP,
    NOTE,
    QUIET_NOTE,
    TIMER,
    LATER,
    SPACE,
    FRAME,
    CHILD, /* untyped memory */
    FIRST, /* three that wait: two to receive, one for a signal */
    SECOND,
    THIRD,
    SENDER, /* and one that waits to send */
    READY,
    STOPPED,
    BADGED,
    BADGED_COPY,
    HANDLER
};
enum { CALLER_PRIORITY = 10, MEMORY_BITS = 20, BADGE = 2 };

static struct slot stray; /* in no object */

static struct tcb *thread(unsigned slot)
{
    return tcb_of(world[slot].object);
}

static void make(unsigned slot, unsigned type, unsigned bits)
{
    CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), type, bits, at(SLOT_CNODE), slot, 1), 0);
}

static void make_thread(unsigned slot, unsigned priority)
{
    make(slot, TYPE_TCB, 0);
    CHECK_NUMBER("configure",
                 sys(SYS_THREAD_CONFIGURE, at(slot), at(SLOT_CNODE), at(SPACE), 0, priority | priority << 8, 0),
                 0);
}

/* It runs at once, makes that call, and waits in it. */
static void waits_in(unsigned slot, uint64_t op, unsigned where)
{
    make_thread(slot, CALLER_PRIORITY + 1);
    sys(SYS_THREAD_RESUME, at(slot), 0, 0, 0, 0, 0);
    CHECK(cpu.current == thread(slot));
    sys(op, at(where), 0, 0, 0, 0, 0);
    CHECK(cpu.current == thread(CALLER));
}

static void add(unsigned before, unsigned slot)
{
    derive_insert(before ? &world[before] : &cap_list, &world[slot], SLOT_REVOCABLE);
}

static void make_handler(void)
{
    slot_fill(&world[HANDLER], TYPE_IRQ_HANDLER, 0, (uintptr_t)&irq_handlers[0], 0);
    add(BADGED_COPY, HANDLER);
    slot_set_flags(&world[HANDLER], SLOT_REVOCABLE); /* it has no badge, unlike what it stands behind */
    irq_handlers[0].used = true;
}

static void make_timers(void)
{
    make(TIMER, TYPE_TIMER, 0);
    make(LATER, TYPE_TIMER, 0);
    CHECK_NUMBER("timer", sys(SYS_TIMER_SET, at(TIMER), 1000, 0, 0, 0, 0), 0);
    CHECK_NUMBER("timer", sys(SYS_TIMER_SET, at(LATER), 2000, 0, 0, 0, 0), 0);
}

static void begin(void)
{
    world_reset();
    cap_list = (struct slot){0};
    add(0, SLOT_CNODE);
    world_caller(CALLER, CALLER_PRIORITY);
    derive_insert(&thread(CALLER)->slots[TCB_CSPACE], &world[CALLER], SLOT_REVOCABLE);
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, MEMORY_BITS);
    add(CALLER, SLOT_UNTYPED);
    make(EP, TYPE_ENDPOINT, 0);
    make(QUIET_EP, TYPE_ENDPOINT, 0);
    make(NOTE, TYPE_NOTIFICATION, 0);
    make(QUIET_NOTE, TYPE_NOTIFICATION, 0);
    make_timers();
    make(SPACE, TYPE_ADDRESS_SPACE, 0);
    make(FRAME, TYPE_FRAME, 12);
    make(CHILD, TYPE_UNTYPED, 12);
    waits_in(FIRST, SYS_RECV, EP);
    waits_in(SECOND, SYS_RECV, EP);
    waits_in(THIRD, SYS_WAIT, NOTE);
    waits_in(SENDER, SYS_CALL, QUIET_EP);
    make_thread(READY, CALLER_PRIORITY - 1);
    sys(SYS_THREAD_RESUME, at(READY), 0, 0, 0, 0, 0);
    make_thread(STOPPED, CALLER_PRIORITY);
    CHECK_NUMBER("mint", sys(SYS_CAP_MINT, at(SLOT_CNODE), BADGED, at(SLOT_CNODE), QUIET_EP, RIGHT_ALL, BADGE),
                 0);
    CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(SLOT_CNODE), BADGED_COPY, at(SLOT_CNODE), BADGED, RIGHT_ALL, 0),
                 0);
    make_handler();
    check_invariants();
}

/* The space's number goes back. */
static void end(void)
{
    sys(SYS_CAP_REVOKE, at(SLOT_CNODE), SPACE, 0, 0, 0, 0);
    sys(SYS_CAP_DELETE, at(SLOT_CNODE), SPACE, 0, 0, 0, 0);
}

/* Words of memory become others for a moment, and that breaks the statement: up to WORDS_MOST, or to one that is nowhere. */
struct word {
    void *at;
    size_t bytes;
    uint64_t now, was;
};
enum { WORDS_MOST = 5 };

static void breaks(const char *name, struct word words[])
{
    char text[64];
    snprintf(text, sizeof text, "invariant %s broken", name);
    for (struct word *w = words; w < words + WORDS_MOST && w->at; w++) {
        memcpy(&w->was, w->at, w->bytes);
        memcpy(w->at, &w->now, w->bytes);
    }
    CHECK_ENDS(check_invariants(), 127, "PANIC: ");
    const char *panic = strstr(host.console, "PANIC: ");
    if (panic && strncmp(panic + strlen("PANIC: "), text, strlen(text)))
        CHECK_STRING("what is named", panic, text);
    for (struct word *w = words; w < words + WORDS_MOST && w->at; w++)
        memcpy(w->at, &w->was, w->bytes);
    check_invariants();
}

#define WORD(place, value) {&(place), sizeof(place), (uint64_t)(value), 0}
#define BREAKS(name, ...) breaks(name, (struct word[WORDS_MOST]){__VA_ARGS__})
/* A stopped thread with that slow reason, for which there is no cause. */
#define BREAKS_SLOW(name, reason)                                                                  \
    BREAKS(name, WORD(thread(STOPPED)->slow_reasons, reason), WORD(thread(STOPPED)->key, 0), \
           WORD(thread(STOPPED)->queue, 0))

static uint64_t kind(unsigned slot, unsigned type, unsigned rights)
{
    return (world[slot].prev & SLOT_LINK) | slot_kind(type, rights);
}

static void capabilities(void)
{
    begin();
    BREAKS("list", WORD(world[EP].prev, world[EP].prev ^ 64));
    BREAKS("badge", WORD(world[QUIET_NOTE].data, 0));
    BREAKS("badge", WORD(world[TIMER].next, world[TIMER].next | SLOT_BADGED));
    BREAKS("badge-line", WORD(world[BADGED_COPY].data, BADGE + 1));
    BREAKS("right-implies-type", WORD(world[TIMER].prev, kind(TIMER, TYPE_TIMER, RIGHT_SEND)));
    BREAKS("right-implies-type", WORD(world[EP].prev, kind(EP, TYPE_ENDPOINT, RIGHT_SIGNAL)));
    BREAKS("object-aligned", WORD(world[NOTE].object, world[NOTE].object + 8));
    BREAKS("frame-aligned", WORD(world[FRAME].object, world[FRAME].object + 64));
    BREAKS("device-memory", WORD(world[EP].next, world[EP].next | SLOT_DEVICE));
    BREAKS("dying-has-no-right", WORD(world[EP].prev, kind(EP, TYPE_ENDPOINT | TYPE_DYING, RIGHT_READ)));
    BREAKS("dying-is-last", WORD(world[BADGED].prev, kind(BADGED, TYPE_ENDPOINT | TYPE_DYING, 0)),
           WORD(world[BADGED_COPY].prev, kind(BADGED_COPY, TYPE_ENDPOINT | TYPE_DYING, 0)));
    BREAKS("untyped-is-original", WORD(world[CHILD].next, world[CHILD].next & ~(uint64_t)SLOT_REVOCABLE));
    BREAKS("untyped-watermark", WORD(world[CHILD].data, untyped_data(12, 8192, 0)));
    BREAKS("untyped-children-below-watermark",
           WORD(world[SLOT_UNTYPED].data, untyped_data(MEMORY_BITS, 4096, 0)));
    BREAKS("space-number", WORD(world[SPACE].data, world[SPACE].data + 1));
    derive_copy(&stray, &world[EP], RIGHT_SEND);
    BREAKS("lies-in-live-memory", {0});
    derive_remove(&stray);
    end();
}

static void threads(void)
{
    begin();
    struct tcb *t = thread(STOPPED);
    BREAKS("key", WORD(t->key, 0));
    BREAKS("queue", WORD(t->queue, 0));
    BREAKS("ceiling", WORD(t->ceiling, t->priority - 1));
    BREAKS("ready-alone", WORD(thread(READY)->wait, READY_RETURNED),
           WORD(thread(READY)->slow_reasons, SLOW_EXTENDED), WORD(thread(READY)->key, 0),
           WORD(thread(READY)->queue, 0));
    BREAKS("reply-mutual", WORD(t->reply_to, (uintptr_t)thread(CALLER)));
    BREAKS("reply-mutual", WORD(t->wait, (uintptr_t)thread(READY)));
    BREAKS("bound-mutual", WORD(t->bound, (uintptr_t)notification_of(&world[QUIET_NOTE])));
    BREAKS("cspace-cached", WORD(t->cspace_mask, t->cspace_mask >> 1));
    BREAKS("cspace-cached", WORD(t->cspace, (uintptr_t)&stray));
    BREAKS("cr3-cached", WORD(t->cr3, t->cr3 ^ 4096));
    BREAKS("buffer-cached", WORD(t->buffer, (uintptr_t)t->buffer ^ 4096));
    BREAKS("rip-canonical", WORD(t->rip, USER_TOP + 1), WORD(t->resume, RESUME_SYSRET));
    BREAKS_SLOW("followed", SLOW_FOLLOWED);
    BREAKS_SLOW("faulted-waits", SLOW_FAULTED);
    BREAKS_SLOW("signalled", SLOW_SIGNALLED);
    BREAKS_SLOW("owes", SLOW_OWES);
    BREAKS_SLOW("breakpoints", SLOW_DEBUG);
    BREAKS("extended-key", WORD(t->extended_key, t->extended_key + 1));
    BREAKS("extended-state", WORD(t->extended, (uintptr_t)&stray));
    BREAKS("extended-by-c", WORD(thread(STOPPED)->slow_reasons, SLOW_EXTENDED), WORD(thread(STOPPED)->key, 0),
           WORD(thread(STOPPED)->queue, 0), WORD(thread(STOPPED)->extended_key, 0));
    BREAKS("bases", WORD(t->fs_base, 4096));
    BREAKS("extended-held", WORD(cpu.current->slow_reasons, SLOW_STATE), WORD(cpu.current->key, 0),
           WORD(cpu.current->queue, 0), WORD(cpu.current->extended, (uintptr_t)&stray),
           WORD(cpu.threshold, cpu.threshold | SLOW_STATE));
    BREAKS("wait-saved-reply", WORD(t->wait, (uintptr_t)&world[EP] | REF_SLOT));
    BREAKS("threshold", WORD(cpu.threshold, cpu.threshold + 1));
    BREAKS("runs-highest", WORD(thread(CALLER)->priority, 1));
    end();
}

static void queues_and_timers(void)
{
    begin();
    struct endpoint *ep = endpoint_of(world[EP].object), *quiet = endpoint_of(world[QUIET_EP].object);
    struct notification *n = notification_of(&world[NOTE]), *quiet_note = notification_of(&world[QUIET_NOTE]);
    struct timer *t = timer_of(&world[TIMER]), *later = timer_of(&world[LATER]);
    unsigned side = t->below[1] == later;
    BREAKS("wait-endpoint", WORD(ep->recv, (uintptr_t)NOBODY));
    BREAKS("wait-notification", WORD(n->head, 0));
    BREAKS("scan", WORD(quiet->scan, (uintptr_t)thread(STOPPED)));
    BREAKS("sends", WORD(thread(SENDER)->send_kind, SEND_FAULT));
    BREAKS("queue-waits-here", WORD(thread(SECOND)->wait, 0));
    BREAKS("queue-waits-here", WORD(thread(THIRD)->wait, 0));
    BREAKS("queue-links", WORD(thread(SECOND)->prev, 0));
    BREAKS("bound-head", WORD(quiet_note->head, (uintptr_t)SLOW_HEAD));
    BREAKS("pending-nobody-waits", WORD(n->pending, 1));
    CHECK(timer_first == t && t->below[side] == later);
    BREAKS("timer-top", WORD(t->place, 0));
    BREAKS("timer-found", WORD(t->below[side], 0));
    BREAKS("timer-order", WORD(later->deadline, 0));
    BREAKS("timer-target", WORD(t->target.prev, slot_kind(TYPE_ENDPOINT, 0)));
    BREAKS("irq-target", WORD(irq_handlers[1].notification.prev, slot_kind(TYPE_ENDPOINT, 0)));
    BREAKS("irq-unused", WORD(irq_handlers[1].pending, true));
    BREAKS("irq-unused", WORD(irq_handlers[1].again, true));
    BREAKS("irq-unused", WORD(irq_handlers[1].notification.prev, slot_kind(TYPE_NOTIFICATION, 0)));
    BREAKS("irq-again", WORD(irq_handlers[0].again, true));
    BREAKS("irq-named", WORD(irq_handlers[0].used, false));
    BREAKS("irq-named", WORD(irq_handlers[IRQ_VECTORS - 1].used, true));
    end();
}

/* More slots than are remembered, and slots that come and go at one address: what has been seen is not mistaken for what is there. */
static void remembered(void)
{
    begin();
    for (unsigned i = 0; i < 100; i++) {
        struct slot *s = &world[HANDLER + 1 + i % 3];
        derive_copy(s, &world[i % 2 ? EP : NOTE], 0);
        check_invariants();
        BREAKS("right-implies-type", WORD(s->prev, s->prev | slot_kind(0, i % 2 ? RIGHT_SIGNAL : RIGHT_SEND)));
        derive_remove(s);
        check_invariants();
    }
    end();
}

int main(void)
{
    test_run("check: capabilities", capabilities);
    test_run("check: threads", threads);
    test_run("check: queues, timers, interrupts", queues_and_timers);
    test_run("check: what changes between two walks", remembered);
    return test_end();
}
