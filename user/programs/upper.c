/* What it reads, in capitals. */
#include <ctype.h>
#include <libc.h>
#include "program.h"

PROGRAM_NEEDS(PROC_INPUT | PROC_OUTPUT);

int main(int argc, char **argv)
{
    char text[256];
    (void)argc, (void)argv;
    for (size_t n; (n = program_read(text, sizeof text)) > 0; __libc_write(text, n))
        for (size_t i = 0; i < n; i++)
            text[i] = (char)toupper((unsigned char)text[i]);
    return 0;
}
