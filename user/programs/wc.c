/* Counts lines, words and bytes of what it reads. */
#include <ctype.h>
#include <stdio.h>
#include "program.h"

PROGRAM_NEEDS(PROC_INPUT | PROC_OUTPUT);

int main(int argc, char **argv)
{
    char text[256];
    unsigned long lines = 0, words = 0, bytes = 0;
    int inside = 0;
    (void)argc, (void)argv;
    for (size_t n; (n = program_read(text, sizeof text)) > 0; bytes += n)
        for (size_t i = 0; i < n; i++) {
            int word = !isspace((unsigned char)text[i]);
            words += (unsigned long)(word && !inside);
            inside = word;
            lines += text[i] == '\n';
        }
    printf("%lu %lu %lu\n", lines, words, bytes);
    return 0;
}
