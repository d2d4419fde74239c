/* Instructions of the machine that the layers above ask for: ports, the clock, memory by the block. */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

uint32_t arch_io_in(uint16_t port, unsigned bytes)
{
    uint32_t value = 0;
    if (bytes == 1)
        value = inb(port);
    else if (bytes == 2)
        __asm__ volatile("inw %w1, %w0" : "+a"(value) : "Nd"(port));
    else
        __asm__ volatile("inl %w1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void arch_io_out(uint16_t port, unsigned bytes, uint32_t value)
{
    if (bytes == 1)
        outb(port, (uint8_t)value);
    else if (bytes == 2)
        __asm__ volatile("outw %w0, %w1" : : "a"(value), "Nd"(port));
    else
        __asm__ volatile("outl %0, %w1" : : "a"(value), "Nd"(port));
}

uint64_t arch_timestamp(void)
{
    return rdtsc();
}

void arch_copy_words(uint64_t *to, const uint64_t *from, size_t words)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
