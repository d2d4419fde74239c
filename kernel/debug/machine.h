/* above: what this layer needs from the machine (kernel/arch). */
#ifndef BATON_DEBUG_MACHINE_H
#define BATON_DEBUG_MACHINE_H

#include <stdint.h>

void arch_putchar(char c);
_Noreturn void arch_exit(unsigned code);
uint64_t arch_timestamp(void);

#endif
