/* An ELF file as a process can have it. Pure: bytes in, what to map or a reason out. */
#ifndef SERVICES_PROC_IMAGE_H
#define SERVICES_PROC_IMAGE_H

#include <stdint.h>

enum { IMAGE_SEGMENTS = 8, IMAGE_START = 0x400000, IMAGE_END = 0x5ff000, IMAGE_PAGES = 192 };

struct image_segment {
    uint64_t vaddr;         /* of its first page */
    unsigned pages, skip;   /* bytes before its first */
    uint64_t offset, bytes; /* in the file */
    unsigned rights;
};

struct image {
    uint64_t entry, end; /* of the last page */
    unsigned count, pages, needs;
    struct image_segment segment[IMAGE_SEGMENTS];
};

/* NULL, or what is wrong. post: all segments lie in the file and between IMAGE_START and IMAGE_END, and take IMAGE_PAGES at most. */
const char *image_read(const void *file, uint64_t bytes, struct image *image);

#endif
