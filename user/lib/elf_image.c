/* Checks an ELF file and lists what to load. Nothing in the file is trusted: each number is tested before it
   is added to another, so no sum can wrap. Field names are those of the ELF specification. */
#include "elf_image.h"
#include "baton.h"

struct elf_header {
    uint8_t e_ident[16];
    uint16_t e_type, e_machine;
    uint32_t e_version;
    uint64_t e_entry, e_phoff, e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct elf_phdr {
    uint32_t p_type, p_flags;
    uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_phdr) == 56,
               "the structures are the file's");

enum { CLASS_64 = 2, DATA_LITTLE = 1, VERSION_CURRENT = 1 }; /* e_ident[4], [5], [6] */
enum { TYPE_EXECUTABLE = 2, MACHINE_X86_64 = 62 };
enum { SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SEGMENT_INTERPRETER = 3, SEGMENT_TLS = 7 };
enum { FLAG_X = 1, FLAG_W = 2, FLAG_R = 4 };

static const char *check_header(const struct elf_header *h, size_t size)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    if (memcmp(h->e_ident, magic, sizeof magic) != 0)
        return "not an ELF file: wrong magic";
    if (h->e_ident[4] != CLASS_64)
        return "not a 64-bit ELF file";
    if (h->e_ident[5] != DATA_LITTLE)
        return "not a little-endian ELF file";
    if (h->e_ident[6] != VERSION_CURRENT || h->e_version != VERSION_CURRENT)
        return "unknown ELF version";
    if (h->e_type != TYPE_EXECUTABLE)
        return "not a statically linked executable: link with user/lib/user.ld, without -pie";
    if (h->e_machine != MACHINE_X86_64)
        return "not made for x86-64";
    if (h->e_phentsize != sizeof(struct elf_phdr))
        return "program headers of an unknown size";
    if (h->e_phnum == 0)
        return "no program header";
    if (h->e_phoff > size || h->e_phnum * sizeof(struct elf_phdr) > size - h->e_phoff)
        return "the program headers reach past the end of the file";
    return NULL;
}

static const char *check_segment(const struct elf_phdr *p, size_t size)
{
    uint64_t lowest = BOOTINFO_VADDR + ELF_PAGE, limit = MODULES_VADDR;
    if (p->p_offset > size || p->p_filesz > size - p->p_offset)
        return "a segment reaches past the end of the file";
    if (p->p_filesz > p->p_memsz)
        return "a segment is larger in the file than in memory";
    if (p->p_vaddr < lowest)
        return "a segment begins below the addresses that programs may use";
    if (p->p_vaddr >= limit || p->p_memsz > limit - p->p_vaddr)
        return "a segment reaches past the addresses that programs may use";
    if ((p->p_flags & FLAG_W) != 0 && (p->p_flags & FLAG_X) != 0)
        return "a segment is writable and executable";
    if ((p->p_flags & FLAG_R) == 0)
        return "a segment is not readable";
    return NULL;
}

static struct elf_segment segment_of(const struct elf_phdr *p)
{
    unsigned rights = RIGHT_READ;
    if ((p->p_flags & FLAG_W) != 0)
        rights |= RIGHT_WRITE;
    if ((p->p_flags & FLAG_X) != 0)
        rights |= RIGHT_EXECUTE;
    return (struct elf_segment){p->p_vaddr, p->p_memsz, p->p_offset, p->p_filesz, rights};
}

/* Appends a segment: the specification wants them by ascending address, so one comparison finds an overlap. */
static const char *add_segment(struct elf_image *image, struct elf_segment s)
{
    if (image->count == ELF_SEGMENTS_MAX)
        return "too many segments";
    if (image->count > 0) {
        const struct elf_segment *last = &image->segment[image->count - 1];
        if (s.vaddr < elf_page_up(last->vaddr + last->size))
            return "two segments share a page, or are not in ascending order";
    }
    image->segment[image->count++] = s;
    return NULL;
}

static const char *check_entry(const struct elf_image *image)
{
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_segment *s = &image->segment[i];
        if ((s->rights & RIGHT_EXECUTE) != 0 && image->entry - s->vaddr < s->size)
            return NULL;
    }
    return "the entry point is in no executable segment";
}

const char *elf_parse(const void *bytes, size_t size, struct elf_image *out)
{
    const uint8_t *file = bytes;
    struct elf_header h;
    if (size < sizeof h)
        return "shorter than an ELF header";
    memcpy(&h, file, sizeof h);
    const char *wrong = check_header(&h, size);
    if (wrong != NULL)
        return wrong;
    *out = (struct elf_image){.entry = h.e_entry};
    for (unsigned i = 0; i < h.e_phnum; i++) {
        struct elf_phdr p;
        memcpy(&p, file + h.e_phoff + i * sizeof p, sizeof p);
        if (p.p_type == SEGMENT_DYNAMIC || p.p_type == SEGMENT_INTERPRETER || p.p_type == SEGMENT_TLS)
            return "it wants dynamic linking or thread-local storage, which programs here do not have";
        if (p.p_type != SEGMENT_LOAD || p.p_memsz == 0)
            continue;
        wrong = check_segment(&p, size);
        if (wrong == NULL)
            wrong = add_segment(out, segment_of(&p));
        if (wrong != NULL)
            return wrong;
    }
    return check_entry(out);
}
