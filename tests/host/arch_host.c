/* kernel/arch/arch.h for the host: physical addresses are the host's own, page tables are real ones, and what
   the CPU would have to forget is written down. */
#include "arch_host.h"

#include <stdio.h>
#include <stdlib.h>
#include "abi/abi.h"
#include "arch/arch.h"
#include "arch/x86_64/paging.h"
#include "thread/sched.h"

enum { KERNEL_MARK = 0x7a000 };

struct host host;
struct cpu cpu;

struct block {
    struct block *next;
    size_t bytes;
    void *memory;
    unsigned char *copy;
};

static struct block *blocks;
static struct cpu cpu_copy;

void *host_memory(size_t bytes)
{
    struct block *b = calloc(1, sizeof *b);
    if (!b || !(b->memory = aligned_alloc(bytes, bytes)))
        abort();
    memset(b->memory, 0, bytes);
    b->bytes = bytes;
    b->next = blocks;
    blocks = b;
    return b->memory;
}

void host_forget(void)
{
    host.console_length = host.flushes = 0;
    host.console[0] = 0;
}

void host_reset(void)
{
    while (blocks) {
        struct block *b = blocks;
        blocks = b->next;
        free(b->memory);
        free(b->copy);
        free(b);
    }
    host_forget();
    host.guarded = host.no_1gib_pages = false;
}

void host_remember(void)
{
    for (struct block *b = blocks; b; b = b->next) {
        if (!b->copy && !(b->copy = malloc(b->bytes)))
            abort();
        memcpy(b->copy, b->memory, b->bytes);
    }
    cpu_copy = cpu;
}

bool host_unchanged(void)
{
    for (struct block *b = blocks; b; b = b->next) {
        if (!b->copy || memcmp(b->copy, b->memory, b->bytes) != 0)
            return false;
    }
    return memcmp(&cpu_copy, &cpu, sizeof cpu) == 0;
}

void arch_copy_words(uint64_t *to, const uint64_t *from, size_t words)
{
    memcpy(to, from, 8 * words);
}

uint64_t arch_kernel_cr3(void)
{
    return KERNEL_MARK;
}

uint64_t arch_space_cr3(const struct slot *space)
{
    return space->object | space->data;
}

void arch_space_init(uint64_t *root, unsigned asid)
{
    host.numbered = asid;
    root[256] = KERNEL_MARK | PTE_PRESENT;
    if (host.tlb)
        host.tlb->space_init(root, asid);
}

static void flushed(struct host_flush flush)
{
    if (host.flushes < HOST_FLUSHES)
        host.flush[host.flushes] = flush;
    host.flushes++;
}

void arch_space_flush(const uint64_t *root, unsigned asid)
{
    flushed((struct host_flush){.whole = true, .root = root, .asid = asid});
    if (host.tlb)
        host.tlb->space_flush(root, asid);
}

void arch_flush_page(const uint64_t *root, unsigned asid, uint64_t vaddr)
{
    flushed((struct host_flush){.root = root, .asid = asid, .vaddr = vaddr});
    if (host.tlb)
        host.tlb->flush_page(root, asid, vaddr);
}

bool arch_flags_clean(void)
{
    return true;
}

bool arch_has_page(unsigned bits)
{
    return bits == 12 || bits == 21 || (bits == 30 && !host.no_1gib_pages);
}

void arch_putchar(char c)
{
    if (host.console_length + 1 < sizeof host.console)
        host.console[host.console_length++] = c;
    host.console[host.console_length] = 0;
}

_Noreturn void arch_exit(unsigned code)
{
    host.exit_code = code;
    if (host.guarded)
        longjmp(host.escape, 1);
    printf("the kernel ended the machine with code %u: %s\n", code, host.console);
    fflush(stdout);
    _Exit(1);
}

uint64_t arch_timestamp(void)
{
    return ++host.now;
}

void arch_interrupt_at(uint64_t time)
{
    host.interrupt_at = time;
}

/* One I/O APIC, wired as ISA was, except line 0, which is line 2, and line 9, which is level triggered. */
uint32_t arch_irq_line(uint64_t asked)
{
    uint64_t line = asked;
    if (asked & IRQ_ISA) {
        line = asked - IRQ_ISA;
        if (line >= 16)
            return IRQ_NO_LINE;
        line = line == 0 ? 2 : line == 9 ? 9 | IRQ_LEVEL : line;
    } else if (asked & IRQ_IOAPIC) {
        if ((asked & IRQ_LINE_MAX) >= HOST_LINES)
            return IRQ_NO_LINE;
        line = asked - IRQ_IOAPIC;
    }
    bool valid =
        !(line & ~(uint64_t)(IRQ_LINE_MAX | IRQ_LEVEL | IRQ_LOW)) && (line & IRQ_LINE_MAX) < HOST_LINES;
    return valid ? (uint32_t)line : IRQ_NO_LINE;
}

void arch_irq_route(uint32_t line, unsigned vector)
{
    host.irq_vector[line & IRQ_LINE_MAX] = (uint8_t)vector;
    host.irq_open[line & IRQ_LINE_MAX] = false;
}

void arch_irq_mask(uint32_t line, bool masked)
{
    host.irq_open[line & IRQ_LINE_MAX] = !masked;
}

void arch_extended_load(void *state)
{
    (void)state;
}

void arch_extended_leave(void *state)
{
    (void)state;
}

void arch_bases_save(uint64_t *fs_base, uint64_t *gs_base)
{
    (void)fs_base;
    (void)gs_base;
}

void arch_bases_load(bool has, uint64_t fs_base, uint64_t gs_base)
{
    (void)has;
    (void)fs_base;
    (void)gs_base;
}

void arch_bases_open(uint64_t fs_base, uint64_t gs_base)
{
    (void)fs_base;
    (void)gs_base;
}

bool arch_extended_is_fast(void)
{
    return true;
}

bool arch_bases_are_fast(void)
{
    return true;
}

void arch_debug_load(const struct breakpoint *b)
{
    host.debug_loaded = b;
}

void arch_extended_init(void *state)
{
    (void)state;
}

/* Ports of a machine without devices: nobody drives the bus, so all bits read as 1. */
uint32_t arch_io_in(uint16_t port, unsigned bytes)
{
    (void)port;
    return bytes == 4 ? 0xffffffff : (1u << 8 * bytes) - 1;
}

void arch_io_out(uint16_t port, unsigned bytes, uint32_t value)
{
    (void)port;
    (void)bytes;
    (void)value;
}

struct region device_kept[] = {{0xfec00000, 0xfed00000}, {0xfee00000, 0xfef00000}};
unsigned device_kept_count = 2;
