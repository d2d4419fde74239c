/* The conversions of double: from its exact decimal expansion, so every digit is right, and ties go to even. */
#include "../format.h"
#include "bignum.h"
#include <ctype.h>
#include <string.h>

enum {
    MANTISSA_BITS = 52,
    BIAS = 1023,
    ALL_ONES = 0x7ff, /* of the exponent: not a number */
    DIGITS = 800,     /* at most 767 */
    FRACTION = 1100,  /* after the 1074th digit all are 0 */
    TEXT = 309 + 1 + FRACTION
};

static const uint64_t BILLION = 1000000000;

/* 0.d1d2d3... times 10^point; zero has no digits and point 1. */
struct decimal {
    int count, point;
    char digit[DIGITS + 1]; /* '0' to '9' */
};

struct number {
    bool negative;
    int exponent; /* the value is mantissa * 2^exponent */
    uint64_t mantissa;
    unsigned biased;
};

static struct number parts_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct number n = {.negative = bits >> 63, .mantissa = bits & ((1ul << MANTISSA_BITS) - 1)};
    n.biased = (unsigned)(bits >> MANTISSA_BITS & ALL_ONES);
    if (n.biased != 0)
        n.mantissa |= 1ul << MANTISSA_BITS;
    n.exponent = (n.biased == 0 ? 1 : (int)n.biased) - BIAS - MANTISSA_BITS;
    return n;
}

/* The digits of a number of limbs in base 10^9, without leading zeros. */
static int digits_of(const struct big *b, char *digit)
{
    int n = 0;
    for (unsigned i = b->count; i-- > 0;)
        for (uint32_t unit = 100000000; unit != 0; unit /= 10) {
            char c = (char)('0' + b->limb[i] / unit % 10);
            if (n > 0 || c != '0')
                digit[n++] = c;
        }
    return n;
}

/* m / 2^k is m * 5^k / 10^k. */
static void expand(const struct number *n, struct decimal *d)
{
    struct big b = __libc_big(n->mantissa, BILLION);
    unsigned power = (unsigned)(n->exponent < 0 ? -n->exponent : n->exponent);
    __libc_big_power(&b, n->exponent < 0 ? 5 : 2, power, BILLION);
    d->count = digits_of(&b, d->digit);
    d->point = d->count == 0 ? 1 : n->exponent < 0 ? d->count - (int)power : d->count;
}

/* Whether what is cut off after `keep` digits is more than a half, or a half and the last one kept odd. */
static bool rounds_up(const struct decimal *d, int keep)
{
    if (d->digit[keep] != '5')
        return d->digit[keep] > '5';
    for (int i = keep + 1; i < d->count; i++)
        if (d->digit[i] != '0')
            return true;
    return keep > 0 && (d->digit[keep - 1] - '0') % 2 != 0;
}

static void round_to(struct decimal *d, int keep)
{
    if (keep >= d->count)
        return;
    bool up = keep >= 0 && rounds_up(d, keep);
    d->count = keep < 0 ? 0 : keep;
    if (!up)
        return;
    while (d->count > 0 && d->digit[d->count - 1] == '9')
        d->count--;
    if (d->count == 0) {
        d->digit[d->count++] = '1';
        d->point++;
    } else {
        d->digit[d->count - 1]++;
    }
}

static char digit_at(const struct decimal *d, int index)
{
    return index >= 0 && index < d->count ? d->digit[index] : '0';
}

/* From digit `first` on one digit before the point, or more up to digit `point`, and so many after it. What FRACTION cuts off are zeros. */
static void put_digits(struct output *o, const struct spec *s, const struct decimal *d, int point,
                       const char *sign, size_t fraction, const char *tail)
{
    char text[TEXT];
    size_t n = 0, written = fraction > FRACTION ? FRACTION : fraction;
    for (int i = point < 1 ? point - 1 : 0; i < point; i++)
        text[n++] = digit_at(d, i);
    if (fraction > 0 || s->alternate)
        text[n++] = '.';
    for (size_t i = 0; i < written; i++)
        text[n++] = digit_at(d, point + (int)i);
    __libc_put_field(o, s,
                     (struct field){.prefix = sign,
                                    .prefix_length = strlen(sign),
                                    .text = text,
                                    .text_length = n,
                                    .zeros_behind = fraction - written,
                                    .tail = tail,
                                    .tail_length = strlen(tail)});
}

/* "e+05": at least two digits; for a power of two (letter p) at least one. */
static void write_exponent(char tail[8], char letter, int exponent)
{
    unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);
    bool two = tolower(letter) == 'e';
    char digits[8];
    size_t n = 0, at = 0;
    for (; magnitude != 0 || n < (two ? 2 : 1); magnitude /= 10)
        digits[n++] = (char)('0' + magnitude % 10);
    tail[at++] = letter;
    tail[at++] = exponent < 0 ? '-' : '+';
    while (n > 0)
        tail[at++] = digits[--n];
    tail[at] = 0;
}

static int clipped(size_t precision)
{
    return precision > 2 * FRACTION ? 2 * FRACTION : (int)precision;
}

static void put_fixed(struct output *o, const struct spec *s, struct decimal *d, const char *sign,
                      size_t precision)
{
    round_to(d, d->point + clipped(precision));
    put_digits(o, s, d, d->point, sign, precision, "");
}

static void put_scientific(struct output *o, const struct spec *s, struct decimal *d, const char *sign,
                           size_t precision)
{
    char tail[8];
    round_to(d, 1 + clipped(precision));
    write_exponent(tail, isupper(s->conversion) ? 'E' : 'e', d->point - 1);
    put_digits(o, s, d, 1, sign, precision, tail);
}

/* The shorter of both for this many digits, without zeros at the end unless the spec wants them. */
static void put_general(struct output *o, const struct spec *s, struct decimal *d, const char *sign,
                        size_t precision)
{
    int most = precision == 0 ? 1 : clipped(precision);
    round_to(d, most);
    int exponent = d->point - 1;
    while (d->count > 1 && d->digit[d->count - 1] == '0')
        d->count--;
    size_t digits = s->alternate ? (size_t)most : d->count == 0 ? 1 : (size_t)d->count;
    if (exponent < -4 || exponent >= most)
        put_scientific(o, s, d, sign, digits - 1);
    else if (exponent >= (int)digits)
        put_fixed(o, s, d, sign, 0);
    else
        put_fixed(o, s, d, sign, digits - (size_t)(exponent + 1));
}

static void put_no_number(struct output *o, struct spec *s, const struct number *n, const char *sign)
{
    bool infinite = (n->mantissa & ((1ul << MANTISSA_BITS) - 1)) == 0, large = isupper(s->conversion);
    s->zero = false;
    __libc_put_field(o, s,
                     (struct field){.prefix = sign,
                                    .prefix_length = strlen(sign),
                                    .text_length = 3,
                                    .text = infinite ? (large ? "INF" : "inf") : (large ? "NAN" : "nan")});
}

/* Rounds to this many hexadecimal digits after the point, ties to even. */
static uint64_t round_mantissa(uint64_t mantissa, size_t precision)
{
    unsigned drop = (unsigned)(MANTISSA_BITS - 4 * precision);
    uint64_t unit = 1ul << drop, rest = mantissa & (unit - 1);
    mantissa -= rest;
    return rest > unit / 2 || (rest == unit / 2 && (mantissa & unit) != 0) ? mantissa + unit : mantissa;
}

static void put_hexadecimal(struct output *o, const struct spec *s, const struct number *n, bool negative)
{
    const char *letters = s->conversion == 'A' ? "0123456789ABCDEF" : "0123456789abcdef";
    char prefix[4], text[2 + MANTISSA_BITS / 4], tail[8];
    size_t all = MANTISSA_BITS / 4, shown = s->has_precision && s->precision < all ? s->precision : all,
           length = 1;
    uint64_t mantissa = shown < all ? round_mantissa(n->mantissa, shown) : n->mantissa;
    if (!s->has_precision)
        while (shown > 0 && (mantissa >> (MANTISSA_BITS - 4 * shown) & 15) == 0)
            shown--;
    text[0] = letters[mantissa >> MANTISSA_BITS];
    if (shown > 0 || s->alternate || (s->has_precision && s->precision > 0))
        text[length++] = '.';
    for (size_t i = 1; i <= shown; i++)
        text[length++] = letters[mantissa >> (MANTISSA_BITS - 4 * i) & 15];
    strcpy(prefix, __libc_sign(s, negative));
    strcat(prefix, s->conversion == 'A' ? "0X" : "0x");
    write_exponent(tail, s->conversion == 'A' ? 'P' : 'p', n->mantissa == 0 ? 0 : n->exponent + MANTISSA_BITS);
    __libc_put_field(
        o, s,
        (struct field){.prefix = prefix,
                       .prefix_length = strlen(prefix),
                       .text = text,
                       .text_length = length,
                       .zeros_behind = s->has_precision && s->precision > all ? s->precision - all : 0,
                       .tail = tail,
                       .tail_length = strlen(tail)});
}

bool __libc_floating(struct output *o, struct spec *s, struct arguments *args)
{
    struct decimal d;
    if (strchr("fFeEgGaA", s->conversion) == NULL || s->conversion == 0 || (s->bytes != 4 && s->bytes != 8))
        return false;
    struct number n = parts_of(va_arg(args->list, double));
    const char *sign = __libc_sign(s, n.negative);
    size_t precision = s->has_precision ? s->precision : 6;
    if (n.biased == ALL_ONES) {
        put_no_number(o, s, &n, sign);
        return true;
    }
    if (tolower(s->conversion) == 'a') {
        put_hexadecimal(o, s, &n, n.negative);
        return true;
    }
    expand(&n, &d);
    switch (tolower(s->conversion)) {
    case 'f': put_fixed(o, s, &d, sign, precision); break;
    case 'e': put_scientific(o, s, &d, sign, precision); break;
    default: put_general(o, s, &d, sign, precision);
    }
    return true;
}
