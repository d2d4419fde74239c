/* GRUB's font files: sections of a name, a length and data, all numbers high byte first. CHIX says where
   the glyph of a character is: its box, where the box lies relative to the origin on the base line, and
   its dots without gaps. */
#include "font.h"
#include "baton.h"

enum { SECTION_HEAD = 8, INDEX_ENTRY = 9, GLYPH_HEAD = 10 };

struct file {
    const uint8_t *byte;
    size_t size;
    size_t index, index_end; /* of CHIX */
    unsigned ascent, descent;
};

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static int get_signed(const uint8_t *p)
{
    return (int16_t)get16(p);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool has_name(const uint8_t *section, const char *name)
{
    return memcmp(section, name, 4) == 0;
}

/* DATA is the last section; its length means nothing. */
static const char *read_sections(struct file *f)
{
    static const uint8_t magic[] = {'F', 'I', 'L', 'E', 0, 0, 0, 4, 'P', 'F', 'F', '2'};
    if (f->size < sizeof magic || memcmp(f->byte, magic, sizeof magic) != 0)
        return "it is no font of GRUB's format";
    for (size_t at = sizeof magic; f->size - at >= SECTION_HEAD && !has_name(f->byte + at, "DATA");) {
        const uint8_t *section = f->byte + at, *data = section + SECTION_HEAD;
        size_t length = get32(section + 4);
        if (length > f->size - at - SECTION_HEAD)
            return "a section ends past the end of the file";
        if (has_name(section, "ASCE") && length == 2)
            f->ascent = get16(data);
        if (has_name(section, "DESC") && length == 2)
            f->descent = get16(data);
        if (has_name(section, "CHIX"))
            f->index = at + SECTION_HEAD, f->index_end = f->index + length;
        at += SECTION_HEAD + length;
    }
    return f->index == 0 ? "it has no index" : NULL;
}

/* The glyph of a character, its head whole; NULL: there is none. */
static const uint8_t *find(const struct file *f, uint32_t character)
{
    for (size_t at = f->index; f->index_end - at >= INDEX_ENTRY; at += INDEX_ENTRY) {
        size_t offset = get32(f->byte + at + 5);
        if (get32(f->byte + at) == character)
            return offset <= f->size && f->size - offset >= GLYPH_HEAD ? f->byte + offset : NULL;
    }
    return NULL;
}

static const char *read_glyph(struct font *font, const struct file *f, const uint8_t *glyph, uint16_t *row)
{
    unsigned width = get16(glyph), height = get16(glyph + 2);
    int left = get_signed(glyph + 4), top = (int)f->ascent - get_signed(glyph + 6) - (int)height;
    const uint8_t *dots = glyph + GLYPH_HEAD;
    if (get16(glyph + 8) != font->width)
        return "its characters differ in width";
    if (left < 0 || top < 0 || left + (int)width > (int)font->width || top + (int)height > (int)font->height)
        return "a character is larger than the others";
    if ((width * height + 7) / 8 > f->size - (size_t)(dots - f->byte))
        return "a character ends past the end of the file";
    for (unsigned i = 0; i < width * height; i++)
        if (dots[i / 8] & 0x80 >> i % 8)
            row[(unsigned)top + i / width] |= (uint16_t)(0x8000 >> ((unsigned)left + i % width));
    return NULL;
}

const char *font_read(struct font *font, const void *file, size_t size)
{
    struct file f = {.byte = file, .size = size};
    memset(font, 0, sizeof *font);
    const char *wrong = read_sections(&f);
    const uint8_t *zero = wrong ? NULL : find(&f, '0');
    if (!zero)
        return wrong ? wrong : "it has no digits";
    font->width = get16(zero + 8);
    font->height = f.ascent + f.descent;
    if (font->width == 0 || font->width > FONT_WIDTH_MAX || font->height == 0 || font->height > FONT_HEIGHT_MAX)
        return "its characters are too large, or nothing";
    for (unsigned c = FONT_FIRST; c <= FONT_LAST && !wrong; c++) {
        const uint8_t *glyph = find(&f, c);
        wrong =
            glyph ? read_glyph(font, &f, glyph, font->row[c - FONT_FIRST]) : "it lacks a character of ASCII";
    }
    return wrong;
}
