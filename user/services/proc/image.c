/* The rules of a process, on top of those of all programs (user/lib/elf_image.c). The client may change the file at any time: each
   part is copied, then checked, then used. */
#include "image.h"
#include "baton.h"
#include "elf_image.h"

enum { NOTE = 4, NOTE_NEEDS = 1, HEADERS_AT = 32, COUNT_AT = 56, HEADER = 56 };

/* The note "BATON" of type 1 says what the program needs: a word of bits. pre: elf_parse() has found the headers to be in the file. */
static unsigned needs_of(const char *file, uint64_t bytes)
{
    struct {
        uint32_t type, flags;
        uint64_t offset, vaddr, paddr, size;
    } h;
    struct {
        uint32_t name_size, size, type;
        char name[8];
        uint32_t needs;
    } note;
    uint64_t headers;
    uint16_t count;
    memcpy(&headers, file + HEADERS_AT, sizeof headers);
    memcpy(&count, file + COUNT_AT, sizeof count);
    for (unsigned i = 0; i < count && headers <= bytes && (i + 1) * HEADER <= bytes - headers; i++) {
        memcpy(&h, file + headers + i * HEADER, sizeof h);
        if (h.type != NOTE || h.size < sizeof note || h.offset > bytes || bytes - h.offset < sizeof note)
            continue;
        memcpy(&note, file + h.offset, sizeof note);
        if (note.name_size == 6 && note.size == sizeof note.needs && note.type == NOTE_NEEDS &&
            memcmp(note.name, "BATON", 6) == 0)
            return note.needs;
    }
    return 0;
}

const char *image_read(const void *file, uint64_t bytes, struct image *image)
{
    struct elf_image elf;
    const char *wrong = elf_parse(file, bytes, &elf);
    if (wrong)
        return wrong;
    *image = (struct image){.entry = elf.entry, .count = elf.count, .needs = needs_of(file, bytes)};
    for (unsigned i = 0; i < elf.count; i++) {
        const struct elf_segment *s = &elf.segment[i];
        uint64_t start = elf_page_down(s->vaddr), end = elf_page_up(s->vaddr + s->size);
        if (end > IMAGE_END)
            return "a segment is beyond the addresses of a process";
        image->segment[i] = (struct image_segment){start,
                                                   (unsigned)((end - start) / ELF_PAGE),
                                                   (unsigned)(s->vaddr - start),
                                                   s->offset,
                                                   s->file_size,
                                                   s->rights};
        image->pages += image->segment[i].pages;
        image->end = end;
    }
    return image->pages > IMAGE_PAGES ? "it is larger than a process may be" : NULL;
}
