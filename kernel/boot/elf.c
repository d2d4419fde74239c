#include "boot/elf.h"

#include <stddef.h>
#include "abi/abi.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

enum { PT_LOAD = 1, PF_X = 1, PF_W = 2, MACHINE_X86_64 = 62, TYPE_EXECUTABLE = 2, CLASS_64 = 2 };

static const struct program_header *header(const struct elf_file *elf, unsigned n)
{
    return (const struct program_header *)(const void *)(elf->bytes + elf->headers) + n;
}

static const char *check_segment(const struct program_header *p, uint64_t size)
{
    if (p->offset > size || p->filesz > size - p->offset)
        return "a segment reaches beyond the end of the file";
    if (p->filesz > p->memsz || p->vaddr >= MODULES_VADDR || p->memsz > MODULES_VADDR - p->vaddr)
        return "a segment lies outside of the addresses for programs";
    if (p->flags & PF_W && p->flags & PF_X)
        return "a segment is writable and executable";
    return NULL;
}

const char *elf_open(struct elf_file *elf, const uint8_t *bytes, uint64_t size)
{
    const struct elf_header *h = (const void *)bytes;
    if (size < sizeof *h || h->ident[0] != 0x7f || h->ident[1] != 'E' || h->ident[2] != 'L' ||
        h->ident[3] != 'F')
        return "not an ELF file";
    if (h->ident[4] != CLASS_64 || h->machine != MACHINE_X86_64 || h->type != TYPE_EXECUTABLE)
        return "not an x86-64 executable";
    if (h->phentsize != sizeof(struct program_header) || h->phoff % 8 || h->phoff > size ||
        h->phnum > (size - h->phoff) / sizeof(struct program_header))
        return "bad program headers";
    *elf = (struct elf_file){bytes, size, h->entry, h->phoff, h->phnum};
    for (unsigned i = 0; i < elf->header_count; i++) {
        const char *wrong = header(elf, i)->type == PT_LOAD ? check_segment(header(elf, i), size) : NULL;
        if (wrong)
            return wrong;
    }
    return h->entry < MODULES_VADDR ? NULL : "the entry point lies outside of the addresses for programs";
}

bool elf_segment(const struct elf_file *elf, unsigned n, struct elf_segment *segment)
{
    for (unsigned i = 0; i < elf->header_count; i++) {
        const struct program_header *p = header(elf, i);
        if (p->type != PT_LOAD || n-- != 0)
            continue;
        unsigned rights =
            RIGHT_READ | (p->flags & PF_W ? RIGHT_WRITE : 0) | (p->flags & PF_X ? RIGHT_EXECUTE : 0);
        *segment = (struct elf_segment){p->vaddr, p->memsz, p->filesz, p->offset, rights};
        return true;
    }
    return false;
}
