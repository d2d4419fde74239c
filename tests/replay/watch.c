/* A plugin of QEMU's: tells the other end of a socket each time that the guest's kernel is entered and each time that ring 3 goes on,
   and waits until it is told to go on. Meanwhile the other end may look at the guest's memory. The guest's time stands still.

   The interface of plugins gives no registers before QEMU 9, so they come from the functions that QEMU's gdb stub has them from. QEMU's
   headers are no package of Debian's: what is used of them is declared here.

   Arguments: socket=PATH; and once or more: call=ADDRESS, where SYSCALL leads; stubs=FIRST and behind=ADDRESS, between which interrupts
   and exceptions enter; word=ADDRESS: one that every event tells. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "arch/x86_64/layout.h"

/* ---- of the interface of plugins */
struct qemu_plugin_tb;
enum { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS };
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*f)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*f)(unsigned cpu, void *data),
                                          int flags, void *data);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

/* ---- of QEMU and GLib */
struct bytes {
    uint8_t *data;
    unsigned length;
};
struct bytes *g_byte_array_new(void);
struct bytes *g_byte_array_set_size(struct bytes *array, unsigned length);
void *qemu_get_cpu(int index);
int x86_cpu_gdb_read_register(void *cpu, struct bytes *to, int number);
void cpu_physical_memory_rw(uint64_t address, void *buffer, uint64_t length, bool write);

/* By the gdb stub's numbers: rax rbx rcx rdx rsi rdi rbp rsp r8-r15, rip, eflags; then CS, and CR2. */
enum { REGISTERS = 18, RIP = 16, RSP = 7, CS = 18, CR2 = 28 };
enum { WORDS_MOST = 8, PLACES_MOST = 16, STACK = 7 };
enum kind { RING_3, CALLED, INTERRUPTED };

/* What every event tells. */
struct event {
    uint64_t kind, inside, registers[REGISTERS], cr2, words[WORDS_MOST], stack[STACK], from;
};

#define USER_END (1ull << 47)

static int to = -1;
static uint64_t call[PLACES_MOST], first[PLACES_MOST], behind[PLACES_MOST], word[WORDS_MOST];
static unsigned calls, firsts, behinds, words;
static uint64_t from; /* of the kernel, the last block */
static bool inside;   /* the kernel was entered, and ring 3 has not gone on since */
static void *cpu;
static struct bytes *scratch;

static uint64_t register_value(int number)
{
    uint64_t value = 0;
    g_byte_array_set_size(scratch, 0);
    int bytes = x86_cpu_gdb_read_register(cpu, scratch, number);
    memcpy(&value, scratch->data, bytes < 8 ? (size_t)bytes : 8);
    return value;
}

/* The kernel's memory, whatever page tables are in force. */
static void peek(uint64_t address, void *buffer, size_t length)
{
    memset(buffer, 0, length);
    if (address >= PHYSMAP)
        cpu_physical_memory_rw(address - (address >= KERNEL_VMA ? KERNEL_VMA : PHYSMAP), buffer, length, false);
}

static void whole(ssize_t (*move)(int, void *, size_t), void *buffer, size_t length)
{
    for (char *at = buffer; length;) {
        ssize_t moved = move(to, at, length);
        if (moved <= 0)
            exit(1); /* nobody looks any more */
        at += moved;
        length -= (size_t)moved;
    }
}

static ssize_t put(int file, void *buffer, size_t length)
{
    return write(file, buffer, length);
}

/* Requests: address and length; length 0: go on. The answer is the memory, 0 where there is none. */
static void serve(void)
{
    static uint8_t memory[1 << 16];
    uint64_t asked[2];
    for (;;) {
        whole(read, asked, sizeof asked);
        if (asked[1] == 0)
            return;
        size_t length = asked[1] < sizeof memory ? asked[1] : sizeof memory;
        peek(asked[0], memory, length);
        whole(put, memory, length);
    }
}

static void tell(enum kind kind, uint64_t place)
{
    struct event e = {.kind = kind, .inside = inside, .from = from};
    for (int i = 0; i < REGISTERS; i++)
        e.registers[i] = register_value(i);
    e.registers[RIP] = place; /* of a block that begins, what the CPU holds may be older */
    e.cr2 = register_value(CR2);
    for (unsigned i = 0; i < words; i++)
        peek(word[i], &e.words[i], sizeof e.words[i]);
    if (kind == INTERRUPTED)
        peek(e.registers[RSP], e.stack, sizeof e.stack);
    inside = kind != RING_3;
    whole(put, &e, sizeof e);
    serve();
}

static void in_ring_3(unsigned index, void *place)
{
    (void)index;
    if (inside && (register_value(CS) & 3)) /* firmware, too, runs at low addresses */
        tell(RING_3, (uintptr_t)place);
}

/* A fast path leads to the slow one, inside. */
static void called(unsigned index, void *place)
{
    (void)index;
    if (!inside)
        tell(CALLED, (uintptr_t)place);
}

static void interrupted(unsigned index, void *place)
{
    (void)index;
    tell(INTERRUPTED, (uintptr_t)place);
}

static void passed(unsigned index, void *place)
{
    (void)index;
    from = (uintptr_t)place;
}

static bool is_call(uint64_t at)
{
    for (unsigned i = 0; i < calls; i++) {
        if (at == call[i])
            return true;
    }
    return false;
}

static bool is_stub(uint64_t at)
{
    for (unsigned i = 0; i < firsts; i++) {
        if (at >= first[i] && at < behind[i])
            return true;
    }
    return false;
}

/* A block begins where an entry does: SYSCALL and interrupts end the one before. At its beginning all registers are in their place. */
static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    uint64_t at = qemu_plugin_tb_vaddr(tb);
    void (*f)(unsigned, void *) = at < USER_END ? in_ring_3
                                  : is_call(at) ? called
                                  : is_stub(at) ? interrupted
                                                : NULL;
    if (!cpu)
        cpu = qemu_get_cpu(0);
    if (at >= USER_END)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, passed, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)at);
    if (f)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, f, QEMU_PLUGIN_CB_R_REGS, (void *)(uintptr_t)at);
}

static bool take(const char *argument, const char *name, const char **value)
{
    size_t length = strlen(name);
    *value = argument + length + 1;
    return !strncmp(argument, name, length) && argument[length] == '=';
}

static void connect_to(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strncpy(name.sun_path, path, sizeof name.sun_path - 1);
    to = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(to, (const struct sockaddr *)&name, sizeof name))
        exit(1);
}

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info, int count,
                                                               char **arguments);
int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments)
{
    (void)info;
    const char *value;
    for (int i = 0; i < count; i++) {
        if (take(arguments[i], "socket", &value))
            connect_to(value);
        else if (take(arguments[i], "call", &value) && calls < PLACES_MOST)
            call[calls++] = strtoull(value, NULL, 0);
        else if (take(arguments[i], "stubs", &value) && firsts < PLACES_MOST)
            first[firsts++] = strtoull(value, NULL, 0);
        else if (take(arguments[i], "behind", &value) && behinds < PLACES_MOST)
            behind[behinds++] = strtoull(value, NULL, 0);
        else if (take(arguments[i], "word", &value) && words < WORDS_MOST)
            word[words++] = strtoull(value, NULL, 0);
        else
            return 1;
    }
    scratch = g_byte_array_new();
    inside = true; /* the boot */
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return firsts != behinds || to < 0;
}
