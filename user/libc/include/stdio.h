/* Printing; there are no files. Conversions: d i u o x X c s p %, all flags, width, precision, the lengths hh h l ll j z t;
   with the library's SSE build also f F e E g G a A. Unknown ones (%n and %ls among them) are printed unchanged and take no
   argument. A string that is NULL is printed as (null), such a pointer as (nil). */
#ifndef LIBC_STDIO_H
#define LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)
#define LIBC_PRINTF(at, first) __attribute__((__format__(__printf__, at, first)))

/* All return how many characters the whole text has, or -1 when an int cannot hold that. */
int printf(const char *restrict format, ...) LIBC_PRINTF(1, 2);
int vprintf(const char *restrict format, va_list args) LIBC_PRINTF(1, 0);
int sprintf(char *restrict to, const char *restrict format, ...) LIBC_PRINTF(2, 3);
int vsprintf(char *restrict to, const char *restrict format, va_list args) LIBC_PRINTF(2, 0);
/* Cut to size - 1 characters and ended with 0; with size 0 nothing is written. */
int snprintf(char *restrict to, size_t size, const char *restrict format, ...) LIBC_PRINTF(3, 4);
int vsnprintf(char *restrict to, size_t size, const char *restrict format, va_list args) LIBC_PRINTF(3, 0);
int puts(const char *text);
int putchar(int c);

#endif
