/* Interrupts of a PCI device, by its line and by message: QEMU's edu (docs/specs/edu.txt there), which raises
   one when a register is written. tests/run.py adds it to the machine; without it these cases are
   skipped. */
#include "frame/irq.h"

#include "frame/large.h"
#include "frame/watch.h"

enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc, PCI_ENABLE = 1 << 31, EDU_ID = 0x11e81234, DEVICES = 32 };
/* Registers of PCI's configuration, and of the capability for messages (PCI 3.0, 6.8.1) */
enum {
    COMMAND = 0x04,
    BAR_0 = 0x10,
    CAPABILITIES = 0x34,
    INTERRUPT = 0x3c,
    MEMORY_AND_MASTER = 6,
    CAPABILITY_MSI = 5
};
enum { MSI_CONTROL = 0, MSI_ADDRESS = 4, MSI_HIGH = 8, MSI_DATA = 12, MSI_ENABLE = 1 << 16 };
/* edu's own */
enum { EDU_STATUS = 0x24 / 4, EDU_RAISE = 0x60 / 4, EDU_ACK = 0x64 / 4 };
enum { EDU_FROM = 0x80 / 4, EDU_TO = 0x88 / 4, EDU_COUNT = 0x90 / 4, EDU_COMMAND = 0x98 / 4 };
enum { EDU_BUFFER = 0x40000, COPY_AND_RAISE = 5, COPIED = 0x100, COPY_MS = 150 }; /* it takes 100 ms */

static unsigned device;
static volatile uint32_t *edu;

static uint32_t config(unsigned reg)
{
    EXPECT_IS(io_out(IO, PCI_ADDRESS, 4, (unsigned)PCI_ENABLE | device << 11 | reg), 0);
    return (uint32_t)io_in(IO, PCI_DATA, 4);
}

static void config_set(unsigned reg, uint32_t value)
{
    EXPECT_IS(io_out(IO, PCI_ADDRESS, 4, (unsigned)PCI_ENABLE | device << 11 | reg), 0);
    EXPECT_IS(io_out(IO, PCI_DATA, 4, value), 0);
}

/* Finds and maps it, or the case is skipped. */
static bool edu_open(void)
{
    for (device = 0; device < DEVICES && config(0) != EDU_ID; device++)
        ;
    if (device == DEVICES) {
        case_skip("the machine has no edu device");
        return false;
    }
    config_set(COMMAND, config(COMMAND) | MEMORY_AND_MASTER);
    uint64_t frame = device_frame(config(BAR_0) & ~0xfu, PAGE_BITS), page = temp_page();
    EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RW | CACHE_UNCACHED), 0);
    edu = (volatile uint32_t *)words(page);
    edu[EDU_ACK] = edu[EDU_STATUS];
    return true;
}

static void served(void)
{
    edu[EDU_ACK] = edu[EDU_STATUS];
}

/* The line that the firmware has chosen for it; ACPI says that it is level triggered. */
static uint64_t line_open(uint64_t n)
{
    return irq_open(IRQ_ISA | (config(INTERRUPT) & 0xff), cap_at(n));
}

static void line_comes(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = line_open(n);
    EXPECT_SILENT(n);
    for (unsigned i = 1; i < 5; i++) {
        edu[EDU_RAISE] = i;
        EXPECT_COMES(n, 1);
        EXPECT_IS(edu[EDU_STATUS], i);
        served();
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
        EXPECT_SILENT(n);
    }
}

/* A driver that acknowledges without serving the device has the same interrupt again, and nothing else. */
static void line_not_served(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = line_open(n);
    edu[EDU_RAISE] = 1;
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_COMES(n, 1);
        edu[EDU_RAISE] = 2;
        EXPECT_SILENT(n);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    }
    EXPECT_COMES(n, 1);
    served();
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_SILENT(n);
}

static void line_deleted_while_raised(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = line_open(n);
    edu[EDU_RAISE] = 1;
    EXPECT_COMES(n, 1);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), h), 0);
    EXPECT_SILENT(n);
    line_open(n);
    EXPECT_COMES(n, 1);
    served();
}

/* The device writes that vector. */
static void message_set(long data)
{
    unsigned at = config(CAPABILITIES) & 0xff;
    while (at && (config(at) & 0xff) != CAPABILITY_MSI)
        at = config(at) >> 8 & 0xff;
    EXPECT(at && data > 0);
    config_set(at + MSI_ADDRESS, (uint32_t)boot_info->msi_address);
    config_set(at + MSI_HIGH, (uint32_t)(boot_info->msi_address >> 32));
    config_set(at + MSI_DATA, (uint32_t)data);
    config_set(at + MSI_CONTROL, config(at) | MSI_ENABLE);
}

/* Slot of a handler whose message the device is told to write. */
static uint64_t message_open(cap_t n)
{
    uint64_t h = temp_slot();
    message_set(irq_msi_get(IRQS, cap_at(CAP_SELF_CNODE), h));
    EXPECT_IS(irq_handler_bind(cap_at(h), n), 0);
    return h;
}

static void message_close(void)
{
    unsigned at = config(CAPABILITIES) & 0xff;
    config_set(at, config(at) & ~(uint32_t)MSI_ENABLE);
    served();
}

static void message_comes(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = message_open(signaller(n, 8));
    for (unsigned i = 1; i < 5; i++) {
        edu[EDU_RAISE] = i;
        EXPECT_COMES(n, 8);
        served();
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
        EXPECT_SILENT(n);
    }
    message_close();
}

static void message_wakes_a_driver(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = message_open(cap_at(n));
    for (unsigned i = 0; i < 3; i++) {
        struct step *wait = act(A, SYS_WAIT, cap_at(n), i);
        edu[EDU_RAISE] = 1;
        spin(SILENT_US);
        EXPECT_SIGNAL(wait, 1);
        served();
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    }
    message_close();
}

/* Those that come before the acknowledgement are one. */
static void messages_until_the_ack(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = message_open(cap_at(n));
    for (unsigned i = 0; i < 20; i++)
        edu[EDU_RAISE] = 1;
    EXPECT_COMES(n, 1);
    EXPECT_SILENT(n);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_COMES(n, 1);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    EXPECT_SILENT(n);
    message_close();
}

/* The device goes on: nobody hears it, and the kernel does not mind. */
static void message_of_nobody(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification(), h = message_open(cap_at(n));
    edu[EDU_RAISE] = 1;
    EXPECT_COMES(n, 1);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), h), 0);
    for (unsigned i = 0; i < 20; i++)
        edu[EDU_RAISE] = 1;
    EXPECT_SILENT(n);
    message_open(cap_at(n));
    EXPECT_SILENT(n);
    edu[EDU_RAISE] = 1;
    EXPECT_COMES(n, 1);
    message_close();
}

/* Vectors that no handler has: exceptions' above 15, below which the local APIC takes none; the kernel's own;
   the spurious interrupts'. */
static const struct {
    uint8_t first, last;
} others[] = {{0x10, 0x1f}, {0x21, 0x2f}, {0xf0, 0xff}};

/* None of them is taken for an exception of the thread that runs, and the next interrupt comes all the same. */
static void vector_of_no_device(void)
{
    if (!edu_open())
        return;
    uint64_t n = notification();
    for (unsigned i = 0; i < COUNT(others); i++) {
        for (unsigned vector = others[i].first; vector <= others[i].last; vector++) {
            message_set(vector);
            edu[EDU_RAISE] = 1;
            served();
            message_open(cap_at(n));
            edu[EDU_RAISE] = 1;
            EXPECT_COMES(n, 1);
            served();
            temp_drop();
        }
    }
    message_close();
}

/* The same while nobody runs: the device takes its time. */
static void vector_of_no_device_idle(void)
{
    static const uint8_t vectors[] = {0x10, 0x11, 0x12, 0x15, 0x1d, 0x1e, 0x21, 0xff};
    struct sleeper sleeper = {temp_object(TYPE_TIMER, 0), temp_object(TYPE_NOTIFICATION, 0)};
    if (!edu_open())
        return;
    long at = frame_address(cap_at(temp_object(TYPE_FRAME, 12)));
    EXPECT_IS(timer_bind(cap_at(sleeper.timer), cap_at(sleeper.notification)), 0);
    watch_stop_sentinel();
    for (unsigned i = 0; i < COUNT(vectors); i++) {
        message_set(vectors[i]);
        edu[EDU_FROM] = (uint32_t)at;
        edu[EDU_TO] = EDU_BUFFER;
        edu[EDU_COUNT] = 8;
        edu[EDU_COMMAND] = COPY_AND_RAISE;
        sleep_ns(&sleeper, COPY_MS * 1000000ul);
        EXPECT_IS(edu[EDU_STATUS], COPIED);
        served();
    }
    watch_start_sentinel();
    message_close();
}

static const struct test list[] = {
    {"line_comes", line_comes},
    {"line_not_served", line_not_served},
    {"line_deleted_while_raised", line_deleted_while_raised},
    {"message_comes", message_comes},
    {"message_wakes_a_driver", message_wakes_a_driver},
    {"messages_until_the_ack", messages_until_the_ack},
    {"message_of_nobody", message_of_nobody},
    {"vector_of_no_device", vector_of_no_device},
    {"vector_of_no_device_idle", vector_of_no_device_idle},
};

CASE_SET(690, irq_pci_cases)
{
    CASES("irq/pci", list);
}
