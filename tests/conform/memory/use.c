/* Memory that is mapped: who sees what through which mapping, in one address space and in two. */
#include "frame/fault.h"

enum { PAGE = 4096, RW = RIGHT_READ | RIGHT_WRITE, RX = RIGHT_READ | RIGHT_EXECUTE, RET = 0xc3 };

static volatile uint64_t *words(uint64_t address)
{
    return (volatile uint64_t *)address; /* NOLINT: the case has mapped it */
}

static void map(uint64_t slot, cap_t space, uint64_t page, unsigned rights)
{
    EXPECT_IS(map_frame(slot, space, page, rights), 0);
}

static void two_mappings(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), first = temp_page(), second = temp_page();
    map(frame, cap_at(CAP_SELF_SPACE), first, RW);
    map(temp_copy(frame, RIGHT_READ), cap_at(CAP_SELF_SPACE), second, RIGHT_READ);
    for (unsigned i = 0; i < PAGE / 8; i++)
        words(first)[i] = pattern(1, i);
    for (unsigned i = 0; i < PAGE / 8; i++)
        EXPECT_IS(words(second)[i], pattern(1, i));
}

static void data_stays_with_the_frame(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), first = temp_page(), second = temp_page();
    map(frame, cap_at(CAP_SELF_SPACE), first, RW);
    words(first)[7] = 12345;
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    map(frame, cap_at(CAP_SELF_SPACE), second, RIGHT_READ);
    EXPECT_IS(words(second)[7], 12345);
}

static void executable(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page(), alias = temp_page();
    map(frame, cap_at(CAP_SELF_SPACE), alias, RW);
    words(alias)[0] = RET;
    map(temp_copy(frame, RIGHT_ALL), cap_at(CAP_SELF_SPACE), page, RX);
    struct step *s = plan_function(A, code_jump, page);
    go(A);
    EXPECT_DONE(s);
}

/* The last page that can be mapped, up to its last byte. */
static void last_user_page(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = USER_TOP - PAGE;
    cap_t ep = fault_endpoint();
    map(frame, cap_at(CAP_SELF_SPACE), page, RW);
    words(page)[PAGE / 8 - 1] = 99;
    EXPECT_IS(words(page)[PAGE / 8 - 1], 99);
    fault_configure(A, ep);
    fault_start(A, code_read, USER_TOP - 4); /* reaches into the page that nobody can have */
    fault_expect(ep, A, (struct fault){FAULT_PAGE, USER_TOP, 4, 14}, address_of(code_read));
}

/* A SYSCALL whose return address would be USER_TOP: nothing is mapped there, so the thread faults in ring 3. */
static void syscall_at_the_very_end(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), alias = temp_page();
    cap_t ep = fault_endpoint();
    map(frame, cap_at(CAP_SELF_SPACE), alias, RW);
    words(alias)[PAGE / 8 - 1] = 0x050f9090c031ul << 16; /* xor eax, eax; nop; nop; syscall */
    map(temp_copy(frame, RIGHT_ALL), cap_at(CAP_SELF_SPACE), USER_TOP - PAGE, RX);
    fault_configure(A, ep);
    fault_start(A, code_jump, USER_TOP - 6);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, USER_TOP, 0x14, 14}, USER_TOP);
}

/* One address, two address spaces, two frames. B is in the other one. */
static void same_address_elsewhere(void)
{
    uint64_t page = temp_page(), ours = temp_object(TYPE_FRAME, 12), theirs = temp_object(TYPE_FRAME, 12);
    actors_reset(true);
    map(ours, cap_at(CAP_SELF_SPACE), page, RW);
    map(theirs, other_space(), page, RW);
    words(page)[0] = 77;
    struct step *s = plan_function(B, code_write, page);
    go(B);
    EXPECT_DONE(s);
    EXPECT_IS(words(page)[0], 77);
    EXPECT_IS(memory_unmap(cap_at(ours)), 0);
    map(temp_copy(theirs, RIGHT_READ), cap_at(CAP_SELF_SPACE), page, RIGHT_READ);
    EXPECT_IS(words(page)[0], 1);
}

/* The other address space has the translation in its TLB when we take the page away. */
static void unmapped_elsewhere(void)
{
    uint64_t page = temp_page(), frame = temp_object(TYPE_FRAME, 12);
    cap_t ep = fault_endpoint();
    actors_reset(true);
    fault_configure(B, ep);
    map(frame, other_space(), page, RW);
    struct step *s = plan_function(B, code_write, page);
    go(B);
    EXPECT_DONE(s);
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    fault_start(B, code_read, page);
    fault_expect(ep, B, (struct fault){FAULT_PAGE, page, 4, 14}, address_of(code_read));
}

/* A space's table is deleted while threads of that space have used what it mapped. */
static void table_deleted_elsewhere(void)
{
    uint64_t page = 0x30000000, frame = temp_object(TYPE_FRAME, 12), table = temp_object(TYPE_PAGE_TABLE, 0);
    cap_t ep = fault_endpoint();
    actors_reset(true);
    fault_configure(B, ep);
    EXPECT_IS(memory_map(cap_at(table), other_space(), page, 0), 0);
    EXPECT_IS(memory_map(cap_at(frame), other_space(), page, RW), 0);
    struct step *s = plan_function(B, code_write, page);
    go(B);
    EXPECT_DONE(s);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), table), 0);
    fault_start(B, code_read, page);
    fault_expect(ep, B, (struct fault){FAULT_PAGE, page, 4, 14}, address_of(code_read));
}

static const struct test list[] = {
    {"two_mappings", two_mappings},
    {"data_stays_with_the_frame", data_stays_with_the_frame},
    {"executable", executable},
    {"last_user_page", last_user_page},
    {"syscall_at_the_very_end", syscall_at_the_very_end},
    {"same_address_elsewhere", same_address_elsewhere},
    {"unmapped_elsewhere", unmapped_elsewhere},
    {"table_deleted_elsewhere", table_deleted_elsewhere},
};

CASE_SET(180, memory_use_cases)
{
    CASES("memory", list);
}
