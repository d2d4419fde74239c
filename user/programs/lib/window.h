/* The window of a program: there is one for all of them, and who asks first has it until it ends. It needs PROC_WINDOWS. */
#ifndef PROGRAMS_WINDOW_H
#define PROGRAMS_WINDOW_H

#include "program.h"
#include "wm/protocol.h"

struct program_event {
    seL4_Word op, a, b, c, d; /* WM_KEY, WM_POINTER or WM_FOCUS, and as of wm/protocol.h */
};

/* One with so many pixels, all black. False: another program has it, there are no windows here, or that is too large. */
_Bool program_window(unsigned width, unsigned height);
/* Shows this part of a picture as large as the window. False: it has no window, or no such part. */
_Bool program_show(const uint32_t *picture, struct rect changed);
/* Waits for the next thing that happens to it. False: it has no window. */
_Bool program_event(struct program_event *event);

#endif
