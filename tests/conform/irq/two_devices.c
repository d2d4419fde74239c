/* Interrupts of two devices at the same time: the PIT, and the real-time clock (Motorola MC146818). */
#include "frame/irq.h"

enum {
    RTC_INDEX = 0x70,
    RTC_DATA = 0x71,
    RTC_A = 0x0a,
    RTC_B = 0x0b,
    RTC_C = 0x0c,
    RTC_PERIODIC = 0x40,
    RTC_LINE = 8
};

static uint8_t rtc(unsigned reg)
{
    EXPECT_IS(io_out(IO, RTC_INDEX, 1, reg), 0);
    return (uint8_t)io_in(IO, RTC_DATA, 1);
}

static void rtc_set(unsigned reg, unsigned value)
{
    EXPECT_IS(io_out(IO, RTC_INDEX, 1, reg), 0);
    EXPECT_IS(io_out(IO, RTC_DATA, 1, value), 0);
}

/* A second device, with a register of its own that must be read before it interrupts again. */
static void two_devices(void)
{
    uint64_t n = notification(), clock = irq_pit(cap_at(n));
    uint64_t m = notification(), h = irq_open(IRQ_ISA | RTC_LINE, signaller(m, 2));
    unsigned a = rtc(RTC_A), b = rtc(RTC_B);
    rtc(RTC_C);
    EXPECT_SILENT(m);
    rtc_set(RTC_A, (a & 0xf0) | 6); /* 1024 in a second */
    rtc_set(RTC_B, b | RTC_PERIODIC);
    for (unsigned i = 0; i < 5; i++) {
        pit_start();
        EXPECT_COMES(m, 2);
        EXPECT(rtc(RTC_C) & RTC_PERIODIC);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
        EXPECT_COMES(n, 1);
        EXPECT_IS(irq_handler_ack(cap_at(clock)), 0);
    }
    rtc_set(RTC_B, b);
    rtc_set(RTC_A, a);
    rtc(RTC_C);
    EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
}

static const struct test list[] = {
    {"two_devices", two_devices},
};

CASE_SET(684, irq_two_devices_cases)
{
    cases_need(irq_lines(), NO_LINES);
    CASES("irq/handler", list);
}
