/* The machine of the host unit tests: what kernel/arch/arch.h asks for, and what a test may look at. */
#ifndef BATON_ARCH_HOST_H
#define BATON_ARCH_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "random.h"
#include "test.h"

struct host_flush {
    bool whole; /* of the whole address space, not of one page */
    const uint64_t *root;
    unsigned asid;
    uint64_t vaddr;
};

/* Who else is told what the CPU has to forget: tlb_test.c. */
struct host_tlb {
    void (*space_init)(uint64_t *root, unsigned asid);
    void (*space_flush)(const uint64_t *root, unsigned asid);
    void (*flush_page)(const uint64_t *root, unsigned asid, uint64_t vaddr);
};

enum { HOST_FLUSHES = 64, HOST_LINES = 24 };

struct host {
    char console[8192];
    size_t console_length;
    unsigned numbered;                     /* the one whose translations arch_space_init() forgot last */
    struct host_flush flush[HOST_FLUSHES]; /* the first ones since host_forget() */
    unsigned flushes;
    uint64_t now, interrupt_at; /* what arch_timestamp() said last; what arch_interrupt_at() asked for */
    const struct breakpoint *debug_loaded; /* which the CPU has, if any */
    uint8_t irq_vector[HOST_LINES]; /* what arch_irq_route() said last of each line, and arch_irq_mask() */
    bool irq_open[HOST_LINES];
    unsigned exit_code;
    bool guarded; /* the end of the machine goes to `escape`, see CHECK_ENDS */
    jmp_buf escape;
    const struct host_tlb *tlb; /* NULL: nothing but what is written down */
    bool no_1gib_pages;         /* the CPU has pages of 4 KiB and 2 MiB only */
};

extern struct host host;

/* Frees all memory of host_memory and forgets console and flushes. */
void host_reset(void);
/* Only forgets the console and the flushes. */
void host_forget(void);
/* Cleared memory aligned to its size. pre: a power of two, at least 8 */
void *host_memory(size_t bytes);

/* Remembers all memory of host_memory and the CPU; true when all of it is still the same. */
void host_remember(void);
bool host_unchanged(void);

/* The statement must end the machine with this code, after the console has said `text`. */
#define CHECK_ENDS(statement, code, text)                                                                      \
    do {                                                                                                       \
        host_forget();                                                                                         \
        host.guarded = true;                                                                                   \
        if (setjmp(host.escape) == 0) {                                                                        \
            statement;                                                                                         \
            CHECK_NUMBER("the machine did not end: " #statement, 0, 1);                                        \
        } else {                                                                                               \
            CHECK_NUMBER("exit code", host.exit_code, code);                                                   \
            CHECK(strstr(host.console, text));                                                                 \
        }                                                                                                      \
        host.guarded = false;                                                                                  \
    } while (0)

#endif
