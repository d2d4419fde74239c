/* What the CPU has in its TLB must not outlive the mapping (SDM vol. 3, 4.10.4): a page of 4 KiB and one of 2
   MiB that a thread has used are taken away, replaced, protected; their tables and address spaces go. In the
   address space that asks and in another one, whose translations may be kept under its number. */
#include "frame/guest.h"
#include "frame/large.h"

enum { READ_ABSENT = 4, WRITE_PRESENT = 7, CANDIDATES = 20, CODE = 0x400000 };

static struct setting {
    unsigned bits, who; /* size of the page; the actor that uses it: B is in the other address space */
    cap_t space, faults;
    uint64_t frame, alias, table[3]; /* alias: where we see the frame, or a page of it */
    unsigned tables;
} now;

static uint64_t size(void)
{
    return 1ul << now.bits;
}

/* Where we see frames: not in the gigabyte of the page under test. */
static uint64_t alias_at(unsigned k)
{
    return AREA + (1ul << HUGE_BITS) + k * (uint64_t)LARGE;
}

static uint64_t seen(uint64_t frame, unsigned k)
{
    area_map(temp_copy(frame, RIGHT_ALL), cap_at(CAP_SELF_SPACE), alias_at(k), RW);
    return alias_at(k);
}

static void touch(void (*code)(uint64_t), uint64_t address)
{
    fault_configure(now.who, now.faults);
    struct step *s = plan_function(now.who, code, address);
    go(now.who);
    EXPECT_DONE(s);
}

static void faults_with(void (*code)(uint64_t), uint64_t address, uint64_t error)
{
    fault_configure(now.who, now.faults);
    fault_start(now.who, code, address);
    fault_expect(now.faults, now.who, (struct fault){FAULT_PAGE, address, error, 14}, address_of(code));
}

/* The last word of the page: within a large one it is far from its first. */
static uint64_t last_word(void)
{
    return AREA + size() - 8;
}

static void begin(unsigned bits, bool cross)
{
    actors_reset(cross);
    now = (struct setting){
        .bits = bits, .who = cross ? B : A, .space = cross ? other_space() : cap_at(CAP_SELF_SPACE)};
    now.faults = fault_endpoint();
    now.tables = area_tables(now.space, AREA, bits, now.table);
    now.frame = temp_object(TYPE_FRAME, bits);
    now.alias = seen(now.frame, 0);
    EXPECT_IS(memory_map(cap_at(now.frame), now.space, AREA, RW), 0);
    touch(code_write, AREA);
    touch(code_write, last_word());
    EXPECT_IS(words(now.alias)[0], 1);
}

static void all_gone(void)
{
    faults_with(code_read, last_word(), READ_ABSENT);
    faults_with(code_read, AREA, READ_ABSENT);
}

static void unmapped(void)
{
    EXPECT_IS(memory_unmap(cap_at(now.frame)), 0);
    all_gone();
}

static void deleted(void)
{
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), now.frame), 0);
    all_gone();
}

/* Another frame at the same address: what is written there goes into it. */
static void replaced(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, now.bits), there = seen(frame, 1);
    words(now.alias)[0] = words(now.alias)[size() / 8 - 1] = 0;
    EXPECT_IS(memory_unmap(cap_at(now.frame)), 0);
    EXPECT_IS(memory_map(cap_at(frame), now.space, AREA, RW), 0);
    touch(code_write, AREA);
    touch(code_write, last_word());
    EXPECT_IS(words(now.alias)[0] | words(now.alias)[size() / 8 - 1], 0);
    EXPECT_IS(words(there)[0] & words(there)[size() / 8 - 1], 1);
}

static void protected(void)
{
    EXPECT_IS(memory_protect(cap_at(now.frame), RO), 0);
    faults_with(code_write, last_word(), WRITE_PRESENT);
    faults_with(code_write, AREA, WRITE_PRESENT);
    touch(code_read, AREA);
    EXPECT_IS(memory_protect(cap_at(now.frame), RW), 0);
    touch(code_write, last_word());
}

/* A paging structure above it: what it held is forgotten, and so is that it was there. */
static void table_deleted(void)
{
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), now.table[now.tables - 1]), 0);
    all_gone();
}

static void table_unmapped(void)
{
    uint64_t table = now.table[now.tables - 1];
    EXPECT_IS(memory_unmap(cap_at(table)), 0);
    all_gone();
    EXPECT_IS(memory_map(cap_at(table), now.space, AREA, 0), 0);
    all_gone();
}

/* The table of small pages, and a large page in its place; or the reverse. */
static void other_size(void)
{
    unsigned bits = now.bits == PAGE_BITS ? LARGE_BITS : PAGE_BITS;
    uint64_t frame = temp_object(TYPE_FRAME, bits), there = seen(frame, 1);
    words(now.alias)[0] = 0;
    EXPECT_IS(memory_unmap(cap_at(now.frame)), 0);
    if (now.bits == PAGE_BITS)
        EXPECT_IS(memory_unmap(cap_at(now.table[now.tables - 1])), 0);
    area_map(frame, now.space, AREA, RW);
    touch(code_write, AREA);
    EXPECT_IS(words(now.alias)[0], 0);
    EXPECT_IS(words(there)[0], 1);
}

static void run_each(void (*const tests[])(void), const char *const names[], unsigned count)
{
    for (unsigned i = 0; i < count * 4; i++) {
        unsigned bits = i & 1 ? LARGE_BITS : PAGE_BITS;
        bool cross = i & 2;
        if (!case_begin("memory/tlb/%s_%s_%s", names[i / 4], i & 1 ? "2m" : "4k", cross ? "elsewhere" : "here"))
            continue;
        begin(bits, cross);
        tests[i / 4]();
        case_end();
    }
}

/* ---- A number of an address space is given away again when all others have been (4095 of them): nothing of
   the space that had it before may be known under it. Each space runs one guest, whose code is `mov
   (%rdi),%rax; ud2`. */

static uint64_t code_frame, space_memory;
static struct guest *visitor;

static void build(uint64_t space)
{
    area_map(temp_copy(code_frame, RIGHT_ALL), cap_at(space), CODE, RX);
    area_tables(cap_at(space), AREA, PAGE_BITS, NULL);
}

/* Runs the guest in that space; the label of the fault that it ends with. */
static uint64_t visit(uint64_t space, uint64_t address)
{
    struct msg m = {0};
    cap_t tcb = cap_at(visitor->tcb);
    EXPECT_IS(thread_suspend(tcb), 0);
    EXPECT_IS(thread_configure(tcb, cap_at(CAP_SELF_CNODE), cap_at(space), now.faults, ACTOR_PRIORITY,
                               ACTOR_PRIORITY),
              0);
    EXPECT_IS(thread_set_entry(tcb, CODE, 0, address), 0);
    EXPECT_IS(thread_resume(tcb), 0);
    EXPECT_IS(ipc(SYS_RECV_NB, now.faults, &m), GOT_MESSAGE);
    return m.label;
}

/* The guest holds no space any more but ours. */
static void leave(void)
{
    cap_t tcb = cap_at(visitor->tcb);
    EXPECT_IS(thread_suspend(tcb), 0);
    EXPECT_IS(thread_configure(tcb, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0, 5, 5), 0);
}

static void prepare_visits(void)
{
    now = (struct setting){.faults = fault_endpoint()};
    code_frame = temp_object(TYPE_FRAME, PAGE_BITS);
    words(seen(code_frame, 0))[0] = 0x0b0f078b48; /* mov (%rdi),%rax; ud2 */
    visitor = guest_new(0, pool_new(), ACTOR_PRIORITY, now.faults);
    space_memory = temp_object(TYPE_UNTYPED, 13);
}

/* Numbers go round: takes this many of them, and gives each back. */
static void use_up_numbers(unsigned count)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 12);
    for (unsigned i = 0; i < count; i++) {
        uint64_t to = make(memory, TYPE_ADDRESS_SPACE, 0);
        EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), to), 0);
        temp_drop();
    }
}

static void number_given_again(void)
{
    prepare_visits();
    uint64_t space = make(space_memory, TYPE_ADDRESS_SPACE, 0), frame = temp_object(TYPE_FRAME, PAGE_BITS);
    build(space);
    EXPECT_IS(memory_map(cap_at(frame), cap_at(space), AREA, RO), 0);
    EXPECT_IS(visit(space, AREA), FAULT_INSTRUCTION); /* it could read */
    EXPECT_IS(visit(space, AREA + PAGE), FAULT_PAGE);
    leave();
    EXPECT_IS(revoke(space_memory), 0);
    use_up_numbers(4095 - CANDIDATES);
    for (unsigned i = 0; i < 2 * CANDIDATES; i++) {
        uint64_t next = temp_object(TYPE_ADDRESS_SPACE, 0);
        area_map(temp_copy(code_frame, RIGHT_ALL), cap_at(next), CODE, RX);
        EXPECT_IS(visit(next, AREA), FAULT_PAGE);
        leave();
        EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), next), 0);
    }
}

/* Read by us, without a switch on the way that makes the CPU forget by itself. */
static void table_put_back(void)
{
    uint64_t table[3], frame = temp_object(TYPE_FRAME, PAGE_BITS);
    unsigned made = area_tables(cap_at(CAP_SELF_SPACE), AREA, PAGE_BITS, table);
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), AREA, RW), 0);
    words(AREA)[0] = 1;
    EXPECT_IS(memory_unmap(cap_at(table[made - 1])), 0);
    EXPECT_IS(memory_map(cap_at(table[made - 1]), cap_at(CAP_SELF_SPACE), AREA, 0), 0);
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, PAGE_BITS), cap_at(CAP_SELF_SPACE), AREA, RO), 0);
    EXPECT_IS(words(AREA)[0], 0);
}

static void (*const tests[])(void) = {unmapped,      deleted,        replaced,  protected,
                                      table_deleted, table_unmapped, other_size};
static const char *const names[] = {"unmapped",      "deleted",        "replaced",  "protected",
                                    "table_deleted", "table_unmapped", "other_size"};
static const struct test list[] = {
    {"number_given_again", number_given_again},
    {"table_put_back", table_put_back},
};

CASE_SET(730, memory_tlb_cases)
{
    run_each(tests, names, COUNT(tests));
    CASES("memory/tlb", list);
}
