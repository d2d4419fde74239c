/* Formatted output: stdio.h says what a format may hold. What it does not know it prints unchanged, so that a
   wrong format is seen. */
#include "format.h"
#include <ctype.h>
#include <limits.h>
#include <string.h>

static void put(struct output *o, const char *text, size_t n)
{
    if (n > 0)
        o->to->put(o->to, text, n);
    o->count += n;
}

static void put_repeated(struct output *o, char c, size_t n)
{
    char some[16];
    memset(some, c, sizeof some);
    for (; n > sizeof some; n -= sizeof some)
        put(o, some, sizeof some);
    put(o, some, n);
}

void __libc_put_field(struct output *o, const struct spec *s, struct field f)
{
    size_t n = f.prefix_length + f.zeros + f.text_length + f.zeros_behind + f.tail_length;
    size_t pad = s->width > n ? s->width - n : 0;
    if (s->zero && !s->left) {
        f.zeros += pad;
        pad = 0;
    }
    if (!s->left)
        put_repeated(o, ' ', pad);
    put(o, f.prefix, f.prefix_length);
    put_repeated(o, '0', f.zeros);
    put(o, f.text, f.text_length);
    put_repeated(o, '0', f.zeros_behind);
    put(o, f.tail, f.tail_length);
    if (s->left)
        put_repeated(o, ' ', pad);
}

const char *__libc_sign(const struct spec *s, bool negative)
{
    return negative ? "-" : s->plus ? "+" : s->space ? " " : "";
}

static void put_integer(struct output *o, struct spec *s, unsigned long value, unsigned base,
                        const char *prefix)
{
    char digits[24];
    size_t at = sizeof digits;
    const char *letters = s->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    for (unsigned long rest = value; rest != 0; rest /= base)
        digits[--at] = letters[rest % base];
    size_t n = sizeof digits - at, least = s->has_precision ? s->precision : 1;
    if (base == 8 && s->alternate && least <= n)
        least = n + 1; /* the first digit is a 0 */
    s->zero &= !s->has_precision;
    __libc_put_field(o, s,
                     (struct field){.prefix = prefix,
                                    .prefix_length = strlen(prefix),
                                    .text = digits + at,
                                    .text_length = n,
                                    .zeros = least > n ? least - n : 0});
}

static void put_string(struct output *o, struct spec *s, const char *text, size_t n)
{
    s->zero = false;
    __libc_put_field(o, s, (struct field){.text = text, .text_length = n});
}

static long signed_argument(struct arguments *args, unsigned bytes)
{
    if (bytes == 8)
        return va_arg(args->list, long);
    int value = va_arg(args->list, int);
    return bytes == 4 ? value : bytes == 2 ? (short)value : (signed char)value;
}

static unsigned long unsigned_argument(struct arguments *args, unsigned bytes)
{
    if (bytes == 8)
        return va_arg(args->list, unsigned long);
    unsigned value = va_arg(args->list, unsigned);
    return bytes == 4 ? value : bytes == 2 ? (unsigned short)value : (unsigned char)value;
}

/* The value of a decimal number in the format, or of a star; false: it is negative. More than an int holds becomes INT_MAX. */
static bool read_size(const char **at, struct arguments *args, size_t *size)
{
    if (**at == '*') {
        ++*at;
        int n = va_arg(args->list, int);
        *size = n < 0 ? 0 - (size_t)n : (size_t)n;
        return n >= 0;
    }
    for (*size = 0; isdigit(**at); ++*at)
        *size = *size > INT_MAX / 10 ? INT_MAX : *size * 10 + (size_t)(**at - '0');
    return true;
}

static unsigned read_length(const char **at)
{
    switch (**at) {
    case 'h':
        ++*at;
        if (**at != 'h')
            return 2;
        ++*at;
        return 1;
    case 'l':
        ++*at;
        *at += **at == 'l';
        return 8;
    case 'j':
    case 'z':
    case 't': ++*at; return 8;
    case 'L': ++*at; return 0;
    default: return 4;
    }
}

/* Reads what follows a percent sign. post: *at is past the conversion character, or at the format's end. */
static struct spec read_spec(const char **at, struct arguments *args)
{
    struct spec s = {0};
    for (; **at != 0 && strchr("-0+ #", **at) != NULL; ++*at) {
        s.left |= **at == '-';
        s.zero |= **at == '0';
        s.plus |= **at == '+';
        s.space |= **at == ' ';
        s.alternate |= **at == '#';
    }
    s.left |= !read_size(at, args, &s.width);
    if (**at == '.') {
        ++*at;
        s.has_precision = read_size(at, args, &s.precision);
    }
    s.bytes = read_length(at);
    s.conversion = **at;
    *at += s.conversion != 0;
    return s;
}

static void put_signed(struct output *o, struct spec *s, long value)
{
    put_integer(o, s, value < 0 ? 0 - (unsigned long)value : (unsigned long)value, 10,
                __libc_sign(s, value < 0));
}

static void put_unsigned(struct output *o, struct spec *s, unsigned long value)
{
    bool hex = s->conversion == 'x' || s->conversion == 'X';
    const char *prefix = !hex || !s->alternate || value == 0 ? "" : s->conversion == 'x' ? "0x" : "0X";
    put_integer(o, s, value, hex ? 16 : s->conversion == 'o' ? 8 : 10, prefix);
}

static void put_text(struct output *o, struct spec *s, const char *text)
{
    if (text == NULL)
        text = "(null)";
    put_string(o, s, text, s->has_precision ? strnlen(text, s->precision) : strlen(text));
}

static void put_pointer(struct output *o, struct spec *s, const void *pointer)
{
    s->alternate = true;
    s->conversion = 'x';
    if (pointer == NULL)
        put_string(o, s, "(nil)", 5);
    else
        put_unsigned(o, s, (unsigned long)pointer);
}

/* Converts the next argument; false: there is no such conversion, and it took none. */
static bool convert(struct output *o, struct spec *s, struct arguments *args)
{
    char c;
    bool plain = s->bytes == 4; /* no length was given */
    if (s->bytes == 0)
        return false;
    switch (s->conversion) {
    case 'd':
    case 'i': put_signed(o, s, signed_argument(args, s->bytes)); return true;
    case 'u':
    case 'o':
    case 'x':
    case 'X': put_unsigned(o, s, unsigned_argument(args, s->bytes)); return true;
    case 'c':
        if (plain) {
            c = (char)va_arg(args->list, int);
            put_string(o, s, &c, 1);
        }
        return plain;
    case 's':
        if (plain)
            put_text(o, s, va_arg(args->list, const char *));
        return plain;
    case 'p':
        if (plain)
            put_pointer(o, s, va_arg(args->list, const void *));
        return plain;
    case '%': put(o, "%", 1); return true;
    default: return __libc_floating(o, s, args);
    }
}

int __libc_format(struct sink *to, const char *format, va_list list)
{
    struct output o = {to, 0};
    struct arguments args;
    va_copy(args.list, list);
    while (*format != 0) {
        const char *start = format;
        while (*format != 0 && *format != '%')
            format++;
        put(&o, start, (size_t)(format - start));
        if (*format == 0)
            break;
        start = format++;
        struct spec s = read_spec(&format, &args);
        if (!convert(&o, &s, &args))
            put(&o, start, (size_t)(format - start));
    }
    va_end(args.list);
    return o.count > INT_MAX ? -1 : (int)o.count;
}
