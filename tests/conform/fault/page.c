/* Page faults: each kind of access, what the message says, and that the handler's mapping repairs it. */
#include "frame/fault.h"

enum {
    PAGE = 4096,
    RW = RIGHT_READ | RIGHT_WRITE,
    PRESENT = 1, /* of the CPU's error code (SDM vol. 3, 4.7) */
    WRITE = 2,
    USER = 4,
    FETCH = 16,
    VECTOR = 14,
};

static cap_t ep;

static void begin(void)
{
    ep = fault_endpoint();
    fault_configure(A, ep);
}

static void expect_page_fault(void (*code)(uint64_t), uint64_t address, uint64_t error)
{
    struct step *s = fault_start(A, code, address);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, address, error, VECTOR},
                 error & FETCH ? address : address_of(code));
    EXPECT_WAITS(s);
    fault_configure(A, ep);
}

static cap_t map_new(uint64_t page, unsigned rights)
{
    cap_t frame = cap_at(temp_object(TYPE_FRAME, 12));
    EXPECT_IS(memory_map(frame, cap_at(CAP_SELF_SPACE), page, rights), 0);
    return frame;
}

static void unmapped(void)
{
    begin();
    uint64_t page = temp_page();
    expect_page_fault(code_read, page, USER);
    expect_page_fault(code_write, page + 8, USER | WRITE);
    expect_page_fault(code_jump, page + 5, USER | FETCH);
    expect_page_fault(code_read, 0, USER);
    expect_page_fault(code_write, USER_TOP - 8, USER | WRITE);
    expect_page_fault(code_read, USER_TOP, USER);
    expect_page_fault(code_jump, USER_TOP, USER | FETCH);
}

static void read_only(void)
{
    begin();
    uint64_t page = temp_page();
    map_new(page, RIGHT_READ);
    expect_page_fault(code_write, page, USER | WRITE | PRESENT);
    expect_page_fault(code_jump, page, USER | FETCH | PRESENT);
}

static void not_executable(void)
{
    begin();
    uint64_t page = temp_page();
    map_new(page, RW);
    expect_page_fault(code_jump, page, USER | FETCH | PRESENT);
}

static void not_writable_text(void)
{
    begin();
    expect_page_fault(code_write, address_of(code_read), USER | WRITE | PRESENT);
}

static void executable_not_writable(void)
{
    begin();
    uint64_t page = temp_page();
    map_new(page, RIGHT_READ | RIGHT_EXECUTE);
    expect_page_fault(code_write, page, USER | WRITE | PRESENT);
}

/* Present for the kernel or not: ring 3 gets nowhere. The error code tells which, so it is not looked at. */
static void kernel_addresses(void)
{
    static const uint64_t addresses[] = {0xffff800000000000, 0xffff800000200000, 0xffffffff80000000,
                                         0xffffffff80200000, 0xffffffffffe00000, 0xfffffffffffff000};
    static void (*const codes[])(uint64_t) = {code_read, code_write, code_jump};
    begin();
    for (unsigned i = 0; i < COUNT(addresses); i++) {
        for (unsigned k = 0; k < COUNT(codes); k++) {
            struct msg m = {0};
            fault_start(A, codes[k], addresses[i]);
            EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
            EXPECT(m.label == FAULT_PAGE && m.word[0] == addresses[i] && (m.word[2] & USER) != 0);
            fault_configure(A, ep);
        }
    }
}

static void handler_maps(void)
{
    begin();
    uint64_t page = temp_page();
    struct step *s = fault_start(A, code_write, page + 16);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, page + 16, USER | WRITE, VECTOR}, address_of(code_write));
    map_new(page, RW);
    EXPECT_WAITS(s);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
    EXPECT_IS(*(volatile uint64_t *)(page + 16), 1); /* NOLINT: mapped just now */
}

static void handler_does_nothing(void)
{
    begin();
    uint64_t page = temp_page();
    struct step *s = fault_start(A, code_read, page);
    for (int i = 0; i < 3; i++) {
        fault_expect(ep, A, (struct fault){FAULT_PAGE, page, USER, VECTOR}, address_of(code_read));
        EXPECT_IS(fault_reply(), 0);
        EXPECT_WAITS(s);
    }
}

/* A translation that the CPU has seen must not outlive its mapping. */
static void unmapped_again(void)
{
    begin();
    uint64_t page = temp_page();
    cap_t frame = map_new(page, RW);
    struct step *s = plan_function(A, code_write, page);
    go(A);
    EXPECT_DONE(s);
    EXPECT_IS(memory_unmap(frame), 0);
    expect_page_fault(code_read, page, USER);
    expect_page_fault(code_write, page, USER | WRITE);
}

static void deleted_frame(void)
{
    begin();
    uint64_t page = temp_page();
    cap_t frame = map_new(page, RW);
    struct step *s = plan_function(A, code_write, page);
    go(A);
    EXPECT_DONE(s);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), frame >> SLOT_BITS), 0);
    expect_page_fault(code_read, page, USER);
}

/* First writable, then, mapped again, read-only: the old right is gone. */
static void right_taken_away(void)
{
    begin();
    uint64_t page = temp_page();
    cap_t frame = map_new(page, RW);
    *(volatile uint64_t *)page = 5; /* NOLINT: mapped just now */
    EXPECT_IS(memory_unmap(frame), 0);
    EXPECT_IS(memory_map(frame, cap_at(CAP_SELF_SPACE), page, RIGHT_READ), 0);
    EXPECT_IS(*(volatile uint64_t *)page, 5); /* NOLINT: mapped just now */
    expect_page_fault(code_write, page, USER | WRITE | PRESENT);
}

static const struct test list[] = {
    {"unmapped", unmapped},
    {"read_only", read_only},
    {"not_executable", not_executable},
    {"not_writable_text", not_writable_text},
    {"executable_not_writable", executable_not_writable},
    {"kernel_addresses", kernel_addresses},
    {"handler_maps", handler_maps},
    {"handler_does_nothing", handler_does_nothing},
    {"unmapped_again", unmapped_again},
    {"deleted_frame", deleted_frame},
    {"right_taken_away", right_taken_away},
};

CASE_SET(200, fault_page_cases)
{
    CASES("fault/page", list);
}
