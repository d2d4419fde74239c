/* An ELF program, checked. Pure: bytes in, a list of segments or a reason out; the loader (spawn.c) and a
   unit test on the host (tests/host/elf_test.c) use the same code. */
#ifndef BATON_ELF_IMAGE_H
#define BATON_ELF_IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { ELF_PAGE = 4096, ELF_SEGMENTS_MAX = 8 };

struct elf_segment {
    uint64_t vaddr, size;       /* in memory; what the file does not fill is zero */
    uint64_t offset, file_size; /* in the file; file_size <= size */
    unsigned rights;            /* RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE */
};

struct elf_image {
    uint64_t entry;
    unsigned count;
    struct elf_segment segment[ELF_SEGMENTS_MAX]; /* by ascending address; no two share a page */
};

static inline uint64_t elf_page_down(uint64_t address)
{
    return address & ~(uint64_t)(ELF_PAGE - 1);
}

static inline uint64_t elf_page_up(uint64_t address)
{
    return elf_page_down(address + ELF_PAGE - 1);
}

/* Returns NULL and fills `out`, or says what is wrong. post: every segment lies in the file and in the range
   that programs may use, none is writable and executable, and the entry is in an executable one. */
const char *elf_parse(const void *bytes, size_t size, struct elf_image *out);

#endif
