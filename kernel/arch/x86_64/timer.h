#ifndef BATON_TIMER_H
#define BATON_TIMER_H

enum { VECTOR_TIMER = 0x20 };

#endif
