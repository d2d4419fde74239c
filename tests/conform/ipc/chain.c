/* Call chains: a thousand threads, each of which calls the next before it answers. */
#include "frame/guest.h"

enum { MOST = 1000, MOST_CHECKED = 60, SEED = 7 };

/* A link receives at `recv`, calls `next`, answers, and so on; rbp, which no IPC changes, points here. */
struct link {
    cap_t recv, next;
};

static struct link links[MOST];
static unsigned count;
static uint64_t tcbs, eps;
static unsigned root_bits;
cap_t chain_park; /* where a link goes whose call was cut off, which drops its own caller */
volatile uint64_t chain_canceled;

__asm__(".text; chain_start: mov %rdi, %rbp; mov (%rbp), %rdi; mov $2, %eax; syscall\n"
        "1: test %rax, %rax; jnz 2f; inc %rsi; mov 8(%rbp), %rdi; mov $3, %eax; syscall\n\t"
        "test %rax, %rax; jnz 2f; inc %rsi; mov (%rbp), %rdi; mov $8, %eax; syscall; jmp 1b\n"
        "2: lock incq chain_canceled(%rip)\n"
        "3: mov chain_park(%rip), %rdi; mov $2, %eax; syscall; jmp 3b");
_Static_assert(SYS_RECV == 2 && SYS_CALL == 3 && SYS_REPLY_RECV == 8, "chain_start");
void chain_start(uint64_t link);

static cap_t nested(uint64_t cnode, unsigned i)
{
    return cap_at(cnode) | (uint64_t)(i + 1) << root_bits; /* slot 0 has no address there */
}

static cap_t tcb(unsigned i)
{
    return nested(tcbs, i);
}

/* Link i serves at endpoint i and calls at endpoint i + 1. */
static void start_link(unsigned i, cap_t next, unsigned priority)
{
    links[i] = (struct link){nested(eps, i), next};
    EXPECT_IS(thread_configure(tcb(i), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0, priority, priority),
              0);
    EXPECT_IS(thread_set_entry(tcb(i), (uint64_t)(uintptr_t)chain_start, 0, (uint64_t)(uintptr_t)&links[i]), 0);
    EXPECT_IS(thread_resume(tcb(i)), 0);
}

static void prepare(cap_t last, unsigned priority)
{
    count = boot_info->checked ? MOST_CHECKED : MOST;
    root_bits = (unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count);
    pool = temp_object(TYPE_UNTYPED, 21);
    eps = temp_object(TYPE_CNODE, 11);
    chain_park = new_endpoint();
    tcbs = temp_object(TYPE_CNODE, 11); /* the last, so that they go first */
    chain_canceled = 0;
    for (unsigned i = 0; i < count; i += 20) {
        EXPECT_IS(retype(cap_at(pool), TYPE_TCB, 0, cap_at(tcbs), i + 1, 20), 0);
        EXPECT_IS(retype(cap_at(pool), TYPE_ENDPOINT, 0, cap_at(eps), i + 1, 20), 0);
    }
    for (unsigned i = 0; i < count; i++)
        start_link(i, i + 1 < count ? nested(eps, i + 1) : last, priority);
    quiesce();
}

/* The runner is behind the last link. */
static struct step *reach_the_end(cap_t last)
{
    struct msg m = {0};
    struct step *call = act(A, SYS_CALL, nested(eps, 0), SEED);
    quiesce();
    EXPECT_WAITS(call);
    EXPECT_IS(ipc(SYS_RECV_NB, last, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, pattern(SEED, 8) + count);
    EXPECT_IS(m.word[7], pattern(SEED, 7));
    return call;
}

static void down_and_back(unsigned priority)
{
    cap_t last = new_endpoint();
    prepare(last, priority);
    for (uint64_t round = 0; round < 2; round++) {
        struct step *call = reach_the_end(last);
        struct msg m = pattern_msg(50 + round);
        EXPECT_IS(ipc_reply(&m), 0);
        quiesce();
        EXPECT_DONE(call);
        EXPECT_IS(call->m.label, pattern(50 + round, 8) + count);
        EXPECT_IS(call->m.word[0], pattern(50 + round, 0));
    }
    EXPECT_IS(chain_canceled, 0);
}

static void more_urgent(void)
{
    down_and_back(ACTOR_PRIORITY);
}

static void less_urgent(void)
{
    down_and_back(BELOW);
}

/* One in the middle goes: all before it learn that no answer comes, one after the other; those behind it end
 * their calls. */
static void middle_deleted(void)
{
    cap_t last = new_endpoint();
    prepare(last, ACTOR_PRIORITY);
    struct step *call = reach_the_end(last);
    unsigned middle = count / 2;
    EXPECT_IS(cap_delete(cap_at(tcbs), middle + 1), 0);
    quiesce();
    EXPECT_CANCELED(call);
    EXPECT_IS(chain_canceled, middle);
    struct msg m = pattern_msg(3);
    EXPECT_IS(ipc_reply(&m), 0);
    quiesce();
    EXPECT_IS(chain_canceled, middle);
    /* The half behind it serves on. */
    call = act(B, SYS_CALL, nested(eps, middle + 1), SEED);
    EXPECT_IS(ipc_recv(last, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, pattern(SEED, 8) + count - middle - 1);
    EXPECT_IS(ipc_reply(&m), 0);
    quiesce();
    EXPECT_DONE(call);
}

/* The end drops the call. */
static void dropped_at_the_end(void)
{
    cap_t last = new_endpoint();
    struct msg m = {0};
    prepare(last, ACTOR_PRIORITY);
    struct step *call = reach_the_end(last);
    EXPECT_IS(ipc(SYS_RECV_NB, last, &m), ERR_EMPTY); /* it changes nothing: the right to answer stays */
    EXPECT_WAITS(call);
    struct step *other = act(B, SYS_SEND, last, 9);
    EXPECT_IS(ipc_recv(last, &m), GOT_MESSAGE);
    EXPECT_RESULT(other, 0);
    quiesce();
    EXPECT_CANCELED(call);
    EXPECT_IS(chain_canceled, count);
}

/* The last calls the first, which waits: nobody goes on until one is stopped. */
static void circular(void)
{
    prepare(0, ACTOR_PRIORITY);
    links[count - 1].next = nested(eps, 0);
    struct step *call = act(A, SYS_CALL, nested(eps, 0), SEED);
    quiesce();
    EXPECT_WAITS(call);
    EXPECT_IS(chain_canceled, 0);
    EXPECT_RESULT(act(B, SYS_NULL, 0, 1), 0);
    EXPECT_IS(thread_suspend(tcb(count / 2)), 0);
    EXPECT_IS(thread_resume(tcb(count / 2)), 0);
    quiesce();
    EXPECT_CANCELED(call);
    EXPECT_IS(chain_canceled, count / 2 + 1);
}

static void all_revoked(void)
{
    cap_t last = new_endpoint();
    struct msg m = {0};
    prepare(last, ACTOR_PRIORITY);
    struct step *call = reach_the_end(last);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_CANCELED(call);
    EXPECT_IS(ipc_reply(&m), ERR_NO_CALLER);
    make(pool, TYPE_UNTYPED, 21);
}

/* The endpoint that a call came by goes before the answer. */
static void endpoint_gone_meanwhile(void)
{
    uint64_t ep = temp_endpoint(), by = temp_mint(ep, RIGHT_SEND, 5);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1), *call = act(A, SYS_CALL, cap_at(by), 2);
    EXPECT_MESSAGE(got, 5, 2);
    EXPECT_IS(revoke(ep), 0);
    EXPECT_WAITS(call);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), ep), 0);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT_RESULT(act(A, SYS_CALL, cap_at(by), 4), ERR_BAD_CAP);
}

static const struct test list[] = {
    {"more_urgent", more_urgent},
    {"less_urgent", less_urgent},
    {"middle_deleted", middle_deleted},
    {"dropped_at_the_end", dropped_at_the_end},
    {"circular", circular},
    {"all_revoked", all_revoked},
    {"endpoint_gone_meanwhile", endpoint_gone_meanwhile},
};

CASE_SET(870, ipc_chain_cases)
{
    CASES("ipc/chain", list);
}
