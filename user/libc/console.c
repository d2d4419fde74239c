/* Text as it is to the console, without the formatting. */
#include <libc.h>
#include <stdio.h>
#include <string.h>

int puts(const char *text)
{
    __libc_write(text, strlen(text));
    return putchar('\n');
}

int putchar(int c)
{
    char text = (char)c;
    __libc_write(&text, 1);
    return (unsigned char)c;
}
