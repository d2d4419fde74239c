#ifndef BATON_TIMER_H
#define BATON_TIMER_H

enum { VECTOR_TIMER = 0x20, VECTOR_SPURIOUS = 0xff };

/* The timer's interrupt has been handled. */
void timer_eoi(void);

#endif
