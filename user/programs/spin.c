/* Does nothing, for ever, as fast as it can. */
#include "program.h"

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (;;)
        __asm__ volatile("");
}
