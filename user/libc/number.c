/* Integers from text. Everything that is read here has 64 bits, whatever its name. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

struct number {
    unsigned long magnitude;
    bool negative, overflow;
};

/* The value of a digit in any base; NOT_A_DIGIT is in none. */
enum { NOT_A_DIGIT = 99 };
static unsigned digit_of(char c)
{
    if (isdigit(c))
        return (unsigned)(c - '0');
    return isalpha(c) ? (unsigned)(tolower(c) - 'a') + 10 : NOT_A_DIGIT;
}

/* Behind a 0x, if the base allows one and a digit follows: without it the 0 is the number. */
static const char *skip_prefix(const char *at, unsigned *base)
{
    bool hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && digit_of(at[2]) < 16;
    if (hex && (*base == 0 || *base == 16)) {
        *base = 16;
        return at + 2;
    }
    if (*base == 0)
        *base = at[0] == '0' ? 8 : 10;
    return at;
}

/* Goes on to the end of the digits after an overflow, too: the end of the number is where it stands. */
static const char *read_digits(const char *at, unsigned base, struct number *n)
{
    for (unsigned digit; (digit = digit_of(*at)) < base; at++) {
        n->overflow |= __builtin_mul_overflow(n->magnitude, base, &n->magnitude);
        n->overflow |= __builtin_add_overflow(n->magnitude, digit, &n->magnitude);
    }
    return at;
}

static struct number read_number(const char *text, char **end, int wanted)
{
    struct number n = {0, false, false};
    const char *at = text;
    unsigned base = (unsigned)wanted;
    if (base == 1 || base > 36) {
        errno = EINVAL;
        return n;
    }
    while (isspace(*at))
        at++;
    n.negative = *at == '-';
    at += *at == '-' || *at == '+';
    const char *digits = skip_prefix(at, &base);
    at = read_digits(digits, base, &n);
    if (end != NULL)
        *end = (char *)(uintptr_t)(at == digits ? text : at);
    return n;
}

long strtol(const char *restrict text, char **restrict end, int base)
{
    struct number n = read_number(text, end, base);
    unsigned long most = n.negative ? (unsigned long)LONG_MAX + 1 : LONG_MAX;
    if (n.overflow || n.magnitude > most) {
        errno = ERANGE;
        n.magnitude = most;
    }
    return (long)(n.negative ? 0 - n.magnitude : n.magnitude);
}

unsigned long strtoul(const char *restrict text, char **restrict end, int base)
{
    struct number n = read_number(text, end, base);
    if (n.overflow) {
        errno = ERANGE;
        return ULONG_MAX;
    }
    return n.negative ? 0 - n.magnitude : n.magnitude;
}

long long strtoll(const char *restrict text, char **restrict end, int base)
{
    return strtol(text, end, base);
}

unsigned long long strtoull(const char *restrict text, char **restrict end, int base)
{
    return strtoul(text, end, base);
}

intmax_t strtoimax(const char *restrict text, char **restrict end, int base)
{
    return strtol(text, end, base);
}

uintmax_t strtoumax(const char *restrict text, char **restrict end, int base)
{
    return strtoul(text, end, base);
}

int atoi(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

long atol(const char *text)
{
    return strtol(text, NULL, 10);
}

long long atoll(const char *text)
{
    return strtol(text, NULL, 10);
}
