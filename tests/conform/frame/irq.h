/* What the cases of interrupts share: channel 0 of the PIT, a source of interrupts that every PC has. Its
   output is line 0 of ISA, low while it counts and high from then on, until it is told to count again. */
#ifndef CONFORM_IRQ_H
#define CONFORM_IRQ_H

#include "frame/notification.h"

enum { PIT_COUNT = 120, COMES_US = 50000, SILENT_US = 2000 }; /* 120 counts are 100 microseconds */

#define IO cap_at(CAP_IO_PORTS)
#define IRQS cap_at(CAP_IRQ_CONTROL)

/* Has the machine an I/O APIC? Without one no line exists, only messages and the clock interrupt. */
bool irq_lines(void);
#define NO_LINES "the machine has no I/O APIC"
/* Slot of a new handler of that line. */
uint64_t irq_handler(uint64_t line);
/* The same, bound to this and open. */
uint64_t irq_open(uint64_t line, cap_t notification);
uint64_t irq_pit(cap_t notification); /* the PIT's line, edge triggered */
/* Begins to count: the output goes low, and high when it is done. */
void pit_start(void);
/* The same, and has waited until it is done. */
void pit_fire(void);
/* Counts again and again: an edge every so many microseconds. */
void pit_repeat(unsigned us);
void pit_low(void); /* for 55 milliseconds, which is the longest that it can count */
/* Does its line stay high? KVM's own PIT raises it for a moment only; then the case is skipped. */
bool pit_holds_its_line(void);
void spin(uint64_t us);
/* The runner polls until these bits come; or sees that none come for a while. */
void expect_comes(uint64_t notification, uint64_t bits, const char *file, unsigned line);
void expect_silent(uint64_t notification, const char *file, unsigned line);
#define EXPECT_COMES(notification, bits) expect_comes(notification, bits, __FILE__, __LINE__)
#define EXPECT_SILENT(notification) expect_silent(notification, __FILE__, __LINE__)

#endif
