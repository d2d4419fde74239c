/* user/libc's printf family against the system's: formats at random of every conversion, flag, width, precision and length that the
   standard defines, and written-down answers for the rest. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include "libc/guarded.h"
#include "libc/ours.h"
#include "random.h"
#include "test.h"

enum { ROUNDS = 200000, CONVERSIONS = 5, ARGUMENTS = 15, TEXT = 4096 };

/* Integers, sizes and strings, in the order of the format. All are handed on as longs: a caller's register or 8 bytes of stack, whatever
   the type. */
struct call {
    char format[256];
    size_t used;
    long argument[ARGUMENTS];
    unsigned arguments;
};

static void add(struct call *c, const char *text)
{
    c->used += strlen(strcpy(c->format + c->used, text));
}

static void add_flags(struct call *c, const char *flags)
{
    char flag[2] = "";
    for (unsigned n = random_below(4); n > 0 && *flags; n--) {
        flag[0] = flags[random_below((unsigned)strlen(flags))];
        add(c, flag);
    }
}

/* In digits or as an argument, which may be negative. */
static void add_size(struct call *c, const char *before, unsigned most)
{
    char digits[24];
    if (random_below(2) == 0)
        return;
    add(c, before);
    if (random_below(3) == 0) {
        add(c, "*");
        c->argument[c->arguments++] = (int)random_below(2 * most) - (int)most / 2;
    } else if (*before == 0 || random_below(5) > 0) {
        snprintf(digits, sizeof digits, "%u", *before == 0 ? 1 + random_below(most) : random_below(most));
        add(c, digits);
    }
}

static unsigned most_size(void)
{
    return random_below(20) == 0 ? 300 : 25;
}

static long random_value(void)
{
    static const long edges[] = {0,        1,        -1,       7,       8,       9,        10,       CHAR_MIN,
                                 CHAR_MAX, SHRT_MIN, SHRT_MAX, INT_MIN, INT_MAX, UINT_MAX, LONG_MIN, LONG_MAX};
    return random_below(2) ? edges[random_below(sizeof edges / sizeof edges[0])]
                           : (long)(random_next() >> random_below(64));
}

static void add_integer(struct call *c)
{
    static const char conversions[] = "diuoxX", *const lengths[] = {"hh", "h", "",  "", "l",
                                                                    "ll", "j", "z", "t"};
    char conversion[2] = {conversions[random_below(6)], 0};
    add_flags(c, strchr("di", *conversion) ? "-0+ " : *conversion == 'u' ? "-0" : "-0#");
    add_size(c, "", most_size());
    add_size(c, ".", most_size());
    add(c, lengths[random_below(9)]);
    add(c, conversion);
    c->argument[c->arguments++] = random_value();
}

static void add_text(struct call *c)
{
    static const char *const strings[] = {"", "x", "some text", "%d is not looked at", "\xff\x80 bytes"};
    add_flags(c, "-");
    add_size(c, "", most_size());
    switch (random_below(3)) {
    case 0:
        add(c, "c");
        c->argument[c->arguments++] = (int)random_below(256);
        break;
    case 1:
        add(c, "p");
        c->argument[c->arguments++] = random_below(3) ? (long)random_next() : 0;
        break;
    default:
        add_size(c, ".", 12);
        add(c, "s");
        c->argument[c->arguments++] = (long)(intptr_t)strings[random_below(5)];
    }
}

static void make(struct call *c)
{
    memset(c, 0, sizeof *c);
    for (unsigned n = 1 + random_below(CONVERSIONS); n > 0; n--) {
        add(c, random_below(3) ? "" : "and ");
        add(c, "%");
        if (random_below(12) == 0)
            add(c, "%");
        else if (random_below(3) == 0)
            add_text(c);
        else
            add_integer(c);
    }
}

#define A(i) c->argument[i]
#define ALL A(0), A(1), A(2), A(3), A(4), A(5), A(6), A(7), A(8), A(9), A(10), A(11), A(12), A(13), A(14)

/* The length, the text, and of a small buffer not a byte more: it ends where a page ends. */
static void compare_call(const struct call *c)
{
    static char wanted[TEXT], got[TEXT];
    int count = snprintf(wanted, sizeof wanted, c->format, ALL);
    CHECK_NUMBER(c->format, ours.snprintf(got, sizeof got, c->format, ALL), count);
    CHECK_STRING(c->format, got, wanted);
    size_t size = random_below((unsigned)count + 3);
    char *small = guarded_end(0, size);
    CHECK_NUMBER(c->format, ours.snprintf(size == 0 ? NULL : small, size, c->format, ALL), count);
    if (size > 0) {
        snprintf(wanted, size, c->format, ALL);
        CHECK_STRING(c->format, small, wanted);
    }
    CHECK_NUMBER(c->format, ours.sprintf(guarded_end(1, (size_t)count + 1), c->format, ALL), count);
    CHECK_STRING("sprintf", guarded_end(1, (size_t)count + 1), got);
}

static void random_formats(void)
{
    struct call c;
    for (unsigned i = 0; i < ROUNDS; i++) {
        make(&c);
        compare_call(&c);
    }
}

/* Every flag with every other, width and precision, of each conversion: nothing is left to chance. */
static void all_flags(void)
{
    static const char *const conversions[] = {"d",  "i",  "u",   "o",  "x",  "X", "hhd",
                                              "hu", "ld", "llx", "jo", "zu", "td"};
    static const char *const sizes[] = {"", "1", "12", ".", ".0", ".1", ".7", "12.7", "3.9", "12.0"};
    static const long values[] = {0, 1, -1, 42, 0x1234567, LONG_MIN};
    for (unsigned k = 0; k < sizeof conversions / sizeof conversions[0]; k++)
        for (unsigned flags = 0; flags < 32; flags++)
            for (unsigned i = 0; i < 10; i++)
                for (unsigned v = 0; v < 6; v++) {
                    struct call c = {.argument = {values[v]}};
                    add(&c, "[%");
                    for (unsigned f = 0; f < 5; f++)
                        if (flags & 1u << f)
                            add(&c, (const char *const[]){"-", "0", "+", " ", "#"}[f]);
                    add(&c, sizes[i]);
                    add(&c, conversions[k]);
                    add(&c, "]");
                    compare_call(&c);
                }
}

static void text_is(const char *what, const char *wanted, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = ours.vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK_STRING(what, text, wanted);
    CHECK_NUMBER(what, n, strlen(wanted));
}

/* What the standard leaves open, or does not know. */
static void written_down(void)
{
    int untouched = 7;
    const char *volatile none = NULL;
    text_is("unknown", "%q %5y|%", "%q %5y|%");
    text_is("no end", "a%-08.3l", "a%-08.3l");
    text_is("takes no argument", "%m 1", "%m %d", 1);
    text_is("not written to", "%n", "%n", &untouched);
    CHECK_NUMBER("%n writes nothing", untouched, 7);
    text_is("wide", "%ls %lc", "%ls %lc");
    text_is("long double", "%Lf %Ld", "%Lf %Ld");
    text_is("no string", "(null) (nul", "%s %.4s", none, none);
    text_is("no pointer", "(nil)      (nil)", "%p %10p", NULL, NULL);
    text_is("zeros for text", "     x     y", "%06c%06s", 'x', "y");
    char *text = guarded_end(0, 3);
    memcpy(text, "abc", 3);
    text_is("no more than the precision", "abc", "%.3s", text);
}

/* As many characters as an int can count, and one more; written nowhere. */
static void too_long(void)
{
    CHECK_NUMBER("INT_MAX", ours.snprintf(NULL, 0, "%*s", INT_MAX, ""), INT_MAX);
    CHECK_NUMBER("more", ours.snprintf(NULL, 0, "%*s.", INT_MAX, ""), -1);
    CHECK_NUMBER("digits", ours.snprintf(NULL, 0, "%99999999999999999999s", ""), INT_MAX);
    CHECK_NUMBER("negative", ours.snprintf(NULL, 0, "%*s", INT_MIN, ""), -1);
}

static void forget(void)
{
    ours_console.used = ours_console.writes = 0;
    ours_console.text[0] = 0;
}

/* What is printed in pieces arrives whole, in few writes, whatever its length. */
static void console(void)
{
    static char wanted[TEXT];
    for (int width = 0; width < 700; width++) {
        forget();
        int n = snprintf(wanted, sizeof wanted, "%d: %*s and %-*d.\n", width, width, "x", width / 2, -5);
        CHECK_NUMBER("length", ours.printf("%d: %*s and %-*d.\n", width, width, "x", width / 2, -5), n);
        CHECK_STRING("printf", ours_console.text, wanted);
        CHECK(ours_console.writes <= (size_t)n / 100 + 1);
    }
    forget();
    memset(wanted, 'w', 1000);
    wanted[1000] = 0;
    CHECK_NUMBER("a long string", ours.printf("%s", wanted), 1000);
    CHECK_STRING("a long string", ours_console.text, wanted);
    forget();
    CHECK(ours.puts("100% as it is") >= 0 && ours.putchar('c' + 256) == 'c' && ours.putchar(0xe9) == 0xe9);
    CHECK_STRING("puts and putchar", ours_console.text, "100% as it is\nc\xe9");
    forget();
    CHECK_NUMBER("nothing", ours.printf("%s", ""), 0);
    CHECK_NUMBER("no write", ours_console.writes, 0);
}

int main(void)
{
    random_seed();
    test_run("libc printf: all flags", all_flags);
    test_run("libc printf: random formats", random_formats);
    test_run("libc printf: written-down answers", written_down);
    test_run("libc printf: longer than an int", too_long);
    test_run("libc printf: console", console);
    return test_end();
}
