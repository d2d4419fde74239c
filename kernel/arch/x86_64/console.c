/* The console: COM1 and, where an emulator has it, debug port 0xE9. And the end of the machine. */
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"

enum {
    COM1 = 0x3f8,
    COM1_STATUS = COM1 + 5,
    STATUS_CAN_SEND = 0x20,
    DEBUG_PORT = 0xe9, /* reads as 0xe9 where it exists */
    EXIT_PORT = 0xf4,  /* QEMU's isa-debug-exit; nothing on a PC */
    SEND_TRIES = 100000,
};

static bool has_serial, has_debug_port, is_stuck;

void console_init(void)
{
    has_debug_port = inb(DEBUG_PORT) == 0xe9;
    outb(COM1 + 7, 0x5a); /* scratch register: does the port exist? */
    has_serial = inb(COM1 + 7) == 0x5a;
    if (!has_serial)
        return;
    outb(COM1 + 1, 0);    /* no interrupts */
    outb(COM1 + 3, 0x80); /* divisor latch */
    outb(COM1 + 0, 1);    /* 115200 baud */
    outb(COM1 + 1, 0);
    outb(COM1 + 3, 3); /* 8 bits, no parity, one stop bit */
    outb(COM1 + 2, 7); /* FIFO on, cleared */
    outb(COM1 + 4, 3); /* DTR, RTS */
}

/* A UART that takes nothing (some do, and a missing one may look like that) is waited for once; from then on
   what it does not take at once is lost, until it takes something again. */
static void serial_put(char c)
{
    int tries = is_stuck ? 1 : SEND_TRIES;
    while (tries && !(inb(COM1_STATUS) & STATUS_CAN_SEND))
        tries--;
    is_stuck = !tries;
    if (!is_stuck)
        outb(COM1, (uint8_t)c);
}

void arch_putchar(char c)
{
    if (has_debug_port)
        outb(DEBUG_PORT, (uint8_t)c);
    if (!has_serial)
        return;
    if (c == '\n')
        serial_put('\r');
    serial_put(c);
}

void arch_exit(unsigned code)
{
    outb(EXIT_PORT, (uint8_t)code);
    static const char message[] = "\nbaton: halted; it is safe to switch off.\n";
    for (const char *s = message; *s; s++)
        arch_putchar(*s);
    for (;;)
        __asm__ volatile("cli; hlt");
}
