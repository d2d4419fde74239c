/* The CPU's private page, right behind the fast paths' text. */
#include "thread/sched.h"

struct cpu cpu __attribute__((section(".window"), aligned(64)));
