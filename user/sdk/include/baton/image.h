/* A system as the tool writes it and the system root task builds it: what to make, then what to do with it, in order. All is
   little endian. The first page begins with the header; the tables follow, then pages of content. The whole of it, read as one
   number, is a multiple of IMAGE_MODULUS: `check` is what makes it one.

   Every capability that the building makes has a slot, and its number, from 1 on, is the name that the tables use. */
#ifndef BATON_IMAGE_H
#define BATON_IMAGE_H

#include <stdint.h>

#define IMAGE_MAGIC 0x00315359534e5442ull /* the letters BTNSYS1 */
/* The largest prime below 2^64. Damage within seven bytes in a row always leaves another remainder, other damage nearly always. */
#define IMAGE_MODULUS 0xffffffffffffffc5ull

enum { IMAGE_VERSION = 3, IMAGE_PAGE = 4096, IMAGE_NONE = 0xffffffff };
enum { IMAGE_INPUT = 1 }; /* slot of a component where it receives */

struct image_header {
    uint64_t magic;
    uint32_t version, flags;
    uint64_t size;   /* bytes, of all; a multiple of a page */
    uint64_t memory; /* bytes of RAM that the objects take */
    uint64_t check;
    uint32_t slots;                 /* how many; the last one is for what is needed only briefly */
    uint32_t objects, object_count; /* where the table begins, in bytes from the header; how many records */
    uint32_t ops, op_count;
    uint32_t pds, pd_count;
    uint32_t symbols, symbol_count;
    uint32_t names, names_size; /* texts that end with 0 */
    uint32_t kept;              /* bytes: all that is needed after the building is done */
    uint32_t faults;            /* slot of the endpoint for faults that no parent gets */
};

enum { IMAGE_CONSOLE = 1 }; /* flag: faults are printed */

/* `count` objects in the slots from `first` on. */
struct image_object {
    uint8_t type, size_bits;
    uint16_t flags;
    uint32_t name;
    uint32_t first, count;
    uint64_t phys;
};

/* flags: one piece of memory; at `phys`; made by an op, as a copy or a handler of an interrupt */
enum { OBJECT_CONTIGUOUS = 1, OBJECT_AT = 2, OBJECT_LATER = 4 };

/* One step. What each kind takes, in the order of the fields. */
struct image_op {
    uint8_t code, rights;
    uint16_t slot;
    uint32_t a, b, count;
    uint64_t value;
};

enum image_code {
    OP_TABLE,    /* a page table, b space or NONE (the root task's), value address */
    OP_MAP,      /* rights, slot: CACHE_..., a first frame, b space, count frames, value address */
    OP_MAP_OWN,  /* rights, a first page of this image, b space, count pages, value address */
    OP_FILL,     /* a first frame, b first page of this image, count bytes, value first byte in the frames */
    OP_ADDRESS,  /* a first frame, b frame: its physical address becomes the word at byte `value` of a */
    OP_RANDOM,   /* a first frame, value byte: there comes a word that nobody can guess */
    OP_MINT,     /* rights, a capability, b slot of the copy, value badge or 0 */
    OP_GIVE,     /* rights, slot in the CNode, a capability, b CNode, value badge or 0 */
    OP_PORTS,    /* slot in the CNode, b CNode, value first | last << 16 */
    OP_CONSOLE,  /* slot in the CNode, b CNode, value DEBUG_MAY_... */
    OP_MOVE,     /* slot in the CNode, a untyped memory, b CNode: it can be moved, not copied */
    OP_IRQ,      /* a slot of the handler, b notification, value line and IRQ_... */
    OP_MSI,      /* a slot of the handler, b notification */
    OP_MSI_WORD, /* a first frame, b slot of the handler, count 0: address, 1: data, value byte in the frames */
    OP_TIMER,    /* a timer, b notification */
    OP_BIND,     /* a thread, b notification */
    OP_BOOTINFO, /* a first frame, count bytes, value: enum image_bootinfo */
    OP_THREAD,   /* a number of a protection domain: its thread gets what it needs */
    OP_START,    /* a number of a protection domain: its thread is made ready */
    OP_COUNT
};

enum image_bootinfo {
    BOOT_TSC_FREQ,
    BOOT_FRAMEBUFFER,
    BOOT_MBMMAP,
    BOOT_ACPI_RSDP,
    BOOT_CMDLINE,
    BOOT_TRACE,
    BOOT_KINDS
};

/* A component with log="denied" sends this to the root task, by a badge with IMAGE_DENIAL and its number + 1: a call that
   the kernel refused (word 0 its number, 1 the slot, 2 the error), or an id that the description does not give it (word 0 is 0, 1 the id). */
#define IMAGE_DENIAL (1ull << 32)

struct image_pd {
    uint32_t name, tcb, cnode, space, buffer;
    uint32_t fault;    /* slot of the capability where its faults go */
    uint32_t endpoint; /* of its callers, or NONE */
    uint32_t extended; /* state, or NONE */
    uint32_t stand_in; /* a second thread, for when the first does not run; or NONE */
    uint32_t parent;   /* number of a protection domain, or NONE */
    uint16_t priority, slice;
    uint32_t first_symbol, symbol_count, unused;
    uint64_t entry, stack_bottom, stack_top, fs_base, stand_in_entry;
};

struct image_symbol {
    uint64_t address;
    uint32_t size, name;
};

_Static_assert(sizeof(struct image_header) == 96 && sizeof(struct image_object) == 24 &&
                   sizeof(struct image_op) == 24 && sizeof(struct image_pd) == 96 &&
                   sizeof(struct image_symbol) == 16,
               "the structures are the file's");

#endif
