/* The parts of the system root task. Whatever goes wrong ends it with a message. */
#ifndef BATON_SYSTEM_ROOT_H
#define BATON_SYSTEM_ROOT_H

#include "baton.h"
#include "baton/image.h"

/* The image, after check_image() has seen that every number in it can be used. */
struct image {
    const struct image_header *header;
    const struct image_object *object;
    const struct image_op *op;
    const struct image_pd *pd;
    const struct image_symbol *symbol;
    const char *names;
    uint32_t first_frame; /* slot in our CNode of the capability to its first page */
};

/* The CNode that holds all capabilities of the building: its slot in ours. The capability in its slot i has this address. */
enum { STORE = 7 };
extern unsigned own_radix; /* of our own CNode: it is as large as the modules need */
static inline cap_t store_at(uint32_t slot)
{
    return cap_at(STORE) | (uint64_t)slot << (own_radix + SLOT_BITS);
}

/* check.c: NULL, or what is wrong, and where (byte in the image). */
const char *check_image(struct image *image, const void *start, uint64_t size, uint64_t *where);
/* The record that has this slot, or NULL. */
const struct image_object *object_of(const struct image *image, uint32_t slot);

/* memory.c: the machine's untyped memory, divided as the image says. */
void memory_take(const struct bootinfo *bi);
void memory_make_store(unsigned radix);
void memory_make(const struct image *image, const struct image_object *o);
/* A slot of our own CNode that is free. */
uint32_t own_slot(void);
/* When no other is free, these are. */
void own_slots_more(uint32_t first, uint32_t count);

/* bootinfo.c: makes the piece of that kind (enum image_bootinfo), and returns how long it is. */
extern const void *const bootinfo_bytes;
uint64_t bootinfo_piece(uint64_t kind, const struct bootinfo *bi);

/* trace.c: these are some of the image's objects, one after the other: threads and pools are kept in mind. */
void trace_note(const struct image_object *o, uint64_t paddr, uint64_t count, unsigned bits);
/* The step OP_BOOTINFO with BOOT_TRACE: 0 or an error. Without a trace nothing is done. pre: all objects are made */
long trace_give(const struct image *image, const struct bootinfo *bi, const struct image_op *op);

/* build.c: copies bytes into frames: from byte `at` of the frame in slot `first` on. */
long put(uint32_t first, uint64_t at, const void *from, uint64_t bytes);
/* One step. Returns 0 or an error. */
long build(const struct image *image, const struct bootinfo *bi, const struct image_op *op);

/* watch.c: waits for faults, for ever. */
_Noreturn void watch(const struct image *image);
/* Makes what watch() needs in place of the store, without which it must do. */
void watch_prepare(const struct image *image);
/* Is this slot of ours one that watch() needs? */
bool watch_needs(uint32_t slot);

#endif
