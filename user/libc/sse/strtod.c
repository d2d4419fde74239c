/* Text to the nearest double, ties to even: by the division of two natural numbers, so never off by a bit. */
#include "bignum.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS = 800,              /* more than a tie between two doubles has */
    TOO_LARGE = 310,           /* 10^309 is infinite */
    TOO_SMALL = -345,          /* and less than 10^-324 is zero */
    EXPONENT_MOST = 100000000, /* with one more digit it still fits an int */
    MANTISSA_BITS = 53,
    BIAS = 1023,
    LEAST = -1022 /* exponent of a normal number */
};

static const uint64_t BASE = 1ull << 32;

/* 64 bits of which the highest is 1, times 2^(exponent - 63); `more`: and a little more. 0 bits: zero. */
struct binary {
    uint64_t bits;
    int exponent;
    bool more;
};

/* Rounds, also to numbers with fewer bits, near zero, and to infinity. */
static double nearest(struct binary b)
{
    if (b.bits == 0)
        return 0;
    int kept_bits = b.exponent >= LEAST ? MANTISSA_BITS : MANTISSA_BITS - (LEAST - b.exponent);
    uint64_t kept = 0, result;
    bool inexact = true;
    if (kept_bits >= 0) {
        unsigned drop = 64 - (unsigned)kept_bits;
        uint64_t half = 1ull << (drop - 1), rest = b.bits & (2 * half - 1);
        kept = drop == 64 ? 0 : b.bits >> drop;
        inexact = rest != 0 || b.more;
        kept += rest > half || (rest == half && (b.more || kept % 2 != 0));
    }
    /* The highest bit of a normal number's mantissa counts the exponent up by one, as a carry out of it does. */
    result = b.exponent >= LEAST ? ((uint64_t)(b.exponent - LEAST) << (MANTISSA_BITS - 1)) + kept : kept;
    if (b.exponent > BIAS || result >> (MANTISSA_BITS - 1) >= 2 * BIAS + 1) {
        result = (2ull * BIAS + 1) << (MANTISSA_BITS - 1);
        errno = ERANGE;
    } else if (b.exponent < LEAST && inexact) {
        errno = ERANGE;
    }
    double value;
    memcpy(&value, &result, sizeof value);
    return value;
}

static int length_of(const struct big *b)
{
    return (int)(32 * b->count) - __builtin_clz(b->limb[b->count - 1]);
}

static void shift_left(struct big *b, unsigned bits)
{
    for (; bits >= 31; bits -= 31)
        __libc_big_multiply(b, 1u << 31, 0, BASE);
    __libc_big_multiply(b, 1u << bits, 0, BASE);
}

static bool at_least(const struct big *a, const struct big *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    for (unsigned i = a->count; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] > b->limb[i];
    return true;
}

/* pre: a is at least b. */
static void subtract(struct big *a, const struct big *b)
{
    uint32_t borrow = 0;
    for (unsigned i = 0; i < a->count; i++) {
        uint64_t take = (uint64_t)(i < b->count ? b->limb[i] : 0) + borrow;
        borrow = a->limb[i] < take;
        a->limb[i] -= (uint32_t)take;
    }
    while (a->count > 0 && a->limb[a->count - 1] == 0)
        a->count--;
}

/* The quotient of two numbers that are not 0, bit by bit. Both are used up. */
static struct binary divide(struct big *a, struct big *b)
{
    struct binary q = {0, length_of(a) - length_of(b), false};
    if (q.exponent >= 0)
        shift_left(b, (unsigned)q.exponent);
    else
        shift_left(a, (unsigned)-q.exponent);
    if (!at_least(a, b)) {
        shift_left(a, 1);
        q.exponent--;
    }
    for (int i = 0; i < 64; i++) {
        q.bits <<= 1;
        if (at_least(a, b)) {
            subtract(a, b);
            q.bits |= 1;
        }
        shift_left(a, 1);
    }
    q.more = a->count != 0;
    return q;
}

/* The exponent after `letter`, if there is one with a digit; *at goes past it. */
static int read_exponent(const char **at, char letter)
{
    if (tolower(**at) != letter)
        return 0;
    const char *from = *at + 1;
    bool negative = *from == '-';
    from += *from == '-' || *from == '+';
    if (!isdigit(*from))
        return 0;
    int value = 0;
    for (; isdigit(*from); from++)
        if (value < EXPONENT_MOST)
            value = value * 10 + (*from - '0');
    *at = from;
    return negative ? -value : value;
}

/* One digit after another of a number with a point, and how many come after the point. */
struct digits {
    const char *at;
    int behind; /* digits read after the point */
    bool any, point;
};

/* Goes on to the next digit in the base; false: the number ends here. */
static bool next_digit(struct digits *d, bool hex)
{
    if (*d->at == '.' && !d->point && (d->any || (hex ? isxdigit(d->at[1]) : isdigit(d->at[1])))) {
        d->point = true;
        d->at++;
    }
    if (!(hex ? isxdigit(*d->at) : isdigit(*d->at)))
        return false;
    d->any = true;
    d->behind += d->point;
    d->at++;
    return true;
}

static struct binary read_decimal(const char **at)
{
    struct digits d = {.at = *at};
    struct big a = {0}, b = __libc_big(1, BASE);
    int left_out = 0, count = 0;
    bool more = false;
    while (next_digit(&d, false)) {
        uint32_t digit = (uint32_t)(d.at[-1] - '0');
        if (count < DIGITS)
            __libc_big_multiply(&a, 10, digit, BASE);
        else
            left_out++, more |= digit != 0;
        count += a.count != 0;
    }
    if (d.any)
        *at = d.at;
    int power = (d.any ? read_exponent(at, 'e') : 0) - d.behind + left_out;
    if (a.count == 0)
        return (struct binary){0};
    int digits = count < DIGITS ? count : DIGITS;
    if (digits + power > TOO_LARGE)
        return (struct binary){1ull << 63, BIAS + 1, false};
    if (digits + power < TOO_SMALL)
        return (struct binary){1ull << 63, 2 * LEAST, false};
    __libc_big_power(power < 0 ? &b : &a, 10, (unsigned)(power < 0 ? -power : power), BASE);
    struct binary value = divide(&a, &b);
    value.more |= more;
    return value;
}

static struct binary read_hexadecimal(const char **at)
{
    struct digits d = {.at = *at};
    struct binary b = {0};
    int left_out = 0;
    while (next_digit(&d, true)) {
        char c = d.at[-1];
        uint64_t digit = (uint64_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
        if (b.bits >> 60 == 0)
            b.bits = b.bits << 4 | digit;
        else
            left_out++, b.more |= digit != 0;
    }
    *at = d.at;
    b.exponent = read_exponent(at, 'p') + 4 * (left_out - d.behind) + 63;
    if (b.bits != 0) {
        int shift = __builtin_clzll(b.bits);
        b.bits <<= shift;
        b.exponent -= shift;
    }
    return b;
}

/* The end of `word` here, in capitals or not, or NULL. */
static const char *behind(const char *at, const char *word)
{
    while (*word != 0 && tolower(*at) == *word)
        at++, word++;
    return *word == 0 ? at : NULL;
}

/* "inf", "infinity", "nan", "nan(...)": *bits is the number. */
static const char *read_name(const char *at, uint64_t *bits)
{
    const char *end = behind(at, "inf");
    *bits = 0x7ff0000000000000;
    if (end != NULL)
        return behind(at, "infinity") ? behind(at, "infinity") : end;
    end = behind(at, "nan");
    *bits = 0x7ff8000000000000;
    if (end != NULL && *end == '(') {
        const char *close = end + 1;
        while (isalnum(*close) || *close == '_')
            close++;
        end = *close == ')' ? close + 1 : end;
    }
    return end;
}

double strtod(const char *restrict text, char **restrict end)
{
    const char *at = text, *named;
    uint64_t bits;
    double value;
    while (isspace(*at))
        at++;
    bool negative = *at == '-';
    at += *at == '-' || *at == '+';
    const char *start = at;
    named = read_name(at, &bits);
    if (named != NULL) {
        at = named;
        memcpy(&value, &bits, sizeof value);
    } else if (at[0] == '0' && tolower(at[1]) == 'x' &&
               (isxdigit(at[2]) || (at[2] == '.' && isxdigit(at[3])))) {
        at += 2;
        value = nearest(read_hexadecimal(&at));
    } else {
        value = nearest(read_decimal(&at));
    }
    if (end != NULL)
        *end = (char *)(uintptr_t)(at == start ? text : at);
    return negative && at != start ? -value : value;
}

double atof(const char *text)
{
    return strtod(text, NULL);
}
