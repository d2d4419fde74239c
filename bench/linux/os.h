/* What the measurements of Linux need from it besides what is measured. */
#ifndef LINUX_OS_H
#define LINUX_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pins this process to one CPU (below 0: the last that it may use), locks its memory, and takes the real-time
   class if it may. fails: false, when it cannot be pinned. */
bool os_settle(int cpu);
extern int os_cpu;        /* that CPU */
extern bool os_real_time; /* two processes of one CPU take turns just when they yield or wait */

/* Ticks of the time-stamp counter in a second, by the kernel's clock. */
uint64_t os_tsc_hz(void);

/* Zeroed memory that a partner shares; or of this process alone. Not locked, so that it can be taken away. */
void *os_shared(size_t size);
void *os_private(size_t size);

/* Another process on the same CPU that runs `body` until partner_end. At most one at a time. */
bool partner_start(void (*body)(void));
void partner_end(void);

/* From now on a SIGSEGV at `page` skips the instruction, which is `length` bytes long, and leaves `mark` in
 * rax. */
bool os_skip_faults(void *page, unsigned length, uint64_t mark);

#endif
