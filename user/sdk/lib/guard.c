/* Where a function of a program compiled with -fstack-protector ends that finds its stack overwritten. Linked only into those: the tool
   gives the word that stacks are compared with to each component that has this function. */
#include "own.h"

_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": a function has written beyond its place on the stack\n");
    __builtin_trap();
}
