/* Says hello, and to whom. */
#include <stdio.h>
#include "program.h"

PROGRAM_NEEDS(PROC_OUTPUT);

int main(int argc, char **argv)
{
    printf("hello, %s\n", argc > 1 ? argv[1] : "world");
    return argc - 1;
}
