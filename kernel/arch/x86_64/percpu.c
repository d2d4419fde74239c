/* The CPU's private page, right behind the fast paths' text. */
#include "sched/sched.h"

struct cpu cpu __attribute__((section(".window"), aligned(64)));
