/* kprintf. */
#include "debug/debug.h"
#include "debug/machine.h"

static void put_string(const char *s)
{
    while (*s)
        arch_putchar(*s++);
}

static void put_number(uint64_t value, unsigned base, unsigned width, char pad)
{
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (width > n) {
        arch_putchar(pad);
        width--;
    }
    while (n)
        arch_putchar(digits[--n]);
}

struct spec {
    unsigned width;
    char pad;
    bool is_long;
};

static const char *parse_spec(const char *f, struct spec *s)
{
    *s = (struct spec){.pad = *f == '0' ? '0' : ' '};
    while (*f >= '0' && *f <= '9')
        s->width = s->width * 10 + (unsigned)(*f++ - '0');
    while (*f == 'l' || *f == 'z') {
        s->is_long = true;
        f++;
    }
    return f;
}

static void put_signed(int64_t value, const struct spec *s)
{
    if (value < 0)
        arch_putchar('-');
    put_number(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, s->width, s->pad);
}

static void put_argument(char c, const struct spec *s, va_list *ap)
{
    switch (c) {
    case 's': put_string(va_arg(*ap, const char *)); break;
    case 'c': arch_putchar((char)va_arg(*ap, int)); break;
    case 'd': put_signed(s->is_long ? va_arg(*ap, int64_t) : va_arg(*ap, int), s); break;
    case 'u':
    case 'x':
        put_number(s->is_long ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned), c == 'x' ? 16 : 10, s->width,
                   s->pad);
        break;
    case 'p': put_number((uintptr_t)va_arg(*ap, void *), 16, 16, '0'); break;
    default: arch_putchar(c); break;
    }
}

void kvprintf(const char *format, va_list *ap)
{
    for (const char *f = format; *f; f++) {
        struct spec s;
        if (*f != '%') {
            arch_putchar(*f);
            continue;
        }
        f = parse_spec(f + 1, &s);
        if (!*f)
            return;
        put_argument(*f, &s, ap);
    }
}

void kprintf(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    kvprintf(format, &ap);
    va_end(ap);
}

uint64_t unasked_count[UNASKED_KINDS];

bool unasked_line(enum unasked kind)
{
    uint64_t before = unasked_count[kind]++;
    if (before == UNASKED_LINES)
        kprintf("baton: more of the last kind are only counted\n");
    return before < UNASKED_LINES;
}
