/* user/libc's ctype.c, number.c and integer.c against the system's. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include "libc/guarded.h"
#include "libc/ours.h"
#include "random.h"
#include "test.h"

enum { TEXTS = 400000 };

int ours_formats(char *to, size_t size); /* libc/ours.c */

static void classes(void)
{
    int (*const theirs[])(int) = {isalnum, isalpha, isblank, iscntrl, isdigit,  isgraph, islower,
                                  isprint, ispunct, isspace, isupper, isxdigit, tolower, toupper};
    for (unsigned i = 0; i < OURS_CLASSES; i++)
        for (int c = -1; c < 256; c++) {
            int got = ours_class[i].of(c), wanted = theirs[i](c);
            CHECK_NUMBER(ours_class[i].name, i < 12 ? got != 0 : got, i < 12 ? wanted != 0 : wanted);
        }
}

static void check_text(const char *text, int base)
{
    char what[96], *end, *wanted_end;
    snprintf(what, sizeof what, "\"%s\" in base %d", text, base);
    int mine;
#define SAME(name)                                                                                             \
    do {                                                                                                       \
        end = wanted_end = NULL;                                                                               \
        errno = *ours.error = 0;                                                                               \
        long long got = (long long)ours.name(text, &end, base);                                                \
        mine = *ours.error;                                                                                    \
        long long wanted = (long long)name(text, &wanted_end, base);                                           \
        CHECK_NUMBER(what, got, wanted);                                                                       \
        CHECK_NUMBER(what, end == NULL ? -1 : end - text, wanted_end == NULL ? -1 : wanted_end - text);        \
        /* The standard knows no error where there is no number. */                                            \
        CHECK_NUMBER(what, mine, wanted_end == text ? 0 : errno);                                              \
    } while (0)
    SAME(strtol);
    SAME(strtoul);
    SAME(strtoll);
    SAME(strtoull);
}

/* Around the powers of two at which something ends, in every base, in three spellings. */
static void write_number(char *to, unsigned __int128 value, unsigned base, bool capitals)
{
    char digits[140];
    unsigned n = 0;
    do
        digits[n++] = (capitals ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                : "0123456789abcdefghijklmnopqrstuvwxyz")[value % base];
    while ((value /= base) != 0);
    while (n > 0)
        *to++ = digits[--n];
    *to = 0;
}

static void limits(void)
{
    static const char *const before[] = {"", "-", "+", " \t\n\v\f\r-", "000", "-00"};
    char text[200];
    for (unsigned base = 2; base <= 36; base++)
        for (unsigned bit = 31; bit <= 65; bit++)
            for (int more = -2; more <= 2; more++)
                for (unsigned i = 0; i < 6; i++) {
                    size_t n = strlen(strcpy(text, before[i]));
                    write_number(text + n, ((unsigned __int128)1 << bit) + (unsigned __int128)(__int128)more,
                                 base, more & 1);
                    check_text(text, (int)base);
                    if (base == 16 || base == 10 || base == 8)
                        check_text(text, 0);
                }
}

static void edges(void)
{
    static const char *const text[] = {"",
                                       " ",
                                       "-",
                                       "+",
                                       "+-1",
                                       "--1",
                                       "0",
                                       "-0",
                                       "0x",
                                       "0X",
                                       "0xg",
                                       "0x-1",
                                       "0x 1",
                                       "-0x",
                                       "0xf",
                                       "-0Xf",
                                       "00x1",
                                       "08",
                                       "09",
                                       "0778",
                                       "0b1",
                                       "1_000",
                                       "1e5",
                                       "1.5",
                                       "\2405",
                                       "5\x80",
                                       "z",
                                       "Z",
                                       "zz",
                                       "@",
                                       "[",
                                       "`",
                                       "{",
                                       "/",
                                       ":",
                                       "12:34",
                                       "- 1",
                                       "9223372036854775808x",
                                       "99999999999999999999999999999999999999999999999999999999999999999999",
                                       "0x100000000000000000000",
                                       "18446744073709551616zzz"};
    for (unsigned i = 0; i < sizeof text / sizeof text[0]; i++)
        for (int base = 0; base <= 36; base++)
            if (base != 1)
                check_text(text[i], base);
}

static void bad_bases(void)
{
    static const int bases[] = {1, -1, 37, INT_MAX, INT_MIN};
    for (unsigned i = 0; i < 5; i++) {
        *ours.error = 0;
        CHECK_NUMBER("result", ours.strtol("11", NULL, bases[i]), 0);
        CHECK_NUMBER("errno", *ours.error, EINVAL);
    }
}

/* Text from the characters of numbers, which ends where a page ends. */
static void random_texts(void)
{
    static const char letters[] = "00112789aAfFgzZxX-+ \t._";
    for (unsigned i = 0; i < TEXTS; i++) {
        unsigned n = random_below(24), base = random_below(38);
        char *text = guarded_end(0, n + 1);
        for (unsigned k = 0; k < n; k++)
            text[k] = letters[random_below(sizeof letters - 1)];
        text[n] = 0;
        if (base != 1 && base != 37)
            check_text(text, (int)base);
        CHECK_NUMBER(text, ours.atoi(text), atoi(text));
        CHECK_NUMBER(text, ours.atol(text), atol(text));
        CHECK_NUMBER(text, ours.atoll(text), atoll(text));
    }
}

static void magnitudes(void)
{
    static const long n[] = {0, 1, -1, INT_MAX, -INT_MAX, LONG_MAX, -LONG_MAX};
    for (unsigned i = 0; i < 7; i++) {
        CHECK_NUMBER("labs", ours.labs(n[i]), labs(n[i]));
        CHECK_NUMBER("llabs", ours.llabs(n[i]), llabs(n[i]));
        CHECK_NUMBER("abs", ours.abs((int)n[i]), abs((int)n[i]));
    }
}

/* inttypes.h, used by the library's own printf. */
static void names_of_formats(void)
{
    char got[128], wanted[128];
    ours_formats(got, sizeof got);
    snprintf(wanted, sizeof wanted,
             "%" PRId8 "%" PRIu16 "%" PRIx32 "%" PRIX64 "%" PRIiMAX "%" PRIoPTR "%" PRIdLEAST16 "%" PRIuLEAST64,
             INT8_MIN, UINT16_MAX, UINT32_MAX, UINT64_MAX, INTMAX_MIN, UINTPTR_MAX, INT16_MIN, UINT64_MAX);
    CHECK_STRING("formats", got, wanted);
}

int main(void)
{
    random_seed();
    test_run("libc number: classes of characters", classes);
    test_run("libc number: limits in every base", limits);
    test_run("libc number: edges in every base", edges);
    test_run("libc number: bad bases", bad_bases);
    test_run("libc number: random texts", random_texts);
    test_run("libc number: magnitudes", magnitudes);
    test_run("libc number: inttypes.h", names_of_formats);
    return test_end();
}
