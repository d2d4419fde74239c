/* Compiled with the headers of user/libc, and only those. */
#include "ours.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libc.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASS(name) {#name, name}
const struct ours_class ours_class[OURS_CLASSES] = {
    CLASS(isalnum), CLASS(isalpha),  CLASS(isblank), CLASS(iscntrl), CLASS(isdigit),
    CLASS(isgraph), CLASS(islower),  CLASS(isprint), CLASS(ispunct), CLASS(isspace),
    CLASS(isupper), CLASS(isxdigit), CLASS(tolower), CLASS(toupper)};

enum { ASSERTION_LINE = __LINE__ + 3 };
static void assertion(int holds)
{
    assert(holds == 1);
}

const struct libc ours = {
    .memcpy = memcpy,
    .memset = memset,
    .memmove = memmove,
    .memcmp = memcmp,
    .memchr = memchr,
    .strlen = strlen,
    .strnlen = strnlen,
    .strcmp = strcmp,
    .strncmp = strncmp,
    .strcpy = strcpy,
    .strncpy = strncpy,
    .strcat = strcat,
    .strncat = strncat,
    .strchr = strchr,
    .strrchr = strrchr,
    .strstr = strstr,
    .strspn = strspn,
    .strcspn = strcspn,
    .strpbrk = strpbrk,
    .strtok = strtok,
    .strtok_r = strtok_r,
    .strdup = strdup,
    .strndup = strndup,
    .printf = printf,
    .vprintf = vprintf,
    .sprintf = sprintf,
    .snprintf = snprintf,
    .vsnprintf = vsnprintf,
    .puts = puts,
    .putchar = putchar,
    .strtol = strtol,
    .strtoul = strtoul,
    .strtoll = strtoll,
    .strtoull = strtoull,
    .atoi = atoi,
    .atol = atol,
    .atoll = atoll,
    .strtod = strtod,
    .atof = atof,
    .error = &errno,
    .heap = __libc_heap,
    .malloc = malloc,
    .calloc = calloc,
    .realloc = realloc,
    .free = free,
    .qsort = qsort,
    .bsearch = bsearch,
    .abs = abs,
    .labs = labs,
    .llabs = llabs,
    .abort = abort,
    .assertion = assertion,
    .assertion_line = ASSERTION_LINE,
};

struct ours_console ours_console;

long write(int file, const void *bytes, size_t n); /* the system's */

void __libc_write(const char *text, size_t bytes)
{
    ours_console.writes++;
    for (size_t i = 0; i < bytes && ours_console.used + 1 < sizeof ours_console.text; i++)
        ours_console.text[ours_console.used++] = text[i];
    ours_console.text[ours_console.used] = 0;
    if (ours_console.echo != 0)
        (void)!write(ours_console.echo, text, bytes);
}

/* What the compiler's freestanding headers and these say about the same things is the same. */
_Static_assert(INT_MAX == 2147483647 && INT_MIN == -2147483647 - 1 && UINT_MAX == 4294967295u, "int");
_Static_assert(LONG_MAX == INT64_MAX && LONG_MIN == INT64_MIN && ULONG_MAX == UINT64_MAX, "long");
_Static_assert(LLONG_MAX == INT64_MAX && LLONG_MIN == INT64_MIN && ULLONG_MAX == UINT64_MAX, "long long");
_Static_assert(SHRT_MIN == INT16_MIN && SHRT_MAX == INT16_MAX && USHRT_MAX == UINT16_MAX, "short");
_Static_assert(SCHAR_MIN == INT8_MIN && SCHAR_MAX == INT8_MAX && UCHAR_MAX == UINT8_MAX && CHAR_BIT == 8,
               "char");

/* The compiler compares each with its argument's type. */
int ours_formats(char *to, size_t size);
int ours_formats(char *to, size_t size)
{
    return snprintf(
        to, size,
        "%" PRId8 "%" PRIu16 "%" PRIx32 "%" PRIX64 "%" PRIiMAX "%" PRIoPTR "%" PRIdLEAST16 "%" PRIuLEAST64,
        INT8_MIN, UINT16_MAX, UINT32_MAX, UINT64_MAX, INTMAX_MIN, UINTPTR_MAX, INT16_MIN, UINT64_MAX);
}

static jmp_buf env;

static _Noreturn void give_up(int value)
{
    longjmp(env, value);
}

int ours_jump(void (*run)(void (*give_up)(int value)))
{
    int value = setjmp(env);
    if (value != 0)
        return value;
    run(give_up);
    return -1;
}
