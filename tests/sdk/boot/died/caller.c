/* Kills both servers, and calls them again. */
#include "call.h"

void init(void)
{
    call(": kept, killed: ", 0, 1);
    call(": kept, again: ", 0, 0);
    call(": alone, killed: ", 1, 1);
    call(": alone, again: ", 1, 0);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
