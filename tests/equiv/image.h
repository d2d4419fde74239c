/* The shipped kernel image, as the CPU emulator executes it: its segments in memory of ours, at their own
   addresses in the emulated machine. */
#ifndef EQUIV_IMAGE_H
#define EQUIV_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEGMENTS_MAX = 8 };

struct segment {
    uint64_t vaddr, size; /* whole pages */
    unsigned flags;       /* PF_R, PF_W, PF_X of <elf.h> */
    unsigned char *bytes;
};

struct image {
    struct segment segment[SEGMENTS_MAX]; /* those of the higher half */
    unsigned segments;
};

extern struct image image;
extern const char *image_variant; /* of the entries: "_hardened", "_kpti"; "": those without mitigations */

/* Ends the program with a message when the file is no kernel image or lacks a symbol. */
void image_load(const char *path);
/* Of the variant where the name is an entry's: each variant has all of those. */
uint64_t image_symbol(const char *name);
/* Of that name and no variant of it. */
uint64_t image_variable(const char *name);
/* The last symbol not above the address, and how far before it that is; NULL: there is none. */
const char *image_name(uint64_t vaddr, uint64_t *offset);
/* Where an image that tests/mutant_images.py has linked has its mutants; of one that has none both are the last address. */
struct mutants {
    uint64_t from, to;
} image_mutants(void);
/* Where the bytes of that address are; NULL: in no segment. */
void *image_at(uint64_t vaddr);

#endif
