/* memory_protect: rights of a mapped page change at once, for any thread that has used it. */
#include "frame/fault.h"

enum {
    PAGE = 4096,
    RO = RIGHT_READ,
    RW = RIGHT_READ | RIGHT_WRITE,
    RX = RIGHT_READ | RIGHT_EXECUTE,
    RET = 0xc3
};
enum { WRITE_PRESENT = 7, FETCH_PRESENT = 0x15 };

static cap_t faults;

static long protect(uint64_t frame, uint64_t rights)
{
    return syscall2(SYS_MEMORY_PROTECT, cap_at(frame), rights);
}

static void works(unsigned who, void (*code)(uint64_t), uint64_t address)
{
    fault_configure(who, faults);
    struct step *s = plan_function(who, code, address);
    go(who);
    EXPECT_DONE(s);
}

static void faults_with(unsigned who, void (*code)(uint64_t), uint64_t address, uint64_t error)
{
    fault_configure(who, faults);
    fault_start(who, code, address);
    fault_expect(faults, who, (struct fault){FAULT_PAGE, address, error, 14},
                 code == code_jump ? address : address_of(code));
}

/* Each right after each other one. In its own address space and in another one; `who` has it in its TLB. */
static void every_change(unsigned who, cap_t space)
{
    static const uint64_t all[] = {RO, RW, RX};
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    uint64_t alias = temp_copy(frame, RIGHT_ALL), there = temp_page();
    faults = fault_endpoint();
    EXPECT_IS(map_frame(alias, cap_at(CAP_SELF_SPACE), there, RW), 0);
    *(volatile uint8_t *)there = RET; /* NOLINT: mapped just now */
    EXPECT_IS(map_frame(frame, space, page, RW), 0);
    for (unsigned i = 0; i < 9; i++) {
        uint64_t from = all[i / 3], to = all[i % 3];
        EXPECT_IS(protect(frame, from), 0);
        works(who, code_read, page);
        if (from == RW)
            works(who, code_write, page);
        *(volatile uint8_t *)there = RET; /* NOLINT: still mapped, with its own rights */
        if (from == RX)
            works(who, code_jump, page);
        EXPECT_IS(protect(frame, to), 0);
        works(who, code_read, page);
        if (to == RX)
            works(who, code_jump, page);
        else
            faults_with(who, code_jump, page, FETCH_PRESENT);
        if (to == RW)
            works(who, code_write, page);
        else
            faults_with(who, code_write, page, WRITE_PRESENT);
    }
}

static void here(void)
{
    every_change(A, cap_at(CAP_SELF_SPACE));
}

static void elsewhere(void)
{
    actors_reset(true);
    every_change(B, other_space());
}

/* We ourselves, who call it, see it at the next instruction. */
static void of_the_caller(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    volatile uint64_t *word = (volatile uint64_t *)page; /* NOLINT: mapped next */
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), page, RO), 0);
    EXPECT_IS(*word, 0);
    EXPECT_IS(protect(frame, RW), 0);
    *word = 5;
    EXPECT_IS(protect(frame, RO), 0);
    EXPECT_IS(*word, 5);
    faults = fault_endpoint();
    faults_with(A, code_write, page, WRITE_PRESENT);
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
}

/* A reply resumes the thread: with the right given meanwhile its instruction works. */
static void handler_gives_right(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    faults = fault_endpoint();
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), page, RO), 0);
    fault_configure(A, faults);
    struct step *s = fault_start(A, code_write, page);
    fault_expect(faults, A, (struct fault){FAULT_PAGE, page, WRITE_PRESENT, 14}, address_of(code_write));
    EXPECT_IS(protect(frame, RW), 0);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

static void rights_that_do_not_go(void)
{
    static const uint64_t rights[] = {0,
                                      RIGHT_WRITE,
                                      RIGHT_EXECUTE,
                                      RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE,
                                      RIGHT_READ | RIGHT_SEND,
                                      RIGHT_ALL,
                                      RIGHT_READ | 0x100,
                                      RIGHT_READ | 1ul << 32,
                                      ~0ul};
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), page, RW), 0);
    for (unsigned i = 0; i < COUNT(rights); i++)
        EXPECT_IS(protect(frame, rights[i]), ERR_BAD_ARGUMENT);
    *(volatile uint64_t *)page = 1; /* NOLINT: as before */
}

static void rights_of_the_capability(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    uint64_t ro = temp_copy(frame, RO), rw = temp_copy(frame, RW);
    EXPECT_IS(map_frame(ro, cap_at(CAP_SELF_SPACE), page, RO), 0);
    EXPECT_IS(protect(ro, RW), ERR_NO_RIGHT);
    EXPECT_IS(protect(ro, RX), ERR_NO_RIGHT);
    EXPECT_IS(protect(ro, RO), 0);
    EXPECT_IS(protect(rw, RX), ERR_NO_RIGHT);
    EXPECT_IS(protect(rw, RW), ERR_NOT_MAPPED); /* a copy has no mapping */
    EXPECT_IS(protect(temp_copy(frame, RIGHT_WRITE), RO), ERR_NO_RIGHT);
}

static void mapping_that_is_gone(void)
{
    cap_t space = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
    uint64_t frame = temp_object(TYPE_FRAME, 12), second = temp_object(TYPE_FRAME, 12), table = 0;
    for (unsigned level = 0; level < 3; level++) {
        table = temp_object(TYPE_PAGE_TABLE, 0);
        EXPECT_IS(memory_map(cap_at(table), space, 0x400000, 0), 0);
    }
    EXPECT_IS(protect(frame, RO), ERR_NOT_MAPPED);
    EXPECT_IS(memory_map(cap_at(frame), space, 0x400000, RW), 0);
    EXPECT_IS(protect(frame, RO), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), table), 0);
    EXPECT_IS(protect(frame, RW), ERR_NOT_MAPPED);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_PAGE_TABLE, 0)), space, 0x400000, 0), 0);
    EXPECT_IS(protect(frame, RW), ERR_NOT_MAPPED);
    EXPECT_IS(memory_map(cap_at(second), space, 0x400000, RW), 0);
    EXPECT_IS(protect(frame, RW), ERR_NOT_MAPPED); /* another frame is there */
    EXPECT_IS(protect(second, RX), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), space >> SLOT_BITS), 0);
    EXPECT_IS(protect(second, RO), ERR_NOT_MAPPED);
}

static void errors(void)
{
    EXPECT_IS(protect(zoo(TYPE_PAGE_TABLE), RO), ERR_WRONG_TYPE);
    EXPECT_IS(protect(zoo(TYPE_ENDPOINT), RO), ERR_WRONG_TYPE);
    EXPECT_IS(protect(temp_slot(), RO), ERR_BAD_CAP);
    EXPECT_IS(syscall2(SYS_MEMORY_PROTECT, cap_at(zoo(TYPE_FRAME)) | 1, RO), ERR_BAD_CAP);
}

static const struct test list[] = {
    {"here", here},
    {"elsewhere", elsewhere},
    {"of_the_caller", of_the_caller},
    {"handler_gives_right", handler_gives_right},
    {"rights_that_do_not_go", rights_that_do_not_go},
    {"rights_of_the_capability", rights_of_the_capability},
    {"mapping_that_is_gone", mapping_that_is_gone},
    {"errors", errors},
};

CASE_SET(500, memory_protect_cases)
{
    CASES("memory/protect", list);
}
