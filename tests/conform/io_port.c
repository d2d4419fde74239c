/* I/O ports: the registers of the PCI host bridge, which every machine here has and nobody else uses. */
#include "conform.h"

enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc, PCI_LAST = 0xcff, PCI_ENABLE = 0x80000000, LAST_PORT = 0xffff };

static cap_t self(void)
{
    return cap_at(CAP_SELF_CNODE);
}

static uint64_t range(uint64_t first, uint64_t last)
{
    return first | last << 16;
}

/* Address of a capability to those ports. */
static cap_t ports(uint64_t first, uint64_t last)
{
    return cap_at(temp_mint(CAP_IO_PORTS, RIGHT_ALL, range(first, last)));
}

static void read_and_write(void)
{
    cap_t pci = ports(PCI_ADDRESS, PCI_LAST);
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
        EXPECT_IS(cap_mint(self(), to, self(), from, RIGHT_ALL, range(asked[i].first, asked[i].last)),
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

static const struct test list[] = {
    {"read_and_write", read_and_write},
    {"sizes", sizes},
    {"edges", edges},
    {"no_such_port", no_such_port},
    {"only_narrower", only_narrower},
    {"a_copy_is_the_same_range", a_copy_is_the_same_range},
};

void io_port_cases(void)
{
    CASES("io_port", list);
}
