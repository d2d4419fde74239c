/* The kernel's console, and its end when an invariant is broken. */
#ifndef BATON_DEBUG_H
#define BATON_DEBUG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* %s %c %d %u %x %p %%; l and z modifiers; width with 0. */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with the arguments as a list, for panic. */
void kvprintf(const char *format, va_list *ap);

/* What programs can make the kernel say without the authority to use the console: a line takes ten milliseconds at
   115200 baud, with interrupts off. So a few of each kind are printed, and the rest is counted; dumps say how many. */
enum unasked { UNASKED_FAULT, UNASKED_VECTOR, UNASKED_KINDS };
enum { UNASKED_LINES = 8 };
extern uint64_t unasked_count[UNASKED_KINDS];
/* One more has happened. May it be printed? */
bool unasked_line(enum unasked kind);

/* Something impossible has happened: says what, shows registers and a backtrace, and ends the machine. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Its beginning and end, for callers that have more to say in between: "PANIC: " is printed; later the
   backtrace, the trace and the dumps. A panic within a panic ends the machine at once. */
void panic_begin(void);
_Noreturn void panic_end(uint64_t rip, uint64_t rbp);

/* For the kernel's own mistakes; those of a user are error codes. */
#define assert(condition)                                                                                      \
    do {                                                                                                       \
        if (__builtin_expect(!(condition), 0))                                                                 \
            panic("%s:%d: not so: %s", __FILE__, __LINE__, #condition);                                        \
    } while (0)

/* above, in kernel/boot: a white band at the top of the screen, which, where there is no serial port, says that the kernel
   has panicked. By the page tables of the boot, which are still there: only the kernel's image can be reached afterwards. */
void boot_mark_panic(void);

/* above, in kernel/check: panic() and what it ends with.

   Name and offset of the function that an address lies in, from the table that scripts/build/ksyms.py links in;
   NULL when the address is not in the kernel's text. */
const char *symbol_of(uint64_t address, uint64_t *offset);

/* Prints the return addresses above a frame pointer. */
void backtrace(uint64_t rip, uint64_t rbp);

/* Prints what exists, for people to read: each line begins with "dump ". Interrupts are off meanwhile, for as long as
   the console takes. what: DUMP_THREADS and so on, or DUMP_ALL. At most `most` things of each kind are shown, and then how many
   more there are. */
void dump(unsigned what, unsigned most);

#endif
