/* What the C library needs from the program that links it, and what it offers besides the standard's headers. It holds
   no lock and keeps nothing per thread: errno, strtok and the heap are for one thread. */
#ifndef LIBC_H
#define LIBC_H

#include <stddef.h>

/* Supplied by the library that knows the console: printf, puts, putchar and the last words of abort go there. */
void __libc_write(const char *text, size_t bytes);

/* Gives memory to malloc, any number of times; the pieces need not lie side by side. Before the first, malloc returns
   NULL. pre: readable and writable, and nobody else's. */
void __libc_heap(void *start, size_t bytes);

/* Says why, and aborts: for what only a mistake of the program can cause. */
_Noreturn void __libc_die(const char *why);

#endif
