#ifndef BATON_PRINT_H
#define BATON_PRINT_H

#include <stdarg.h>

/* kprintf with the arguments as a list, for panic. */
void kvprintf(const char *format, va_list *ap);

#endif
