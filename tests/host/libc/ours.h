/* The C library of ring 3 on the host: its functions by pointer, so that a test can call them and the system's side by side. A
   test is compiled with the system's headers; ours.c, with the library's own. libc.mk gives the library's symbols other names,
   so sanitizers and tests keep the system's. */
#ifndef BATON_LIBC_OURS_H
#define BATON_LIBC_OURS_H

#include <stdarg.h>
#include <stddef.h>

struct libc {
    void *(*memcpy)(void *, const void *, size_t);
    void *(*memset)(void *, int, size_t);
    void *(*memmove)(void *, const void *, size_t);
    int (*memcmp)(const void *, const void *, size_t);
    void *(*memchr)(const void *, int, size_t);
    size_t (*strlen)(const char *);
    size_t (*strnlen)(const char *, size_t);
    int (*strcmp)(const char *, const char *);
    int (*strncmp)(const char *, const char *, size_t);
    char *(*strcpy)(char *, const char *);
    char *(*strncpy)(char *, const char *, size_t);
    char *(*strcat)(char *, const char *);
    char *(*strncat)(char *, const char *, size_t);
    char *(*strchr)(const char *, int);
    char *(*strrchr)(const char *, int);
    char *(*strstr)(const char *, const char *);
    size_t (*strspn)(const char *, const char *);
    size_t (*strcspn)(const char *, const char *);
    char *(*strpbrk)(const char *, const char *);
    char *(*strtok)(char *, const char *);
    char *(*strtok_r)(char *, const char *, char **);
    char *(*strdup)(const char *);
    char *(*strndup)(const char *, size_t);

    int (*printf)(const char *, ...);
    int (*vprintf)(const char *, va_list);
    int (*sprintf)(char *, const char *, ...);
    int (*snprintf)(char *, size_t, const char *, ...);
    int (*vsnprintf)(char *, size_t, const char *, va_list);
    int (*puts)(const char *);
    int (*putchar)(int);

    long (*strtol)(const char *, char **, int);
    unsigned long (*strtoul)(const char *, char **, int);
    long long (*strtoll)(const char *, char **, int);
    unsigned long long (*strtoull)(const char *, char **, int);
    int (*atoi)(const char *);
    long (*atol)(const char *);
    long long (*atoll)(const char *);
    double (*strtod)(const char *, char **);
    double (*atof)(const char *);
    int *error; /* errno */

    void (*heap)(void *, size_t);
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);

    void (*qsort)(void *, size_t, size_t, int (*)(const void *, const void *));
    void *(*bsearch)(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
    int (*abs)(int);
    long (*labs)(long);
    long long (*llabs)(long long);
    void (*abort)(void);
    void (*assertion)(int holds); /* assert(holds == 1) */
    int assertion_line;
};

extern const struct libc ours;

/* One of the classes or cases of ctype.h. */
struct ours_class {
    const char *name;
    int (*of)(int);
};
enum { OURS_CLASSES = 14 };
extern const struct ours_class ours_class[OURS_CLASSES];

/* Calls run(give_up), in which give_up(value) is a longjmp back to here. What setjmp returned then; -1: run came back. */
int ours_jump(void (*run)(void (*give_up)(int value)));
/* jump.asm: setjmp, all registers spoilt, longjmp with that value. Which of rbx rbp r12 r13 r14 r15 rsp are not as they were at
   setjmp, as bits 0 to 6; *returned is what setjmp returned. */
unsigned ours_registers(int value, int *returned);

/* The console of the library under test: what it writes is collected here. */
struct ours_console {
    char text[4096];
    size_t used, writes;
    int echo; /* a file descriptor that gets it, too, or 0 */
};
extern struct ours_console ours_console;

#endif
