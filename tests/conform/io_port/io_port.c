/* I/O ports: the registers of the PCI host bridge, which nobody else uses. Without one the cases that read what they wrote are skipped. */
#include "frame/long.h"

enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc, PCI_LAST = 0xcff, PCI_ENABLE = 0x80000000, LAST_PORT = 0xffff };

static uint64_t range(uint64_t first, uint64_t last)
{
    return first | last << 16;
}

/* Address of a capability to those ports. */
static cap_t ports(uint64_t first, uint64_t last)
{
    return cap_at(temp_mint(CAP_IO_PORTS, RIGHT_ALL, range(first, last)));
}

/* The bridge's registers; 0: the machine has no PCI. */
static cap_t bridge(void)
{
    cap_t pci = ports(PCI_ADDRESS, PCI_LAST);
    io_out(pci, PCI_ADDRESS, 4, PCI_ENABLE);
    if (io_in(pci, PCI_ADDRESS, 4) != 0xffffffff)
        return pci;
    case_skip("the machine has no PCI");
    return 0;
}

static void read_and_write(void)
{
    cap_t pci = bridge();
    if (!pci)
        return;
    EXPECT_IS(io_out(pci, PCI_ADDRESS, 4, PCI_ENABLE), 0);
    EXPECT_IS(io_in(pci, PCI_ADDRESS, 4), PCI_ENABLE); /* bit 31 set, and it is a value */
    long id = io_in(pci, PCI_DATA, 4);
    EXPECT(id != 0 && id != 0xffffffff);
    EXPECT_IS(io_in(pci, PCI_DATA, 2), id & 0xffff);
    EXPECT_IS(io_in(pci, PCI_DATA + 2, 2), id >> 16);
    EXPECT_IS(io_in(pci, PCI_DATA + 3, 1), id >> 24);
    EXPECT_IS(io_out(pci, PCI_ADDRESS, 4, 0xabcdef0000000000), 0); /* the high half is not written */
    EXPECT_IS(io_in(pci, PCI_ADDRESS, 4), 0);
}

/* No value of a port is an error, or what the kernel says to itself when a call must be started again. */
static void every_value(void)
{
    cap_t pci = bridge();
    if (!pci)
        return;
    for (unsigned i = 0; i < 34; i++) {
        uint64_t value = i < 32 ? (2ull << i) - 1 : i == 32 ? 0x55555555 : 0xaaaaaaaa;
        EXPECT_IS(io_out(pci, PCI_ADDRESS, 4, value), 0);
        EXPECT_IS(io_in(pci, PCI_ADDRESS, 4), value);
    }
    EXPECT_IS(io_out(pci, PCI_ADDRESS, 4, 0), 0);
}

static void sizes(void)
{
    static const uint64_t bad[] = {0, 3, 5, 8, 1ul << 32 | 1, ~0ul};
    cap_t pci = ports(PCI_ADDRESS, PCI_LAST);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        EXPECT_IS(io_in(pci, PCI_ADDRESS, bad[i]), ERR_BAD_ARGUMENT);
        EXPECT_IS(io_out(pci, PCI_ADDRESS, bad[i], 0), ERR_BAD_ARGUMENT);
    }
}

/* All bytes of the access lie in the range. */
static void edges(void)
{
    cap_t pci = ports(PCI_DATA, PCI_LAST);
    for (uint64_t bytes = 1; bytes <= 4; bytes *= 2) {
        for (uint64_t port = PCI_DATA - 4; port <= PCI_LAST + 1; port++) {
            bool inside = port >= PCI_DATA && port + bytes - 1 <= PCI_LAST;
            EXPECT(inside ? io_in(pci, port, bytes) >= 0 : io_in(pci, port, bytes) == ERR_BAD_ARGUMENT);
            if (!inside)
                EXPECT_IS(io_out(pci, port, bytes, 0), ERR_BAD_ARGUMENT);
        }
    }
}

/* At the end of all ports, and numbers that are a port only in their low 16 bits. */
static void no_such_port(void)
{
    static const uint64_t bad[] = {LAST_PORT + 1, 1ul << 16 | PCI_DATA, 1ul << 32 | PCI_DATA, ~0ul, 1ul << 63};
    cap_t all = cap_at(CAP_IO_PORTS);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        EXPECT_IS(io_in(all, bad[i], 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(io_out(all, bad[i], 1, 0), ERR_BAD_ARGUMENT);
    }
    EXPECT_IS(io_in(all, LAST_PORT, 2), ERR_BAD_ARGUMENT);
    EXPECT_IS(io_in(all, LAST_PORT - 2, 4), ERR_BAD_ARGUMENT);
}

static void only_narrower(void)
{
    static const struct {
        uint64_t first, last;
        long want;
    } asked[] = {{0x100, 0x1ff, 0},
                 {0x100, 0x100, 0},
                 {0x1ff, 0x1ff, 0},
                 {0x0ff, 0x1ff, ERR_BAD_ARGUMENT},
                 {0x100, 0x200, ERR_BAD_ARGUMENT},
                 {0x180, 0x17f, ERR_BAD_ARGUMENT},
                 {0, 0, ERR_BAD_ARGUMENT},
                 {0, LAST_PORT, ERR_BAD_ARGUMENT},
                 {0x100, 1ul << 16 | 0x1ff, ERR_BAD_ARGUMENT}};
    uint64_t from = temp_mint(CAP_IO_PORTS, RIGHT_ALL, range(0x100, 0x1ff));
    for (unsigned i = 0; i < COUNT(asked); i++) {
        uint64_t to = temp_slot();
        EXPECT_IS(cap_mint(own_cnode(), to, own_cnode(), from, RIGHT_ALL, range(asked[i].first, asked[i].last)),
                  asked[i].want);
        EXPECT_IS(cap_identify(cap_at(to)), asked[i].want ? ERR_BAD_CAP : TYPE_IO_PORT);
    }
}

static void a_copy_is_the_same_range(void)
{
    cap_t pci = cap_at(temp_copy(temp_mint(CAP_IO_PORTS, RIGHT_ALL, range(PCI_DATA, PCI_LAST)), 0));
    EXPECT(io_in(pci, PCI_DATA, 1) >= 0);
    EXPECT_IS(io_in(pci, PCI_DATA - 1, 1), ERR_BAD_ARGUMENT);
}

/* A range of a range of a range: none reaches what its maker does not, though the first one does. */
static void narrowed_again_and_again(void)
{
    uint64_t from = CAP_IO_PORTS;
    for (uint64_t more = 64; more > 0; more /= 2) {
        uint64_t first = PCI_DATA - more, last = PCI_LAST + more;
        uint64_t to = temp_mint(from, RIGHT_ALL, range(first, last));
        EXPECT(io_in(cap_at(to), first, 1) >= 0 && io_in(cap_at(to), last, 1) >= 0);
        EXPECT_IS(io_in(cap_at(to), first - 1, 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(io_in(cap_at(to), last + 1, 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), to, RIGHT_ALL, range(first - 1, last)),
                  ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), to, RIGHT_ALL, range(first, last + 1)),
                  ERR_BAD_ARGUMENT);
        from = to;
    }
}

/* What was made from it stays, and it itself may not be used. */
static void deleted(void)
{
    if (!bridge())
        return;
    uint64_t wide = temp_mint(CAP_IO_PORTS, RIGHT_ALL, range(PCI_ADDRESS, PCI_LAST));
    uint64_t narrow = temp_mint(wide, RIGHT_ALL, range(PCI_DATA, PCI_LAST)), copy = temp_copy(wide, 0);
    EXPECT_IS(cap_revoke(own_cnode(), wide), 0); /* it is a copy itself, and nobody's parent */
    EXPECT_IS(cap_delete(own_cnode(), wide), 0);
    EXPECT_IS(io_in(cap_at(wide), PCI_DATA, 1), ERR_BAD_CAP);
    EXPECT_IS(io_out(cap_at(wide), PCI_ADDRESS, 4, 0), ERR_BAD_CAP);
    EXPECT(io_in(cap_at(narrow), PCI_DATA, 4) >= 0);
    EXPECT_IS(io_out(cap_at(copy), PCI_ADDRESS, 4, PCI_ENABLE), 0);
    EXPECT_IS(io_in(cap_at(copy), PCI_ADDRESS, 4), PCI_ENABLE);
    EXPECT_IS(io_in(cap_at(narrow), PCI_ADDRESS, 4), ERR_BAD_ARGUMENT);
}

static void moved(void)
{
    uint64_t from = temp_mint(CAP_IO_PORTS, RIGHT_ALL, range(PCI_DATA, PCI_LAST)), to = temp_slot();
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), from), 0);
    EXPECT_IS(io_in(cap_at(from), PCI_DATA, 1), ERR_BAD_CAP);
    EXPECT(io_in(cap_at(to), PCI_DATA, 1) >= 0);
    EXPECT_IS(io_in(cap_at(to), PCI_DATA - 1, 1), ERR_BAD_ARGUMENT);
}

/* By a message to another thread, which uses it. */
static void sent_to_another(void)
{
    uint64_t ep = temp_endpoint(), slot = temp_slot();
    struct ipc_buffer *from = buffer_new(A), *to = buffer_new(B);
    buffer_fill(from, 0, 1);
    from->caps = 1;
    from->cap[0] = ports(PCI_ADDRESS, PCI_ADDRESS + 3);
    to->receive_cnode = own_cnode();
    to->receive_index = slot;
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, cap_at(ep), 2), 0);
    EXPECT_IS(got->result, GOT_LONG);
    EXPECT_IS(io_out(cap_at(slot), PCI_ADDRESS, 4, PCI_ENABLE), 0);
    EXPECT_IS(io_in(cap_at(slot), PCI_DATA, 4), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_delete(own_cnode(), slot), 0);
}

/* The bytes of each size are those of the whole, at their place. */
static void each_size_is_its_bytes(void)
{
    cap_t pci = bridge();
    if (!pci)
        return;
    for (unsigned reg = 0; reg < 0x40; reg += 4) {
        EXPECT_IS(io_out(pci, PCI_ADDRESS, 4, PCI_ENABLE | reg), 0);
        long whole = io_in(pci, PCI_DATA, 4);
        for (unsigned byte = 0; byte < 4; byte++)
            EXPECT_IS(io_in(pci, PCI_DATA + byte, 1), whole >> 8 * byte & 0xff);
        EXPECT_IS(io_in(pci, PCI_DATA, 2), whole & 0xffff);
        EXPECT_IS(io_in(pci, PCI_DATA + 2, 2), whole >> 16 & 0xffff);
    }
    EXPECT_IS(io_out(pci, PCI_ADDRESS, 4, PCI_ENABLE | 4), 0);
    EXPECT_IS(io_out(pci, PCI_ADDRESS, 2, 0xffff), 0); /* not a write of the whole address: it goes nowhere */
    EXPECT_IS(io_in(pci, PCI_ADDRESS, 4), PCI_ENABLE | 4);
}

/* The holder of the capability still may not execute the instructions. */
static volatile uint64_t instruction_went_on;

static void in_instruction(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("inb %w0, %%al" : : "d"(PCI_DATA) : "rax");
    instruction_went_on = 1;
}

static void not_by_instruction(void)
{
    cap_t ep = new_endpoint();
    EXPECT(io_in(cap_at(CAP_IO_PORTS), PCI_DATA, 1) >= 0);
    instruction_went_on = 0;
    actor_configure(A, ACTOR_PRIORITY, ep);
    struct step *got = act(B, SYS_RECV, ep, 1);
    plan_function(A, in_instruction, 0);
    go(A);
    EXPECT_IS(got->result, GOT_MESSAGE);
    EXPECT_IS(got->m.label, FAULT_PROTECTION);
    EXPECT_IS(instruction_went_on, 0);
}

static const struct test list[] = {
    {"read_and_write", read_and_write},
    {"every_value", every_value},
    {"sizes", sizes},
    {"edges", edges},
    {"no_such_port", no_such_port},
    {"only_narrower", only_narrower},
    {"a_copy_is_the_same_range", a_copy_is_the_same_range},
    {"narrowed_again_and_again", narrowed_again_and_again},
    {"deleted", deleted},
    {"moved", moved},
    {"sent_to_another", sent_to_another},
    {"each_size_is_its_bytes", each_size_is_its_bytes},
    {"not_by_instruction", not_by_instruction},
};

CASE_SET(580, io_port_cases)
{
    CASES("io_port", list);
}
