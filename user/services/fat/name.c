/* Names: UTF-8 outside, UTF-16 in long entries, eleven bytes of a code page in short ones. */
#include <string.h>
#include "own.h"
#include "cp437.h"

/* The code point at p, and how many bytes it takes; 0: it is not valid UTF-8. */
static uint32_t decode(const uint8_t *p, uint32_t left, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t bytes = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (bytes == 0 || bytes > left)
        return 0;
    *code = bytes == 1 ? p[0] : p[0] & (0x7fu >> bytes);
    for (uint32_t i = 1; i < bytes; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        *code = *code << 6 | (p[i] & 0x3f);
    }
    return *code >= least[bytes] && *code <= 0x10ffff && *code >> 11 != 0x1b ? bytes : 0;
}

int utf16_from_utf8(const char *name, uint32_t length, uint16_t *to, uint32_t room)
{
    uint32_t n = 0, bytes;
    for (uint32_t i = 0, code; i < length; i += bytes) {
        bytes = decode((const uint8_t *)name + i, length - i, &code);
        if (bytes == 0 || n + (code > 0xffff ? 2 : 1) > room)
            return -1;
        if (code > 0xffff)
            to[n++] = (uint16_t)(0xd7c0 + (code >> 10));
        to[n++] = (uint16_t)(code > 0xffff ? 0xdc00 | (code & 0x3ff) : code);
    }
    return (int)n;
}

static uint32_t encode(uint32_t code, uint8_t to[4])
{
    uint32_t bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes == 1) {
        to[0] = (uint8_t)code;
        return 1;
    }
    for (uint32_t i = bytes - 1; i > 0; i--, code >>= 6)
        to[i] = (uint8_t)(0x80 | (code & 0x3f));
    to[0] = (uint8_t)(0xf00 >> bytes | code);
    return bytes;
}

int utf8_from_utf16(const uint16_t *name, uint32_t count, char *to, uint32_t room)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = name[i];
        uint8_t bytes[4];
        if (code >> 10 == 0x36 && i + 1 < count && name[i + 1] >> 10 == 0x37)
            code = 0x10000 + ((code & 0x3ff) << 10) + (name[++i] & 0x3ffu);
        if (code >> 11 == 0x1b) /* half a pair */
            return -1;
        uint32_t more = encode(code, bytes);
        if (n + more > room)
            return -1;
        memcpy(to + n, bytes, more);
        n += more;
    }
    return (int)n;
}

bool name_is_good(const uint16_t *name, int count)
{
    if (count < 1 || name[count - 1] == '.' || name[count - 1] == ' ')
        return false;
    for (int i = 0; i < count; i++)
        if (name[i] < 0x20 || name[i] == 0x7f || (name[i] < 0x80 && strchr("\"*/:<>?\\|", name[i])))
            return false;
    return true;
}

/* Small letters of Latin, Greek and Cyrillic as capitals. */
static uint16_t capital(uint16_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
        (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f))
        return (uint16_t)(c - 32);
    if (c >= 0x450 && c <= 0x45f)
        return (uint16_t)(c - 80);
    bool pairs_even = (c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14a && c <= 0x177);
    bool pairs_odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    return (uint16_t)(c - ((pairs_even && c % 2 == 1) || (pairs_odd && c % 2 == 0)));
}

bool names_same(const uint16_t *a, int a_count, const uint16_t *b, int b_count)
{
    if (a_count != b_count)
        return false;
    for (int i = 0; i < a_count; i++)
        if (capital(a[i]) != capital(b[i]))
            return false;
    return true;
}
