/* The performance counters. */
#ifndef BATON_PMU_H
#define BATON_PMU_H

#include <stdbool.h>
#include "abi/bootinfo.h"

/* Starts the performance counters and lets ring 3 read them; fills counter[PMU_EVENTS], all 0 before. tlb: if counters are too few for all events, those of the TLBs come first. pre: cpu_init */
void pmu_init(bool tlb, struct bootinfo_counter *counter);

#endif
