/* Numbers, a line each, up to the one that it is given. */
#include <stdio.h>
#include <stdlib.h>
#include "program.h"

PROGRAM_NEEDS(PROC_OUTPUT);

int main(int argc, char **argv)
{
    long last = argc > 1 ? strtol(argv[1], NULL, 10) : 10;
    for (long i = 1; i <= last; i++)
        printf("%ld\n", i);
    return 0;
}
