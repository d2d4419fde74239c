/* The one clock interrupt: for the ticks of time slices, and for the deadlines of timers. */
#ifndef BATON_CLOCK_H
#define BATON_CLOCK_H

enum { VECTOR_CLOCK = 0x20 };

void clock_interrupt(void);

#endif
