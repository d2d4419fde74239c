/* user/libc/sse, the conversions of double both ways, against the system's: doubles of every exponent, ties, and texts at the edges. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "libc/guarded.h"
#include "libc/ours.h"
#include "random.h"
#include "test.h"

enum { ROUNDS = 60000, TEXT = 2400 };

static double of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Every kind: any bits, small integers and their halves, short decimals, one bit off a power of ten. */
static double random_double(void)
{
    switch (random_below(5)) {
    case 0: return of_bits(random_next());
    case 1: return (double)(int)random_next() / (double)(1u << random_below(12));
    case 2: return (double)random_below(100000) / 1000;
    case 3: return of_bits((random_next() & 0x800fffffffffffff) | (uint64_t)(1000 + random_below(60)) << 52);
    default: {
        double power = pow(10, (int)random_below(600) - 300);
        return nextafter(power, random_below(2) ? INFINITY : 0);
    }
    }
}

/* %#g as the standard says, made of %e and %f: glibc loses a zero where rounding makes a power of ten. */
static int alternate_general(char *to, const char *format, double value)
{
    char other[64], digits[TEXT];
    size_t last = strlen(format) - 1;
    const char *point = strchr(format, '.');
    int precision = point == NULL ? 6 : atoi(point + 1) == 0 ? 1 : atoi(point + 1), exponent;
    snprintf(digits, sizeof digits, "%.*e", precision - 1, value);
    exponent = atoi(strchr(digits, 'e') + 1);
    bool fixed = precision > exponent && exponent >= -4, large = format[last] == 'G';
    snprintf(other, sizeof other, "%.*s.*%c",
             (int)(point == NULL ? strcspn(format, "lgG") : (size_t)(point - format)), format,
             fixed   ? 'f'
             : large ? 'E'
                     : 'e');
    return snprintf(to, TEXT, other, fixed ? precision - 1 - exponent : precision - 1, value);
}

static void compare_format(const char *format, double value)
{
    static char got[TEXT], wanted[TEXT];
    char what[128];
    snprintf(what, sizeof what, "%s of %a", format, value);
    bool general = strchr(format, '#') != NULL && strpbrk(format, "gG") != NULL && isfinite(value);
    int n = general ? alternate_general(wanted, format, value) : snprintf(wanted, sizeof wanted, format, value);
    CHECK_NUMBER(what, ours.snprintf(got, sizeof got, format, value), n);
    CHECK_STRING(what, got, wanted);
}

static void random_formats(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        char format[64];
        size_t n = 1;
        format[0] = '%';
        for (unsigned k = random_below(4); k > 0; k--)
            format[n++] = "-0+ #"[random_below(5)];
        if (random_below(2))
            n += (size_t)sprintf(format + n, "%u", 1 + random_below(40));
        if (random_below(2))
            n += (size_t)sprintf(format + n, ".%u", random_below(random_below(10) ? 25 : 1300));
        if (random_below(4) == 0)
            format[n++] = 'l';
        format[n++] = "fFeEgGaA"[random_below(8)];
        format[n] = 0;
        compare_format(format, random_double());
    }
}

/* Each power of two, and its neighbours; and values without digits. */
static void every_exponent(void)
{
    static const char *const formats[] = {"%.1100f", "%.800e", "%.17g", "%g", "%a", "%.3a", "%.0f", "%e"};
    for (unsigned exponent = 0; exponent < 2048; exponent++)
        for (int beside = -1; beside <= 1; beside++)
            for (unsigned f = 0; f < 8; f++)
                compare_format(formats[f], of_bits(((uint64_t)exponent << 52) + (uint64_t)(int64_t)beside));
}

static void edges(void)
{
    static const double values[] = {0.0,      -0.0,      0.5,     1.5,       2.5,     0.125,
                                    0.375,    9.5,       99.95,   999999.5,  1e15,    123456789,
                                    0.0001,   9.9995e-5, 1e-5,    0x1p-1074, DBL_MIN, DBL_MAX,
                                    INFINITY, -INFINITY, 1.0 / 3, 1e22,      1e23,    5e-324};
    static const char *const flags[] = {"", "#", "+", " ", "0", "-", "#0+"};
    static const char *const sizes[] = {"", ".0", ".1", ".2", ".15", ".17", "20", "12.3", "1.30"};
    for (unsigned v = 0; v < sizeof values / sizeof values[0]; v++)
        for (unsigned f = 0; f < 7; f++)
            for (unsigned s = 0; s < 9; s++)
                for (const char *c = "fFeEgGaA"; *c; c++) {
                    char format[32];
                    snprintf(format, sizeof format, "%%%s%s%c", flags[f], sizes[s], *c);
                    compare_format(format, values[v]);
                }
    compare_format("%f %F", NAN);
    compare_format("%010f", NAN);
}

/* Doubles and integers in one call each take their own places. */
static void mixed(void)
{
    char got[256], wanted[256];
    snprintf(wanted, sizeof wanted, "%d %f %s %g %ld %e %x %*.*f", 1, 2.5, "three", 4e10, 5L, 6e-6, 7u, 12, 3,
             8.0625);
    ours.snprintf(got, sizeof got, "%d %f %s %g %ld %e %x %*.*f", 1, 2.5, "three", 4e10, 5L, 6e-6, 7u, 12, 3,
                  8.0625);
    CHECK_STRING("mixed", got, wanted);
}

static void check_text(const char *text)
{
    char *end = NULL, *wanted_end = NULL;
    uint64_t a, b;
    *ours.error = errno = 0;
    double got = ours.strtod(text, &end), wanted = strtod(text, &wanted_end);
    memcpy(&a, &got, sizeof a);
    memcpy(&b, &wanted, sizeof b);
    CHECK_NUMBER(text, isnan(wanted) ? isnan(got) : a == b, 1);
    CHECK_NUMBER(text, end - text, wanted_end - text);
    if (fabs(wanted) != DBL_MIN) /* a number that rounds up to it may count as too small, or not */
        CHECK_NUMBER(text, *ours.error, errno);
}

static void back(void)
{
    char text[TEXT];
    for (unsigned i = 0; i < ROUNDS; i++) {
        static const char *const formats[] = {"%.17g", "%.15g", "%a", "%.20e", "%g", "%.8a"};
        double value = random_double();
        snprintf(text, sizeof text, formats[random_below(6)], value);
        check_text(text);
    }
}

/* The exact middle between two neighbours, which a long double holds: all its digits; and with one more digit far to the right. */
static void ties(void)
{
    static char text[TEXT];
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t bits = i % 5 == 0 ? random_next() & 0x000fffffffffffff : random_next() & 0x7fdfffffffffffff;
        int n = snprintf(text, sizeof text, "%.1100Le", ((long double)of_bits(bits) + of_bits(bits + 1)) / 2);
        check_text(text);
        *((char *)memchr(text, 'e', (size_t)n) - 1) = '1';
        check_text(text);
    }
}

static void texts(void)
{
    static const char *const text[] = {"",
                                       ".",
                                       "-",
                                       "+.",
                                       "e5",
                                       ".e5",
                                       "1e",
                                       "1e+",
                                       "1e-x",
                                       "1.",
                                       ".5",
                                       "0x",
                                       "0x.",
                                       "0x.8",
                                       "0x1p",
                                       "0x1p-",
                                       "0x1.8p1",
                                       "0xg",
                                       "0x1p2000",
                                       "0x1p-2000",
                                       "inf",
                                       "-INF",
                                       "infinit",
                                       "infinity",
                                       "InFiNiTyx",
                                       "nan",
                                       "-nan",
                                       "nan(",
                                       "nan(a_1)x",
                                       "nan()",
                                       "nane",
                                       "  \t\n1.5e3abc",
                                       "1e400",
                                       "-1e400",
                                       "1e-400",
                                       "1e99999999999999999999",
                                       "1e-99999999999999999999",
                                       "0e99999999999",
                                       "0.0000e-999999999",
                                       "1,5",
                                       "1_0",
                                       "0x1.fffffffffffff8p1023",
                                       "0x1.fffffffffffff7fffp1023",
                                       "1.7976931348623158e308",
                                       "1.7976931348623159e308",
                                       "179769313486231580793728971405301e276",
                                       "2.4703282292062327208e-324",
                                       "2.4703282292062328e-324",
                                       "4.9406564584124654e-324",
                                       "2.2250738585072011e-308",
                                       "2.2250738585072014e-308",
                                       "2.2250738585072012e-308",
                                       "9007199254740993",
                                       "9007199254740992.9999999999999999999999999999999999",
                                       "9007199254740993.0000000000000000000000000000001",
                                       "0x20000000000001",
                                       "0x20000000000001.0000001",
                                       "0x0.0000000000000000000000000000000000000001p160",
                                       "0x100000000000000000000000000000000000000p-150",
                                       "0x0p5",
                                       "0b1",
                                       "1.5.5",
                                       "--1",
                                       "+-1",
                                       "1e5e5"};
    for (unsigned i = 0; i < sizeof text / sizeof text[0]; i++) {
        check_text(text[i]);
        CHECK(isnan(atof(text[i])) || ours.atof(text[i]) == atof(text[i]));
    }
    static char zeros[TEXT];
    memset(zeros, '0', 2000);
    strcpy(zeros + 1500, "1e1500");
    check_text(zeros); /* after many zeros */
    zeros[0] = '1';
    strcpy(zeros + 1000, "e-1000");
    check_text(zeros); /* more digits than are kept */
    strcpy(zeros + 1000, "1e-990");
    zeros[1] = '.';
    check_text(zeros);
}

/* Texts from the characters of numbers, up to a page's end. */
static void random_texts(void)
{
    static const char letters[] = "001234567899..eE+-xXpPaf n";
    for (unsigned i = 0; i < 4 * ROUNDS; i++) {
        unsigned n = random_below(30);
        char *text = guarded_end(0, n + 1);
        for (unsigned k = 0; k < n; k++)
            text[k] = letters[random_below(random_below(2) ? 14 : sizeof letters - 1)];
        text[n] = 0;
        check_text(text);
    }
}

int main(void)
{
    random_seed();
    test_run("libc float: random formats", random_formats);
    test_run("libc float: every exponent", every_exponent);
    test_run("libc float: edges", edges);
    test_run("libc float: with other arguments", mixed);
    test_run("libc float: back", back);
    test_run("libc float: ties", ties);
    test_run("libc float: texts", texts);
    test_run("libc float: random texts", random_texts);
    return test_end();
}
