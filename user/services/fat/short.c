/* Short names: eight bytes, and three behind a point. */
#include <string.h>
#include "own.h"
#include "cp437.h"

uint8_t short_sum(const uint8_t name[11])
{
    uint8_t sum = 0;
    for (int i = 0; i < 11; i++)
        sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
    return sum;
}

static int part(const uint8_t *from, int size, bool small, uint16_t *to)
{
    while (size > 0 && from[size - 1] == ' ')
        size--;
    for (int i = 0; i < size; i++) {
        uint8_t c = from[i];
        to[i] = c >= 0x80 ? cp437[c - 0x80] : (uint16_t)(small && c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return size;
}

/* Bits 3 and 4 of byte 12 say that base and extension are small letters. 5 stands for 0xe5, which marks what is deleted. */
int short_to_utf16(const uint8_t entry[ENTRY], uint16_t *to)
{
    uint8_t base[8];
    memcpy(base, entry, sizeof base);
    base[0] = base[0] == 5 ? DELETED : base[0];
    int n = part(base, 8, (entry[12] & 8) != 0, to),
        more = part(entry + 8, 3, (entry[12] & 16) != 0, to + n + 1);
    if (more == 0)
        return n;
    to[n] = '.';
    return n + 1 + more;
}

/* What may stand in a short name for it; 0: nothing. */
static uint8_t short_byte(uint16_t c)
{
    if (c == ' ' || c == '.')
        return 0;
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 32);
    return c > 0x7e || strchr("+,;=[]", c) ? '_' : (uint8_t)c;
}

/* Up to `room` bytes of name[from..to); false: it is not the same. */
static bool fill(const uint16_t *name, int from, int to, uint8_t *bytes, int room)
{
    bool same = to - from <= room;
    for (int i = from, n = 0; i < to && n < room; i++) {
        uint8_t c = short_byte(name[i]);
        same = same && c == name[i];
        if (c != 0)
            bytes[n++] = c;
    }
    return same;
}

/* The first four tries are ~1 to ~4; then four digits of a hash stand before it, so that many similar names do not collide. */
static void add_tail(const uint16_t *name, int count, uint32_t n, uint8_t to[11])
{
    static const char digit[] = "0123456789ABCDEF";
    uint32_t hash = n / 9, length = 0;
    while (length < 8 && to[length] != ' ')
        length++;
    for (int i = 0; i < count; i++)
        hash = hash * 37 + name[i];
    uint32_t keep = n <= 4 ? 6 : 2, at = length < keep ? length : keep;
    memset(to + at, ' ', 8 - at);
    if (n > 4)
        for (int i = 0; i < 4; i++, hash >>= 4)
            to[at++] = (uint8_t)digit[hash & 15];
    to[at] = '~';
    to[at + 1] = (uint8_t)('1' + (n - 1) % 9);
}

bool short_from_name(const uint16_t *name, int count, uint32_t n, uint8_t to[11])
{
    int point = count;
    for (int i = count - 1; i > 0 && point == count; i--)
        if (name[i] == '.')
            point = i;
    memset(to, ' ', 11);
    bool same = fill(name, 0, point, to, 8);
    if (point < count)
        same = fill(name, point + 1, count, to + 8, 3) && point + 1 < count && same;
    if (!same || n > 0)
        add_tail(name, count, n > 0 ? n : 1, to);
    return same && to[0] != ' ';
}
