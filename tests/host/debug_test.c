/* kernel/debug: kprintf, the trace, symbols, and the kernel's own panic(). */
#include <stdlib.h>
#include "arch/x86_64/layout.h"
#include "arch_host.h"
#include "boot/boot.h"
#include "debug/debug.h"
#include "debug/trace.h"

/* What the linker gives symbol.c: three functions in a text of 0x300 bytes. The table counts from KERNEL_VMA,
   and only in 32 bits, so any place of the text will do. */
struct {
    uint32_t address, name;
} symbol_table[3];
uint32_t symbol_count = 3;
const char symbol_names[] = "first\0second\0third";
char kernel_text_start[0x300], kernel_stack_bottom[0x100] __attribute__((aligned(16)));
extern char kernel_text_end[], kernel_stack_top[];
__asm__(".globl kernel_text_end, kernel_stack_top\n"
        ".set kernel_text_end, kernel_text_start + 0x300\n"
        ".set kernel_stack_top, kernel_stack_bottom + 0x100\n");

static void check_print(const char *wanted)
{
    char got[128] = "";
    memcpy(got, host.console, host.console_length < sizeof got ? host.console_length : sizeof got - 1);
    CHECK_STRING("console", got, wanted);
    host_forget();
}

static void numbers(void)
{
    host_forget();
    kprintf("%d %d %d", 0, -1, 2147483647);
    check_print("0 -1 2147483647");
    kprintf("%d %ld %ld", (int)-2147483648ll, (long)INT64_MIN, (long)INT64_MAX);
    check_print("-2147483648 -9223372036854775808 9223372036854775807");
    kprintf("%u %lu %x %lx", 4294967295u, ~0ul, 0xdeadbeef, 0x123456789abcdef0ul);
    check_print("4294967295 18446744073709551615 deadbeef 123456789abcdef0");
    kprintf("[%5u] [%05u] [%2x] [%02x] [%zu]", 42u, 42u, 0xabcu, 7u, sizeof(int));
    check_print("[   42] [00042] [abc] [07] [4]");
    kprintf("%p", (void *)(uintptr_t)0xffff800000001000);
    check_print("ffff800000001000");
}

static void text(void)
{
    host_forget();
    kprintf("%s|%c|%%|%s", "abc", 'x', "");
    check_print("abc|x|%|");
    kprintf("plain\n");
    check_print("plain\n");
    const char *unfinished = "100%";
    kprintf(unfinished, 0);
    check_print("100");
}

static void tracing(void)
{
    static struct trace_record ring[TRACE_SIZE];
    host_forget();
    trace(TRACE_SEND, 1, 2);
    trace_dump();
    check_print("");
    trace_ring = ring;
    trace_on = true;
    for (uint64_t i = 0; i < 1030; i++)
        trace(i % 2 ? TRACE_MAP : TRACE_SYSCALL, i, 0xabc);
    trace_dump();
    CHECK(strstr(host.console, "trace: 1030 events, the last 1024:\n"));
    CHECK(strstr(host.console, " SYSCALL 6 abc\n") && strstr(host.console, " MAP 7 abc\n"));
    CHECK(!strstr(host.console, " MAP 5 abc\n"));
    trace_on = false;
    host_forget();
}

static uint64_t text_at(unsigned offset)
{
    return (uintptr_t)kernel_text_start + offset;
}

static void make_symbols(void)
{
    static const uint32_t offsets[] = {0, 0x100, 0x180}, names[] = {0, 6, 13};
    for (unsigned i = 0; i < 3; i++) {
        symbol_table[i].address = (uint32_t)(text_at(offsets[i]) - KERNEL_VMA);
        symbol_table[i].name = names[i];
    }
}

static void symbols(void)
{
    static const struct {
        unsigned at;
        const char *name;
        unsigned offset;
    } cases[] = {{0, "first", 0},         {0xff, "first", 0xff}, {0x100, "second", 0},
                 {0x17f, "second", 0x7f}, {0x180, "third", 0},   {0x2ff, "third", 0x17f}};
    uint64_t offset = 0;
    make_symbols();
    for (unsigned i = 0; i < 6; i++) {
        CHECK_STRING("name", symbol_of(text_at(cases[i].at), &offset), cases[i].name);
        CHECK_NUMBER("offset", offset, cases[i].offset);
    }
    CHECK(!symbol_of(text_at(0x300), &offset) && !symbol_of(text_at(0) - 1, &offset) && !symbol_of(0, &offset));
    symbol_count = 0;
    CHECK(!symbol_of(text_at(0), &offset));
    symbol_count = 3;
}

/* Frames on the kernel's stack are followed; a pointer that leaves it, is odd or goes down ends the list. */
static void backtraces(void)
{
    uint64_t *stack = (uint64_t *)(void *)kernel_stack_bottom;
    make_symbols();
    stack[0] = (uintptr_t)&stack[4], stack[1] = text_at(0x110);
    stack[4] = 0, stack[5] = text_at(0x190);
    host_forget();
    backtrace(text_at(0x10), (uintptr_t)stack);
    CHECK(strstr(host.console, "first+0x10\n") && strstr(host.console, "second+0x10\n") &&
          strstr(host.console, "third+0x10\n"));
    stack[4] = (uintptr_t)stack; /* a loop */
    host_forget();
    backtrace(text_at(0x10), (uintptr_t)stack);
    backtrace(1, 0);
    backtrace(2, 3);
    backtrace(3, (uintptr_t)&stack[31]);
    backtrace(4, (uintptr_t)stack - 8);
    backtrace(5, (uintptr_t)stack + 4); /* UndefinedBehaviorSanitizer sees it followed */
    CHECK(host.console_length < 500);
}

static unsigned marked;

void boot_mark_panic(void)
{
    marked++;
}

static void panics(void)
{
    CHECK_ENDS(panic("%s of %d", "loss", 3), 127, "PANIC: loss of 3\n");
    CHECK(strstr(host.console, "backtrace:"));
    CHECK_ENDS(panic("a second one"), 127, "PANIC: a second one\n"); /* the first has tripped over something */
    CHECK_ENDS(panic("a third one"), 127, ""); /* says nothing more: it may come from printing */
    CHECK(host.console_length == 0);
    CHECK_NUMBER("marks on the screen", marked, 2);
}

int main(void)
{
    test_run("debug: numbers", numbers);
    test_run("debug: text", text);
    test_run("debug: the trace keeps the last events", tracing);
    test_run("debug: names of addresses", symbols);
    test_run("debug: backtraces end", backtraces);
    test_run("debug: panic", panics);
    return test_end();
}
