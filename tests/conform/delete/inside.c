/* A system call deletes, on its way to something else, what asked for it and what it was asked for: the last
   capability to its caller, the CNode that it found its arguments in, the objects that they name. It must not
   go on with any of these. */
#include "frame/guest.h"

enum { RADIX = 4, PAGE = 4096, PAGES = 4, PAGE_WORDS = PAGE / 8, RW = RIGHT_READ | RIGHT_WRITE };
/* Slots of the caller's root CNode, and of the CNode that an accomplice has as well. */
enum { IN_TARGET = 3, IN_SHARED = 4, IN_UNTYPED = 5, IN_OURS = 6, IN_HOLDER = 7 };
enum { SHARED_CNODE = 1, SHARED_SPACE, SHARED_STATE, SHARED_FREE };
/* Of a CNode whose deletion takes two entries: the thread that deletes it goes with the first, the caller with the second.
 */
enum { LARGE_RADIX = 7, LARGE_DELETER = 1, LARGE_FILL = 2, FILL = 40, LARGE_FIRST = 99, LARGE_CALLER = 100 };

static uint64_t memory; /* all that goes is made of it */
static uint64_t shared, root, target, large;
static uint64_t goes_first; /* what goes before the caller, or 0 */

/* The address of a slot of a CNode in one of ours, and in one of the caller's. */
static cap_t within(uint64_t cnode, uint64_t index)
{
    return cap_at(cnode) | index << (SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count));
}

static cap_t within_shared(uint64_t index)
{
    return cap_at(IN_SHARED) | index << (SLOT_BITS + RADIX);
}

/* The caller, ready but not run yet: its CNode holds the last capability to the target. */
static struct guest *caller_new(void)
{
    memory = temp_object(TYPE_UNTYPED, 14);
    goes_first = 0;
    shared = temp_object(TYPE_CNODE, 3);
    EXPECT_IS(cap_copy(cap_at(shared), SHARED_CNODE, own_cnode(), CAP_SELF_CNODE, RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(shared), SHARED_SPACE, own_cnode(), CAP_SELF_SPACE, RIGHT_ALL), 0);
    EXPECT_IS(cap_move(cap_at(shared), SHARED_STATE, own_cnode(), temp_object(TYPE_EXTENDED_STATE, 0)), 0);
    root = make(memory, TYPE_CNODE, RADIX);
    target = make(memory, TYPE_TCB, 0);
    struct guest *g = guest_new_in(0, memory, root, BELOW, watch_fault_ep);
    EXPECT_IS(cap_copy(cap_at(root), IN_SHARED, own_cnode(), shared, RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(root), IN_OURS, own_cnode(), CAP_SELF_CNODE, RIGHT_ALL), 0);
    return g;
}

static struct guest_step *plan_call(struct guest *g, uint64_t op, const uint64_t argument[6])
{
    struct guest_step *s = guest_plan(g, op, argument[0], argument[1], argument[2]);
    for (unsigned i = 3; i < 6; i++)
        s->m.word[i - 2] = argument[i];
    return s;
}

/* From here on only the caller's TCB holds its CNode, and only that CNode the target. */
static void let_go(struct guest *g)
{
    guest_go(g);
    EXPECT_IS(cap_move(cap_at(root), IN_TARGET, own_cnode(), target), 0);
    EXPECT_IS(cap_delete(own_cnode(), root), 0);
}

/* The large CNode comes to hold the last capability to the caller; its deletion is begun, and nobody but the
   caller is there to go on with it. */
static void begin_deletion(const struct guest *g)
{
    uint64_t fill = temp_object(TYPE_UNTYPED, 12);
    large = temp_object(TYPE_CNODE, LARGE_RADIX);
    EXPECT_IS(retype(cap_at(fill), TYPE_ENDPOINT, 0, cap_at(large), LARGE_FILL, FILL), 0);
    EXPECT_IS(cap_move(cap_at(large), LARGE_CALLER, own_cnode(), g->tcb), 0);
    if (goes_first)
        EXPECT_IS(cap_move(cap_at(large), LARGE_FIRST, own_cnode(), goes_first), 0);
    struct guest *deleter = guest_new(1, temp_object(TYPE_UNTYPED, 10), ACTOR_PRIORITY, watch_fault_ep);
    guest_plan(deleter, SYS_CAP_DELETE, own_cnode(), large, 0);
    EXPECT_IS(cap_move(cap_at(large), LARGE_DELETER, own_cnode(), deleter->tcb), 0);
    EXPECT_IS(thread_resume(within(large, LARGE_DELETER)), 0);
    EXPECT(!deleter->step[0].done);
}

static void expect_zero(const volatile uint64_t *page)
{
    uint64_t any = 0;
    for (unsigned k = 0; k < PAGES * PAGE_WORDS; k++)
        any |= page[k];
    EXPECT_IS(any, 0);
}

/* All of the memory is somebody's frames now: nothing that is done to the capabilities that the call was about
   may be seen there. */
static void expect_forgotten(const struct guest_step *s)
{
    uint64_t frames = temp_object(TYPE_CNODE, 2), base = pages_reserve(PAGES), to = temp_slot();
    const volatile uint64_t *page = (const volatile uint64_t *)base; /* NOLINT: mapped below */
    quiesce();
    EXPECT(!s->done);
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, 12, cap_at(frames), 0, PAGES), 0);
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t frame = temp_slot();
        EXPECT_IS(cap_move(own_cnode(), frame, cap_at(frames), i), 0);
        EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), base + i * PAGE, RW), 0);
    }
    expect_zero(page);
    for (uint64_t i = SHARED_CNODE; i <= SHARED_STATE; i++) {
        EXPECT_IS(cap_copy(own_cnode(), to, cap_at(shared), i, RIGHT_ALL), 0);
        EXPECT_IS(cap_delete(own_cnode(), to), 0);
        EXPECT_IS(cap_delete(cap_at(shared), i), 0);
    }
    expect_zero(page);
}

/* What the target has so far is a CNode that holds the last capability to the caller. */
static void configured(void)
{
    struct guest *g = caller_new();
    uint64_t holder = make(memory, TYPE_CNODE, 1);
    EXPECT_IS(thread_configure(cap_at(target), cap_at(holder), cap_at(CAP_SELF_SPACE), 0, BELOW, BELOW), 0);
    struct guest_step *s = plan_call(g, SYS_THREAD_CONFIGURE,
                                     (uint64_t[]){cap_at(IN_TARGET), within_shared(SHARED_CNODE),
                                                  within_shared(SHARED_SPACE), 0, BELOW | BELOW << 8, 0});
    let_go(g);
    EXPECT_IS(cap_move(cap_at(holder), 1, own_cnode(), g->tcb), 0);
    EXPECT_IS(cap_delete(own_cnode(), holder), 0);
    expect_forgotten(s);
}

/* It has one already, so something must be deleted; and that takes with it what somebody else began. */
static void state_given(void)
{
    struct guest *g = caller_new();
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, cap_at(target), within(shared, SHARED_STATE)), 0);
    struct guest_step *s =
        plan_call(g, SYS_THREAD_SET_FPU, (uint64_t[6]){cap_at(IN_TARGET), within_shared(SHARED_STATE)});
    let_go(g);
    begin_deletion(g);
    expect_forgotten(s);
}

/* Untyped memory that starts again from its beginning, and that only the caller's CNode holds. */
static void retyped_to(unsigned type)
{
    struct guest *g = caller_new();
    uint64_t untyped = make(memory, TYPE_UNTYPED, 12);
    EXPECT_IS(cap_delete(own_cnode(), make(untyped, TYPE_ENDPOINT, 0)), 0);
    EXPECT_IS(cap_move(cap_at(root), IN_UNTYPED, own_cnode(), untyped), 0);
    struct guest_step *s = plan_call(
        g, SYS_RETYPE, (uint64_t[6]){cap_at(IN_UNTYPED), type, 12, cap_at(IN_SHARED), SHARED_FREE, 1});
    let_go(g);
    begin_deletion(g);
    quiesce();
    EXPECT_IS(cap_identify(within(shared, SHARED_FREE)), ERR_BAD_CAP);
    expect_forgotten(s);
}

static void frame_made(void)
{
    retyped_to(TYPE_FRAME);
}

static void untyped_made(void)
{
    retyped_to(TYPE_UNTYPED);
}

/* The same of calls that only delete. */
static void slot_deleted(void)
{
    struct guest *g = caller_new();
    struct guest_step *s = plan_call(g, SYS_CAP_DELETE, (uint64_t[6]){cap_at(IN_SHARED), SHARED_FREE});
    let_go(g);
    begin_deletion(g);
    expect_forgotten(s);
}

static void revoked(void)
{
    struct guest *g = caller_new();
    struct guest_step *s = plan_call(g, SYS_CAP_REVOKE, (uint64_t[6]){cap_at(IN_SHARED), SHARED_STATE});
    let_go(g);
    begin_deletion(g);
    expect_forgotten(s);
}

/* The slot that is deleted lies in the CNode that goes with the caller. */
static void own_slot_deleted(void)
{
    struct guest *g = caller_new();
    uint64_t holder = make(memory, TYPE_CNODE, 1);
    EXPECT_IS(thread_configure(cap_at(target), cap_at(holder), cap_at(CAP_SELF_SPACE), 0, BELOW, BELOW), 0);
    struct guest_step *s = plan_call(g, SYS_CAP_DELETE, (uint64_t[6]){cap_at(IN_OURS), target});
    guest_go(g);
    EXPECT_IS(cap_move(cap_at(holder), 1, own_cnode(), g->tcb), 0);
    EXPECT_IS(cap_delete(own_cnode(), holder), 0);
    EXPECT_IS(cap_delete(own_cnode(), root), 0);
    expect_forgotten(s);
}

/* The untyped memory lies in a CNode that is made of it: what is revoked goes, and then there is nothing left
   to do, be that in the same entry or in a later one, and wherever in the CNode it lies. */
static void revoke_from_inside(unsigned fill, uint64_t index)
{
    uint64_t inside = temp_object(TYPE_UNTYPED, 14), untyped = temp_object(TYPE_UNTYPED, 14);
    uint64_t cnode = make(untyped, TYPE_CNODE, 8), count = fill;
    EXPECT_IS(cap_move(cap_at(cnode), index, own_cnode(), untyped), 0);
    if (fill)
        EXPECT_IS(retype(cap_at(inside), TYPE_ENDPOINT, 0, cap_at(cnode), 2, count), 0);
    EXPECT_IS(cap_revoke(cap_at(cnode), index), 0);
    EXPECT(is_gone(cnode));
    deletions_end();
    make(inside, TYPE_UNTYPED, 14);
}

static void revoked_slot_goes(void)
{
    revoke_from_inside(0, 1);
}

static void revoked_slot_goes_first(void)
{
    revoke_from_inside(200, 1);
}

static void revoked_slot_goes_late(void)
{
    revoke_from_inside(200, 255);
}

/* The slot held the right to answer a thread, which left it empty when that thread went; then its CNode goes. */
static void revoked_reply_goes(void)
{
    struct guest *g = caller_new(), *waits = guest_new(2, temp_object(TYPE_UNTYPED, 10), ACTOR_PRIORITY, 0);
    uint64_t holder = make(memory, TYPE_CNODE, 2);
    cap_t ep = new_endpoint();
    guest_plan_ipc(waits, SYS_CALL, ep, 1);
    guest_go(waits);
    EXPECT_MESSAGE(act(B, SYS_RECV, ep, 2), 0, 1);
    struct step *save = plan(B, SYS_REPLY_SAVE, cap_at(holder), 0);
    save->m.label = 1;
    go(B);
    EXPECT_RESULT(save, 0);
    struct guest_step *s = plan_call(g, SYS_CAP_REVOKE, (uint64_t[6]){cap_at(IN_HOLDER), 1});
    EXPECT_IS(cap_move(cap_at(root), IN_HOLDER, own_cnode(), holder), 0);
    let_go(g);
    goes_first = waits->tcb;
    begin_deletion(g);
    expect_forgotten(s);
}

/* A CNode that holds its own last capability is out of everybody's reach except its memory's owner's: then the
   numbers of the address spaces in it are free again, even if it is done more often than there are numbers. */
static void cnode_in_itself(void)
{
    enum { ROUNDS = 300, SPACES = 16, NUMBERS = 4095 };
    _Static_assert(ROUNDS * SPACES > NUMBERS, "or it shows nothing");
    uint64_t untyped = temp_object(TYPE_UNTYPED, 17), cnode = temp_slot();
    for (unsigned i = 0; i < ROUNDS; i++) {
        EXPECT_IS(retype(cap_at(untyped), TYPE_CNODE, 5, own_cnode(), cnode, 1), 0);
        EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), 0, SPACES), 0);
        EXPECT_IS(cap_move(cap_at(cnode), SPACES, own_cnode(), cnode), 0);
        EXPECT_IS(revoke(untyped), 0);
    }
}

static const struct test list[] = {
    {"configured", configured},
    {"state_given", state_given},
    {"frame_made", frame_made},
    {"untyped_made", untyped_made},
    {"slot_deleted", slot_deleted},
    {"revoked", revoked},
    {"own_slot_deleted", own_slot_deleted},
    {"revoked_slot_goes", revoked_slot_goes},
    {"cnode_in_itself", cnode_in_itself},
    {"revoked_slot_goes_first", revoked_slot_goes_first},
    {"revoked_slot_goes_late", revoked_slot_goes_late},
    {"revoked_reply_goes", revoked_reply_goes},
};

CASE_SET(420, delete_inside_cases)
{
    CASES("delete/inside", list);
}
