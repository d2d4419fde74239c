/* What thread.c needs from start.asm. */
#ifndef BATON_THREAD_H
#define BATON_THREAD_H

/* Stops the thread that returns here; not to be called. */
void thread_exit(void);

#endif
