/* The root task's ELF file. Programs started later are loaded in ring 3 (user/lib). */
#ifndef BATON_ELF_H
#define BATON_ELF_H

#include <stdbool.h>
#include <stdint.h>

struct elf_file {
    const uint8_t *bytes;
    uint64_t size, entry, headers;
    unsigned header_count;
};

struct elf_segment {
    uint64_t vaddr, memory_size, file_size, offset;
    unsigned rights; /* RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE */
};

/* Opens an x86-64 executable. Returns NULL, or what is wrong with the file. */
const char *elf_open(struct elf_file *elf, const uint8_t *bytes, uint64_t size);
/* Loadable segment number n; false when there are no more. pre: elf_open succeeded */
bool elf_segment(const struct elf_file *elf, unsigned n, struct elf_segment *segment);

#endif
