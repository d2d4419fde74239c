#include "arch/percpu.h"

struct cpu cpu __attribute__((section(".window"), aligned(64)));
