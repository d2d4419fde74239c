/* Nobody may hang: a thread that faults, fails or waits for ever ends the suite with an error event. */
#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H

#include <stdint.h>

/* Makes the endpoint that all failures reach, sets suite_fault_ep and suite_report_slot, starts the sentinel.
 */
void watch_init(void);
/* Waits for the end of the suite, good or bad; returns the exit code. */
int watch(void);
/* Nothing is measured any more: that all threads wait is no failure from now on. */
void watch_no_more(void);
/* The runner's last act: tells the watcher the exit code. */
_Noreturn void watch_finish(uint64_t exit_code);

#endif
