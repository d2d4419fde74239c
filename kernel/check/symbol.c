/* Names for addresses. The table is made from the linked kernel by scripts/build/ksyms.py and linked in as the last
   part of the read-only data, so that it moves nothing. */
#include <stddef.h>

#include "arch/x86_64/layout.h"
#include "debug/debug.h"

struct symbol {
    uint32_t address; /* below KERNEL_VMA + 4 GiB: offset from KERNEL_VMA */
    uint32_t name;    /* offset in symbol_names */
};

extern const uint32_t symbol_count;
extern const struct symbol symbol_table[];
extern const char symbol_names[];
extern const char kernel_text_start[], kernel_text_end[], kernel_stack_bottom[], kernel_stack_top[];

const char *symbol_of(uint64_t address, uint64_t *offset)
{
    uint32_t low = 0, high = symbol_count;
    uint32_t key = (uint32_t)(address - KERNEL_VMA);
    if (address < (uintptr_t)kernel_text_start || address >= (uintptr_t)kernel_text_end || high == 0)
        return NULL;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (symbol_table[middle].address <= key)
            low = middle;
        else
            high = middle;
    }
    *offset = key - symbol_table[low].address;
    return symbol_names + symbol_table[low].name;
}

static void print_frame(uint64_t rip)
{
    uint64_t offset;
    const char *name = symbol_of(rip, &offset);
    if (name)
        kprintf("  %p %s+0x%lx\n", (void *)rip, name, offset);
    else
        kprintf("  %p\n", (void *)rip);
}

void backtrace(uint64_t rip, uint64_t rbp)
{
    kprintf("backtrace:\n");
    print_frame(rip);
    for (int depth = 0; depth < 32; depth++) {
        const uint64_t *frame = (const uint64_t *)rbp;
        if (rbp % 8 || rbp < (uintptr_t)kernel_stack_bottom || rbp + 16 > (uintptr_t)kernel_stack_top)
            return;
        print_frame(frame[1]);
        if (frame[0] <= rbp)
            return;
        rbp = frame[0];
    }
}
