/* The numbers of the contract with ring 3, written down a second time. Programs that were built yesterday have
   them inside, and every other test takes them from abi.def, so none would notice one that changed there. A
   change of the contract on purpose changes this, too. */
#include <stddef.h>
#include "abi.h"
#include "bootinfo.h"
#include "ipc_buffer.h"
#include "test.h"
#include "trace.h"

struct number {
    const char *name;
    long long value;
};

static const struct number syscalls[] = {
    {"NULL", 0x00},
    {"SEND", 0x01},
    {"RECV", 0x02},
    {"CALL", 0x03},
    {"REPLY", 0x04},
    {"YIELD", 0x05},
    {"THREAD_SUSPEND", 0x06},
    {"THREAD_RESUME", 0x07},
    {"REPLY_RECV", 0x08},
    {"THREAD_CONFIGURE", 0x09},
    {"THREAD_SET_ENTRY", 0x0a},
    {"SEND_NB", 0x0b},
    {"RECV_NB", 0x0c},
    {"REPLY_SAVE", 0x0d},
    {"THREAD_READ_REGISTERS", 0x0e},
    {"THREAD_WRITE_REGISTERS", 0x0f},
    {"WAIT", 0x10},
    {"SIGNAL", 0x11},
    {"POLL", 0x12},
    {"NOTIFICATION_BIND", 0x13},
    {"THREAD_SET_PRIORITY", 0x14},
    {"THREAD_SET_TLS", 0x15},
    {"THREAD_SET_FPU", 0x16},
    {"THREAD_SET_SLICE", 0x17},
    {"THREAD_SET_AFFINITY", 0x18},
    {"THREAD_SET_BREAKPOINT", 0x19},
    {"MEMORY_MAP", 0x20},
    {"MEMORY_UNMAP", 0x21},
    {"MEMORY_PROTECT", 0x22},
    {"FRAME_ADDRESS", 0x24},
    {"RETYPE", 0x26},
    {"MEMORY_MAP_MANY", 0x28},
    {"MEMORY_UNMAP_MANY", 0x29},
    {"MEMORY_PROTECT_MANY", 0x2a},
    {"CAP_COPY", 0x30},
    {"CAP_MOVE", 0x31},
    {"CAP_DELETE", 0x32},
    {"CAP_REVOKE", 0x33},
    {"CAP_MINT", 0x34},
    {"CAP_IDENTIFY", 0x35},
    {"CAP_SWAP", 0x36},
    {"CAP_CANCEL_BADGED", 0x37},
    {"IRQ_HANDLER_GET", 0x40},
    {"IRQ_HANDLER_ACK", 0x41},
    {"IRQ_HANDLER_BIND", 0x42},
    {"IRQ_MSI_GET", 0x43},
    {"IO_IN", 0x46},
    {"IO_OUT", 0x47},
    {"TIMER_BIND", 0x48},
    {"TIMER_SET", 0x49},
    {"TIMER_CANCEL", 0x4a},
    {"DEBUG_PUTCHAR", 0x50},
    {"DEBUG_EXIT", 0x51},
    {"DEBUG_DUMP", 0x52},
    {"LONG_SEND", 0x61},
    {"LONG_CALL", 0x63},
    {"LONG_REPLY", 0x64},
    {"LONG_REPLY_RECV", 0x68},
};

static const struct number errors[] = {
    {"BAD_CAP", -1},       {"WRONG_TYPE", -2}, {"NO_RIGHT", -3},   {"BAD_ARGUMENT", -4},
    {"MISALIGNED", -5},    {"OCCUPIED", -6},   {"NO_MEMORY", -7},  {"NOT_MAPPED", -8},
    {"NO_TABLE", -9},      {"NO_CALLER", -10}, {"CANCELED", -11},  {"IN_USE", -12},
    {"BAD_PRIORITY", -13}, {"EMPTY", -14},     {"NO_BUFFER", -15}, {"TIMEOUT", -16},
};

static const struct number outcomes[] = {
    {"MESSAGE", 0},
    {"NOTIFIED", 1},
    {"LONG", 2},
};

static const struct number types[] = {
    {"NULL", 0},     {"UNTYPED", 1},       {"CNODE", 2},        {"TCB", 3},
    {"ENDPOINT", 4}, {"ADDRESS_SPACE", 5}, {"PAGE_TABLE", 6},   {"FRAME", 7},
    {"DEBUG", 8},    {"NOTIFICATION", 9},  {"REPLY", 10},       {"EXTENDED_STATE", 11},
    {"IO_PORT", 12}, {"IRQ_CONTROL", 13},  {"IRQ_HANDLER", 14}, {"TIMER", 15},
};

static const struct number sizes[] = {
    {"NULL", 0},     {"UNTYPED", 0},        {"CNODE", 0},       {"TCB", 10},
    {"ENDPOINT", 6}, {"ADDRESS_SPACE", 12}, {"PAGE_TABLE", 12}, {"FRAME", 0},
    {"DEBUG", 0},    {"NOTIFICATION", 6},   {"REPLY", 0},       {"EXTENDED_STATE", 12},
    {"IO_PORT", 0},  {"IRQ_CONTROL", 0},    {"IRQ_HANDLER", 0}, {"TIMER", 6},
};

static const struct number rights[] = {
    {"SEND", 0x01},  {"RECV", 0x02},    {"GRANT", 0x04},  {"READ", 0x08},
    {"WRITE", 0x10}, {"EXECUTE", 0x20}, {"SIGNAL", 0x40}, {"WAIT", 0x80},
};

static const struct number faults[] = {
    {"PAGE", 1},    {"INSTRUCTION", 2}, {"PROTECTION", 3}, {"DEBUG", 4},
    {"SYSCALL", 5}, {"ARITHMETIC", 6},  {"NO_FPU", 7},
};

static const struct number constants[] = {
    {"FLAGS_AFTER_SYSCALL", 0x202},
    {"MSG_WORDS", 8},
    {"SLOT_BITS", 5},
    {"PRIORITIES", 256},
    {"CACHE_WRITE_BACK", 0},
    {"CACHE_WRITE_THROUGH", 0x100},
    {"CACHE_UNCACHED", 0x200},
    {"CACHE_WRITE_COMBINING", 0x300},
    {"CACHE_SHIFT", 8},
    {"USER_TOP", 0x7ffffffff000},
    {"SLICE_TICKS", 5},
    {"TICK_HZ", 1000},
    {"BREAKPOINTS", 4},
    {"BREAK_EXECUTE", 1},
    {"BREAK_WRITE", 2},
    {"BREAK_ACCESS", 3},
    {"DEBUG_STEP", 0x4000},
    {"DEBUG_MAY_PRINT", 1},
    {"DEBUG_MAY_END", 2},
    {"DEBUG_MAY_LOOK", 4},
    {"DEBUG_MAY_ALL", 7},
    {"DUMP_ALL", 0},
    {"DUMP_THREADS", 1},
    {"DUMP_SPACES", 2},
    {"DUMP_ENDPOINTS", 3},
    {"DUMP_CAPS", 4},
    {"IRQ_LINE_MAX", 0xffff},
    {"IRQ_LEVEL", 0x10000},
    {"IRQ_LOW", 0x20000},
    {"IRQ_ISA", 0x40000},
    {"IRQ_IOAPIC", 0x80000},
    {"IRQ_NO_LINE", 0xffff},
    {"CAP_SELF_CNODE", 1},
    {"CAP_SELF_SPACE", 2},
    {"CAP_SELF_TCB", 3},
    {"CAP_DEBUG", 4},
    {"CAP_IO_PORTS", 5},
    {"CAP_IRQ_CONTROL", 6},
    {"CAP_FIRST_FREE", 8},
    {"BOOTINFO_MAGIC", 0x6e6f746162},
    {"BOOTINFO_VADDR", 0x3ff000},
    {"MODULES_VADDR", 0x40000000},
    {"STACK_TOP", 0x7fff0000},
    {"STACK_PAGES", 16},
};

/* ---- what abi.def says today */
#define SYSCALL(n, name, doc) {#name, n},
static const struct number syscalls_now[] = {
#include "abi_each.h"
};
#define ERROR(n, name, doc) {#name, n},
static const struct number errors_now[] = {
#include "abi_each.h"
};
#define OUTCOME(n, name, doc) {#name, n},
static const struct number outcomes_now[] = {
#include "abi_each.h"
};
#define TYPE(n, name, bits, doc) {#name, n},
static const struct number types_now[] = {
#include "abi_each.h"
};
#define TYPE(n, name, bits, doc) {#name, bits},
static const struct number sizes_now[] = {
#include "abi_each.h"
};
#define RIGHT(n, name, doc) {#name, n},
static const struct number rights_now[] = {
#include "abi_each.h"
};
#define FAULT(n, name, doc) {#name, n},
static const struct number faults_now[] = {
#include "abi_each.h"
};
#define CONST(name, value, doc) {#name, value},
static const struct number constants_now[] = {
#include "abi_each.h"
};

static const struct number *find(const struct number *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    }
    return NULL;
}

/* Each that was there has the number that it had; a new one must be in this file, too. */
static void compare(const struct number *was, size_t were, const struct number *now, size_t count)
{
    for (size_t i = 0; i < were; i++) {
        const struct number *n = find(now, count, was[i].name);
        CHECK_STRING("in abi.def", n ? n->name : NULL, was[i].name);
        if (n)
            CHECK_NUMBER(n->name, n->value, was[i].value);
    }
    for (size_t i = 0; i < count; i++)
        CHECK_STRING("in this test", find(was, were, now[i].name) ? now[i].name : NULL, now[i].name);
}

#define COMPARE(list)                                                                                          \
    static void list##_are_what_they_were(void)                                                                \
    {                                                                                                          \
        compare(list, sizeof list / sizeof *list, list##_now, sizeof list##_now / sizeof *list##_now);         \
    }
COMPARE(syscalls)
COMPARE(errors)
COMPARE(outcomes)
COMPARE(types)
COMPARE(sizes)
COMPARE(rights)
COMPARE(faults)
COMPARE(constants)

#define PLACE(type, field, offset) CHECK_NUMBER(#type "." #field, offsetof(struct type, field), offset)

static void buffer_is_laid_out_as_it_was(void)
{
    CHECK_NUMBER("all rights", RIGHT_ALL, 0xff);
    CHECK_NUMBER("words in the buffer", IPC_BUFFER_WORDS, 112);
    CHECK_NUMBER("capabilities in the buffer", IPC_BUFFER_CAPS, 3);
    CHECK_NUMBER("the program's words in the buffer", IPC_BUFFER_OWN, 8);
    PLACE(ipc_buffer, words, 0);
    PLACE(ipc_buffer, caps, 8);
    PLACE(ipc_buffer, cap, 16);
    PLACE(ipc_buffer, receive_cnode, 40);
    PLACE(ipc_buffer, receive_index, 48);
    PLACE(ipc_buffer, own, 56);
    PLACE(ipc_buffer, word, 120);
}

static void registers_are_laid_out_as_they_were(void)
{
    PLACE(thread_registers, rip, 0);
    PLACE(thread_registers, rsp, 8);
    PLACE(thread_registers, rflags, 16);
    PLACE(thread_registers, rax, 24);
    PLACE(thread_registers, rbx, 32);
    PLACE(thread_registers, rcx, 40);
    PLACE(thread_registers, rdx, 48);
    PLACE(thread_registers, rsi, 56);
    PLACE(thread_registers, rdi, 64);
    PLACE(thread_registers, rbp, 72);
    PLACE(thread_registers, r8, 80);
    PLACE(thread_registers, r9, 88);
    PLACE(thread_registers, r10, 96);
    PLACE(thread_registers, r11, 104);
    PLACE(thread_registers, r12, 112);
    PLACE(thread_registers, r13, 120);
    PLACE(thread_registers, r14, 128);
    PLACE(thread_registers, r15, 136);
    CHECK_NUMBER("size", sizeof(struct thread_registers), 144);
}

static void boot_info_is_laid_out_as_it_was(void)
{
    PLACE(bootinfo, magic, 0);
    PLACE(bootinfo, tsc_hz, 8);
    PLACE(bootinfo, msi_address, 16);
    PLACE(bootinfo, fastpath, 24);
    PLACE(bootinfo, trace, 28);
    PLACE(bootinfo, checked, 32);
    PLACE(bootinfo, mitigations, 36);
    PLACE(bootinfo, first_free_slot, 40);
    PLACE(bootinfo, slot_count, 44);
    PLACE(bootinfo, untyped_count, 48);
    PLACE(bootinfo, module_count, 52);
    PLACE(bootinfo, argument, 56);
    PLACE(bootinfo, screen, 64);
    PLACE(bootinfo, counter, 96);
    PLACE(bootinfo, cmdline, 160);
    PLACE(bootinfo, untyped, 416);
    PLACE(bootinfo, module, 2976);
    PLACE(bootinfo, ram, 3872);
    PLACE(bootinfo, rsdp, 4032);
    PLACE(bootinfo_untyped, size_bits, 4);
    PLACE(bootinfo_untyped, device, 6);
    PLACE(bootinfo_untyped, paddr, 8);
    PLACE(bootinfo_ram, end, 8);
    PLACE(bootinfo_module, vaddr, 32);
    PLACE(bootinfo_module, size, 40);
    PLACE(bootinfo_module, first_slot, 48);
    PLACE(bootinfo_module, frames, 52);
    CHECK_NUMBER("size", sizeof(struct bootinfo), 4072);
}

static void the_screen_is_laid_out_as_it_was(void)
{
    PLACE(bootinfo_screen, paddr, 0);
    PLACE(bootinfo_screen, pitch, 8);
    PLACE(bootinfo_screen, width, 12);
    PLACE(bootinfo_screen, height, 16);
    PLACE(bootinfo_screen, bits, 20);
    PLACE(bootinfo_screen, red_at, 21);
    PLACE(bootinfo_screen, red_bits, 22);
    PLACE(bootinfo_screen, green_at, 23);
    PLACE(bootinfo_screen, green_bits, 24);
    PLACE(bootinfo_screen, blue_at, 25);
    PLACE(bootinfo_screen, blue_bits, 26);
    PLACE(bootinfo_counter, index, 0);
    PLACE(bootinfo_counter, width, 4);
    PLACE(trace_record, time, 0);
    PLACE(trace_record, a, 8);
    PLACE(trace_record, b, 16);
    PLACE(trace_record, event, 24);
}

int main(void)
{
    test_run("abi/syscalls", syscalls_are_what_they_were);
    test_run("abi/errors", errors_are_what_they_were);
    test_run("abi/outcomes", outcomes_are_what_they_were);
    test_run("abi/types", types_are_what_they_were);
    test_run("abi/sizes", sizes_are_what_they_were);
    test_run("abi/rights", rights_are_what_they_were);
    test_run("abi/faults", faults_are_what_they_were);
    test_run("abi/constants", constants_are_what_they_were);
    test_run("abi/buffer", buffer_is_laid_out_as_it_was);
    test_run("abi/registers", registers_are_laid_out_as_they_were);
    test_run("abi/boot_info", boot_info_is_laid_out_as_it_was);
    test_run("abi/screen", the_screen_is_laid_out_as_it_was);
    return test_end();
}
