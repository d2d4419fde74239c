/* Formatted output without floating point: see baton.h for what a format may hold. What it does not know, it
   shows as it stands, so that a wrong format is seen and not silent. */
#include "format.h"
#include "baton.h"

struct spec {
    bool left, zero, is_long;
    int width;
    int precision; /* below 0: none given */
};

struct output {
    struct sink *to;
    int count;
};

static void put(struct output *o, char c)
{
    o->to->put(o->to, c);
    o->count++;
}

static void put_repeated(struct output *o, char c, int n)
{
    while (n-- > 0)
        put(o, c);
}

/* `text` of n characters in a field; with the zero flag a leading minus stays in front. */
static void put_field(struct output *o, const struct spec *s, const char *text, int n)
{
    bool zero = s->zero && !s->left;
    int pad = s->width - n;
    if (zero && n > 0 && *text == '-') {
        put(o, '-');
        text++, n--;
    }
    if (!s->left)
        put_repeated(o, zero ? '0' : ' ', pad);
    for (int i = 0; i < n; i++)
        put(o, text[i]);
    if (s->left)
        put_repeated(o, ' ', pad);
}

static void put_number(struct output *o, const struct spec *s, uint64_t value, unsigned base, bool negative)
{
    char digits[24];
    int at = (int)sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    put_field(o, s, digits + at, (int)sizeof digits - at);
}

static void put_signed(struct output *o, const struct spec *s, long value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put_number(o, s, magnitude, 10, value < 0);
}

static void put_string(struct output *o, struct spec *s, const char *text)
{
    int n = 0;
    if (text == NULL)
        text = "(null)";
    while ((s->precision < 0 || n < s->precision) && text[n] != 0)
        n++;
    s->zero = false;
    put_field(o, s, text, n);
}

/* A decimal number of the format; stops growing before it could overflow. */
static int read_number(const char **at)
{
    int n = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        if (n < 10000)
            n = n * 10 + (**at - '0');
    return n;
}

/* Reads flags, width, precision and length behind a percent sign. post: *at is the conversion character. */
static struct spec read_spec(const char **at)
{
    struct spec s = {.precision = -1};
    for (; **at == '-' || **at == '0'; (*at)++) {
        s.left |= **at == '-';
        s.zero |= **at == '0';
    }
    s.width = read_number(at);
    if (**at == '.') {
        (*at)++;
        s.precision = read_number(at);
    }
    for (; **at == 'l' || **at == 'z'; (*at)++)
        s.is_long = true;
    return s;
}

int format_to(struct sink *to, const char *format, va_list args)
{
    struct output o = {to, 0};
    while (*format != 0) {
        if (*format != '%') {
            put(&o, *format++);
            continue;
        }
        const char *start = format++;
        struct spec s = read_spec(&format);
        char c, conversion = *format;
        if (conversion != 0)
            format++;
        switch (conversion) {
        case 'd': put_signed(&o, &s, s.is_long ? va_arg(args, long) : va_arg(args, int)); break;
        case 'u':
        case 'x':
            put_number(&o, &s, s.is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned),
                       conversion == 'x' ? 16 : 10, false);
            break;
        case 'c':
            c = (char)va_arg(args, int);
            s.zero = false;
            put_field(&o, &s, &c, 1);
            break;
        case 's': put_string(&o, &s, va_arg(args, const char *)); break;
        case '%': put(&o, '%'); break;
        default:
            while (start < format)
                put(&o, *start++);
        }
    }
    return o.count;
}

struct buffer_sink {
    struct sink sink; /* first, so that a sink of this kind is one */
    char *buffer;
    size_t size, used;
};

static void put_in_buffer(struct sink *to, char c)
{
    struct buffer_sink *b = (struct buffer_sink *)to;
    if (b->used + 1 < b->size)
        b->buffer[b->used++] = c;
}

int print_to(char *buffer, size_t size, const char *format, ...)
{
    struct buffer_sink b = {{put_in_buffer}, buffer, size, 0};
    va_list args;
    va_start(args, format);
    int count = format_to(&b.sink, format, args);
    va_end(args);
    if (size != 0)
        buffer[b.used] = 0;
    return count;
}
