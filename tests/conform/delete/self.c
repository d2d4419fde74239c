/* A thread deletes what it itself needs: its TCB, its CNode, its address space. */
#include "frame/guest.h"

enum { RADIX = 4, IN_SELF = 1, IN_POOL = 2, IN_TCB = 3, IN_OURS = 5, FETCH = 0x14, CODE = 0x400000 };

static cap_t faults;

/* A guest whose root CNode is in the pool and holds itself, the pool and the guest's TCB. */
static struct guest *prepare(bool cnode_in_pool, bool tcb_in_pool)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t other = temp_object(TYPE_UNTYPED, 14);
    pool = temp_object(TYPE_UNTYPED, 14);
    faults = new_endpoint();
    uint64_t root = make(cnode_in_pool ? pool : other, TYPE_CNODE, RADIX);
    struct guest *g = guest_new_in(0, tcb_in_pool ? pool : other, root, ACTOR_PRIORITY, faults);
    EXPECT_IS(cap_copy(cap_at(root), IN_SELF, self, root, RIGHT_ALL), 0);
    EXPECT_IS(cap_move(cap_at(root), IN_POOL, self, pool), 0);
    EXPECT_IS(cap_copy(cap_at(root), IN_TCB, self, g->tcb, RIGHT_ALL), 0);
    return g;
}

static void expect_no_fault(void)
{
    struct msg m = {0};
    EXPECT_IS(ipc(SYS_RECV_NB, faults, &m), ERR_EMPTY);
}

static void expect_fault(uint64_t label)
{
    struct msg m = {0};
    EXPECT_IS(ipc(SYS_RECV_NB, faults, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, label);
}

/* First one of two capabilities to itself, then the last. */
static void own_tcb_deleted(void)
{
    struct guest *g = prepare(false, true);
    EXPECT_IS(cap_copy(cap_at(g->root), IN_OURS, cap_at(CAP_SELF_CNODE), CAP_SELF_CNODE, RIGHT_ALL), 0);
    struct guest_step *first = guest_plan(g, SYS_CAP_DELETE, cap_at(IN_SELF), IN_TCB, 0);
    struct guest_step *last = guest_plan(g, SYS_CAP_DELETE, cap_at(IN_OURS), g->tcb, 0);
    guest_go(g);
    EXPECT(first->done);
    EXPECT_IS(first->result, 0);
    EXPECT(is_gone(g->tcb) && !last->done);
    expect_no_fault();
}

/* The last capability to its CNode is in its TCB; the last to its TCB in a CNode that its own CNode holds. */
static void own_tcb_in_own_cnode(void)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t memory = temp_object(TYPE_UNTYPED, 12), root = make(memory, TYPE_CNODE, RADIX);
    uint64_t inner = make(memory, TYPE_CNODE, 1);
    struct guest *g = guest_new_in(0, memory, root, ACTOR_PRIORITY, watch_fault_ep);
    EXPECT_IS(cap_copy(cap_at(inner), 0, self, g->tcb, RIGHT_ALL), 0);
    EXPECT_IS(cap_move(cap_at(root), IN_TCB, self, inner), 0);
    EXPECT_IS(cap_copy(cap_at(root), IN_OURS, self, CAP_SELF_CNODE, RIGHT_ALL), 0);
    guest_plan(g, SYS_CAP_DELETE, cap_at(IN_OURS), g->tcb, 0);
    guest_plan(g, SYS_CAP_DELETE, cap_at(IN_OURS), root, 0);
    struct guest_step *last = guest_plan(g, SYS_CAP_DELETE, cap_at(IN_TCB), 0, 0);
    guest_go(g);
    EXPECT_IS(g->step[0].result | g->step[1].result, 0);
    EXPECT(g->step[1].done && !last->done);
    EXPECT(is_gone(g->tcb) && is_gone(root));
    make(memory, TYPE_UNTYPED, 12);
}

static void own_tcb_revoked(void)
{
    struct guest *g = prepare(false, true);
    struct guest_step *s = guest_plan(g, SYS_CAP_REVOKE, cap_at(IN_SELF), IN_POOL, 0);
    guest_go(g);
    EXPECT(is_gone(g->tcb) && !s->done);
    expect_no_fault();
}

static void own_cnode_revoked(void)
{
    struct guest *g = prepare(true, false);
    struct guest_step *s = guest_plan(g, SYS_CAP_REVOKE, cap_at(IN_SELF), IN_POOL, 0);
    struct guest_step *after = guest_plan(g, SYS_CAP_IDENTIFY, cap_at(IN_SELF), 0, 0);
    guest_go(g);
    EXPECT(s->done && is_gone(g->root));
    EXPECT_IS(s->result, 0);
    EXPECT_IS(after->result, ERR_BAD_CAP);
    expect_fault(FAULT_INSTRUCTION);
}

/* A guest revokes what was made of that memory, its own root CNode with it. */
static void own_cnode_goes_with(uint64_t memory, uint64_t root)
{
    faults = new_endpoint();
    struct guest *g = guest_new_in(0, temp_object(TYPE_UNTYPED, 10), root, ACTOR_PRIORITY, faults);
    EXPECT_IS(cap_copy(cap_at(root), IN_OURS, cap_at(CAP_SELF_CNODE), CAP_SELF_CNODE, RIGHT_ALL), 0);
    struct guest_step *s = guest_plan(g, SYS_CAP_REVOKE, cap_at(IN_OURS), memory, 0);
    guest_go(g);
    EXPECT(s->done && is_gone(root));
    EXPECT_IS(s->result, 0);
    expect_fault(FAULT_INSTRUCTION);
}

/* More than one entry can do: the CNode that the call needs to be started again goes last. What that CNode held
   may be left for the next deletion. */
static void own_cnode_in_a_long_revoke(void)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t memory = temp_object(TYPE_UNTYPED, 16), many = temp_object(TYPE_CNODE, 9);
    for (uint64_t i = 0; i < 500; i += 250)
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(many), i, 250), 0);
    uint64_t root = make(memory, TYPE_CNODE, RADIX);
    own_cnode_goes_with(memory, root);
    uint64_t to = temp_slot();
    for (uint64_t i = 0; i < 500; i++)
        EXPECT_IS(cap_move(self, to, cap_at(many), i), ERR_BAD_CAP);
    EXPECT_IS(cap_identify(cap_at(memory)), TYPE_UNTYPED);
    make(memory, TYPE_UNTYPED, 16);
}

/* A root CNode that takes more than one entry to empty: its last step is another's. */
static void own_full_cnode_revoked(void)
{
    enum { FULL_RADIX = 9 };
    uint64_t memory = temp_object(TYPE_UNTYPED, 16), inside = temp_object(TYPE_UNTYPED, 16);
    uint64_t root = make(memory, TYPE_CNODE, FULL_RADIX);
    for (uint64_t i = 8; i < 408; i += 200)
        EXPECT_IS(retype(cap_at(inside), TYPE_ENDPOINT, 0, cap_at(root), i, 200), 0);
    own_cnode_goes_with(memory, root);
    deletions_end();
    make(memory, TYPE_UNTYPED, 16);
    make(inside, TYPE_UNTYPED, 16); /* all that was made of it was there */
}

static void both_revoked(void)
{
    struct guest *g = prepare(true, true);
    struct guest_step *s = guest_plan(g, SYS_CAP_REVOKE, cap_at(IN_SELF), IN_POOL, 0);
    guest_go(g);
    EXPECT(is_gone(g->tcb) && is_gone(g->root) && !s->done);
    expect_no_fault();
}

/* edi a CNode, the upper half of rdi an index: revokes what is there. The other waits for the end of its slice.
 */
__asm__(
    ".text; far_start: mov %rdi, %rsi; shr $32, %rsi; mov %edi, %edi; mov $0x33, %eax; syscall; far_end: ud2\n"
    "far_spin: jmp far_spin; far_top:");
_Static_assert(SYS_CAP_REVOKE == 0x33, "far_start");
extern char far_start[], far_end[], far_spin[], far_top[];

/* A guest in an address space of the pool, where only that code is. */
static struct guest *in_own_space(const char *entry, unsigned priority, uint64_t rdi)
{
    unsigned rw = RIGHT_READ | RIGHT_WRITE, rx = RIGHT_READ | RIGHT_EXECUTE;
    uint64_t space = make(pool, TYPE_ADDRESS_SPACE, 0), frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    uint64_t alias = temp_copy(frame, RIGHT_ALL);
    struct guest *g = guest_new(0, temp_object(TYPE_UNTYPED, 10), priority, faults);
    EXPECT_IS(map_frame(alias, cap_at(CAP_SELF_SPACE), page, rw), 0);
    memcpy((void *)page, far_start, (size_t)(far_top - far_start)); /* NOLINT: mapped just now */
    EXPECT_IS(map_frame(frame, cap_at(space), CODE, rx), 0);
    EXPECT_IS(
        thread_configure(cap_at(g->tcb), cap_at(CAP_SELF_CNODE), cap_at(space), faults, priority, priority), 0);
    EXPECT_IS(thread_set_entry(cap_at(g->tcb), CODE + (uint64_t)(entry - far_start), CODE, rdi), 0);
    return g;
}

static void expect_nothing_mapped(uint64_t rip)
{
    struct msg m = {0};
    EXPECT_IS(ipc(SYS_RECV_NB, faults, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, FAULT_PAGE);
    EXPECT_IS(m.word[0], rip);
    EXPECT_IS(m.word[1], rip);
    EXPECT_IS(m.word[2], FETCH);
}

/* It comes back from its system call to a page that is no more. */
static void own_space_revoked(void)
{
    pool = temp_object(TYPE_UNTYPED, 12);
    faults = new_endpoint();
    guest_go(in_own_space(far_start, ACTOR_PRIORITY, cap_at(CAP_SELF_CNODE) | pool << 32));
    expect_nothing_mapped(CODE + (uint64_t)(far_end - far_start));
    make(pool, TYPE_UNTYPED, 12);
}

/* The space of a thread that is ready, and that the timer had interrupted. */
static void space_of_another_revoked(void)
{
    pool = temp_object(TYPE_UNTYPED, 12);
    faults = new_endpoint();
    guest_go(in_own_space(far_spin, RUNNER_PRIORITY, 0));
    thread_yield();
    EXPECT_IS(revoke(pool), 0);
    thread_yield();
    expect_nothing_mapped(CODE + (uint64_t)(far_spin - far_start));
    make(pool, TYPE_UNTYPED, 12);
}

static const struct test list[] = {
    {"own_tcb_deleted", own_tcb_deleted},
    {"own_tcb_in_own_cnode", own_tcb_in_own_cnode},
    {"own_tcb_revoked", own_tcb_revoked},
    {"own_cnode_revoked", own_cnode_revoked},
    {"own_cnode_in_a_long_revoke", own_cnode_in_a_long_revoke},
    {"own_full_cnode_revoked", own_full_cnode_revoked},
    {"both_revoked", both_revoked},
    {"own_space_revoked", own_space_revoked},
    {"space_of_another_revoked", space_of_another_revoked},
};

CASE_SET(410, delete_self_cases)
{
    CASES("delete/self", list);
}
