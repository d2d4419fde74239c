#include "frame/irq.h"

enum { PIT_0 = 0x40, PIT_COMMAND = 0x43, ONE_SHOT = 0x30, RATE = 0x34, READ_BACK_0 = 0xe2, OUTPUT = 0x80 };
enum { PIT_HZ = 1193182 };

static uint64_t ticks(uint64_t us)
{
    return clock_ticks(us * 1000);
}

/* A line that does not exist is refused before a slot that is not empty. */
bool irq_lines(void)
{
    return irq_handler_get(IRQS, IRQ_IOAPIC, own_cnode(), CAP_SELF_CNODE) != ERR_BAD_ARGUMENT;
}

uint64_t irq_handler(uint64_t line)
{
    uint64_t h = temp_slot();
    EXPECT_IS(irq_handler_get(IRQS, line, cap_at(CAP_SELF_CNODE), h), 0);
    return h;
}

uint64_t irq_open(uint64_t line, cap_t notification)
{
    uint64_t h = irq_handler(line);
    EXPECT_IS(irq_handler_bind(cap_at(h), notification), 0);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    return h;
}

uint64_t irq_pit(cap_t n)
{
    pit_low();
    return irq_open(IRQ_ISA | 0, n);
}

static void pit(unsigned mode, unsigned count)
{
    EXPECT_IS(io_out(IO, PIT_COMMAND, 1, mode), 0);
    EXPECT_IS(io_out(IO, PIT_0, 1, count & 0xff), 0);
    EXPECT_IS(io_out(IO, PIT_0, 1, count >> 8), 0);
}

void pit_low(void)
{
    pit(ONE_SHOT, 0xffff);
}

void pit_start(void)
{
    pit(ONE_SHOT, PIT_COUNT);
}

void pit_repeat(unsigned us)
{
    pit(RATE, us * PIT_HZ / 1000000);
}

void pit_fire(void)
{
    uint64_t end = clock_read() + ticks(COMES_US);
    long status = 0;
    pit_start();
    while (!(status & OUTPUT) && clock_read() < end) {
        EXPECT_IS(io_out(IO, PIT_COMMAND, 1, READ_BACK_0), 0);
        status = io_in(IO, PIT_0, 1);
    }
    EXPECT(status & OUTPUT);
}

bool pit_holds_its_line(void)
{
    uint32_t eax = 0x40000000, ebx, ecx = 0, edx; /* where hypervisors give their names */
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    bool kvm = ebx == 0x4b4d564b && ecx == 0x564b4d56 && edx == 0x4d; /* KVMKVMKVM */
    if (kvm)
        case_skip("the PIT of KVM does not hold its line");
    return !kvm;
}

void spin(uint64_t us)
{
    uint64_t end = clock_read() + ticks(us);
    while (clock_read() < end)
        ;
}

void expect_comes(uint64_t n, uint64_t bits, const char *file, unsigned line)
{
    uint64_t got = 0, end = clock_read() + ticks(COMES_US);
    long result = ERR_EMPTY;
    while (result == ERR_EMPTY && clock_read() < end)
        result = notification_poll(cap_at(n), &got);
    expect_is((uint64_t)result, GOT_NOTIFIED, "the interrupt", file, line);
    expect_is(got, bits, "the bits of its signal", file, line);
}

void expect_silent(uint64_t n, const char *file, unsigned line)
{
    uint64_t got;
    spin(SILENT_US);
    expect_is((uint64_t)notification_poll(cap_at(n), &got), (uint64_t)ERR_EMPTY, "the interrupt", file, line);
}
