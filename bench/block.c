/* The text block. Characters are Crockford's base 32 (no I, L, O, U), five bits each, the highest first. What
   they hold:

     head        version (5), paths off (1), changes not committed (1), hypervisor (1), mitigations given (1),
   those in force (8), samples (G10), Hz of the clock (36), CRC-32 of the list of benchmarks (32), first digits
   of commit (40) and image (32), the CPU's signature (32), characters of its brand (6), each of them (7)
     benchmark   0: measured; 10 and n (G8): with another number of samples; 110: refused; 111: not asked for
                 if measured: min (G8), q1 - min (G2), median - q1 (G1), q3 - median (G1), p99 - q3 (G4)
     end         zeros up to a whole character, CRC-32 of all characters before it (32), zeros

   Gk is an Exp-Golomb code: x + 2^k in binary, and as many zeros before it as it has bits beyond k + 1.
   Measured like this, the five numbers of a benchmark take six characters. Left out are max, mean and deviation, which one
   disturbed sample moves, the mean of a batch and the clock's overhead: charts and comparisons need none of
   them.

   A line has its number, from 51 on if the paths are off, and 40 characters, the last line perhaps fewer; the
   last three are a CRC-15 over number and characters. It finds every change within three neighbouring
   characters. */
#include <stdio.h>
#include "block.h"
#include "cpu_id.h"
#include "crc.h"
#include "display.h"
#include "harness.h"

enum {
    VERSION = 1,
    KEPT_MAX = 256,
    GROUP = 5,
    LINE = 40,
    CHECK = 3,
    LINES_MAX = 49,
    OFF_LINES = 50, /* numbers of a boot with the paths off are larger by that */
    CHARACTERS_MAX = LINES_MAX * (LINE - CHECK),
    CRC15 = 0x4599,
};

struct kept {
    const char *id;
    bool refused;
    struct stats stats;
};

static struct kept kept[KEPT_MAX];
static size_t kept_count;
static char characters[CHARACTERS_MAX];
static size_t count;
static bool is_full;
static uint64_t bits; /* that do not fill a character yet: `bit_count` of them */
static unsigned bit_count;
static uint32_t list_sum;
static size_t usual_samples;
static unsigned first_line;

/* ---- what was measured */
static void keep(struct kept k)
{
    if (kept_count < KEPT_MAX)
        kept[kept_count++] = k;
}

void block_result(const struct result *r)
{
    keep((struct kept){.id = r->id, .stats = r->stats});
}

void block_refused(const char *id)
{
    keep((struct kept){.id = id, .refused = true});
}

static const struct kept *find(const char *id)
{
    for (size_t i = 0; i < kept_count; i++)
        if (kept[i].id == id)
            return &kept[i];
    return NULL;
}

/* ---- bits */
static void put_character(unsigned value)
{
    if (count == CHARACTERS_MAX)
        is_full = true;
    else
        characters[count++] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value & 31];
}

static void put_bits(uint64_t value, unsigned width)
{
    while (width-- > 0) {
        bits = bits << 1 | (value >> width & 1);
        if (++bit_count == 5) {
            put_character((unsigned)bits);
            bits = bit_count = 0;
        }
    }
}

static void fill_character(void)
{
    while (bit_count != 0)
        put_bits(0, 1);
}

static void put_golomb(uint64_t value, unsigned k)
{
    value += (uint64_t)1 << k;
    unsigned width = 64 - (unsigned)__builtin_clzll(value);
    put_bits(0, width - k - 1);
    put_bits(value, width);
}

/* ---- contents */
void block_list(const char *id)
{
    for (; *id; id++)
        list_sum = crc32_add(list_sum, *id);
    list_sum = crc32_add(list_sum, '\n');
}

/* The first `digits` hexadecimal digits of a text; zeros where it has none. */
static void put_digits(const char *text, unsigned digits)
{
    for (unsigned i = 0; i < digits; i++) {
        char c = *text;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : 0;
        put_bits(digit, 4);
        text += c != 0;
    }
}

void block_open(const struct block_head *head)
{
    usual_samples = head->options->samples;
    first_line = head->bi->fastpath ? 1 : 1 + OFF_LINES;
    put_bits(VERSION, 5);
    put_bits(!head->bi->fastpath, 1), put_bits(head->build->dirty, 1), put_bits(head->cpu->is_virtual, 1);
    put_bits(strcmp(head->options->mitigations, "auto") != 0, 1);
    put_bits(head->bi->mitigations, 8);
    put_golomb(usual_samples, 10);
    put_bits(head->bi->tsc_hz, 36);
    put_bits(list_sum, 32);
    put_digits(head->build->commit, 10), put_digits(head->build->image, 8);
    put_bits(head->cpu->signature, 32);
    put_bits(strlen(head->cpu->brand), 6);
    for (const char *c = head->cpu->brand; *c; c++)
        put_bits((uint8_t)*c & 127, 7);
}

static void put_stats(const struct stats *s)
{
    put_golomb(s->min, 8);
    put_golomb(s->q1 - s->min, 2);
    put_golomb(s->median - s->q1, 1);
    put_golomb(s->q3 - s->median, 1);
    put_golomb(s->p99 - s->q3, 4);
}

void block_put(const char *id)
{
    const struct kept *k = find(id);
    if (!k || k->refused) {
        put_bits(k ? 6 : 7, 3);
        return;
    }
    if (k->stats.n == usual_samples)
        put_bits(0, 1);
    else
        put_bits(2, 2), put_golomb(k->stats.n, 8);
    put_stats(&k->stats);
}

/* ---- lines */
static unsigned crc15(unsigned crc, unsigned value, unsigned width)
{
    while (width-- > 0) {
        unsigned top = (crc >> 14 ^ value >> width) & 1;
        crc = (crc << 1 & 0x7fff) ^ (top ? CRC15 : 0);
    }
    return crc;
}

static unsigned value_of(char c)
{
    const char *all = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned value = 0;
    while (all[value] != c)
        value++;
    return value;
}

static void print_line(unsigned number, const char *from, size_t length)
{
    char text[LINE + CHECK + 1], shown[2 + LINE + LINE / GROUP + 1];
    unsigned crc = crc15(0, number, 10);
    for (size_t i = 0; i < length; i++)
        crc = crc15(crc, value_of(from[i]), 5);
    memcpy(text, from, length);
    for (size_t i = 0; i < CHECK; i++)
        text[length + i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[crc >> 5 * (CHECK - 1 - i) & 31];
    text[length + CHECK] = 0;
    int at = snprintf(shown, sizeof shown, "%02u", number);
    for (size_t i = 0; i < length + CHECK; i += GROUP)
        at += snprintf(shown + at, sizeof shown - (size_t)at, " %.5s", text + i);
    print("%s\n", shown);
    display_line(shown);
}

static void say(const char *text)
{
    print("%s\n", text);
    display_line(text);
}

void block_close(void)
{
    uint32_t sum = 0;
    fill_character();
    for (size_t i = 0; i < count; i++)
        sum = crc32_add(sum, characters[i]);
    put_bits(sum, 32);
    fill_character();
    display_page();
    if (is_full) {
        say("No text block: the results of this boot do not fit.");
        return;
    }
    say("The results of this boot, to be typed or photographed (no I, L, O, U in it):");
    say("make record BLOCK=<file>, or BLOCK=- to type them; docs/measuring.md");
    for (size_t at = 0, line = 0; at < count; at += LINE - CHECK, line++)
        print_line(first_line + (unsigned)line, characters + at,
                   count - at < LINE - CHECK ? count - at : LINE - CHECK);
}
