#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "image.h"

enum { STUB_BYTES = 16, FAST_STUB_BYTES = 8 };
/* The low half of the address of a thread and of a buffer is 0, which a comparison of 32 bits would take for none. */
#define ARENA_ADDRESS (0x100000000000ull - LOW_THREAD * sizeof(union thread))
#define BUFFERS_ADDRESS 0x110000000000ull
enum { LOW_THREAD = 4, PAGE = 4096 };
_Static_assert(LOW_THREAD * sizeof(union thread) % PAGE == 0, "the arena begins with a page");

struct arena *arena;
union buffer *buffers;
struct kernel kernel;
static struct tcb *idle_bytes;
static struct {
    uint64_t stubs, page_fault, clock, interrupt_stubs;
} faults; /* where they enter; to look a symbol up takes longer than a run */
static uint64_t random_state;

static void *variable(const char *name)
{
    return image_at(image_symbol(name));
}

static struct tcb *address(const char *name)
{
    return (struct tcb *)(uintptr_t)image_symbol(name);
}

/* Memory that the emulated kernel sees, too, at the same address. */
static void *shared(uint64_t address, size_t size)
{
    size = (size + PAGE - 1) / PAGE * PAGE;
    void *memory = mmap((void *)address, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != (void *)address) {
        fprintf(stderr, "%s: no memory at the address of the states\n", program_invocation_short_name);
        exit(2);
    }
    machine_map(memory, size);
    return memory;
}

void world_init(void)
{
    machine_init();
    arena = shared(ARENA_ADDRESS, sizeof *arena);
    buffers = shared(BUFFERS_ADDRESS, BUFFERS * sizeof *buffers);
    kernel = (struct kernel){
        .cpu = variable("cpu"),
        .queue = variable("queues"),
        .no_queue = variable("no_queue"),
        .queue_address = image_symbol("queues"),
        .no_queue_address = image_symbol("no_queue"),
        .cap_list = variable("cap_list"),
        .cap_list_address = image_symbol("cap_list"),
        .nobody = address("nobody_tcb"),
        .slow_head = address("slow_head_tcb"),
        .idle = address("idle_tcb"),
        .entry = image_symbol("syscall_entry"),
        .entry_slow = image_symbol("syscall_entry_slow"),
    };
    idle_bytes = variable("idle_tcb");
    faults.stubs = image_symbol("vector_stubs");
    faults.page_fault = image_symbol("fast_page_fault");
    faults.clock = image_symbol("fast_clock");
    faults.interrupt_stubs = image_symbol("interrupt_stubs");
    kernel.cpu->stack_top = image_symbol("kernel_stack_top");
    extended_init();
    interrupt_init();
    if (strcmp(image_variant, "_kpti") == 0)
        machine_enters_at(kernel.cpu->stack_top - ENTRY_STACK_BELOW);
}

uint64_t world_entry(const struct fault *fault, bool slow)
{
    if (!fault)
        return slow ? kernel.entry_slow : kernel.entry;
    if (slow)
        return faults.stubs + fault->vector * STUB_BYTES;
    if (fault->vector == VECTOR_OF_PAGE_FAULT)
        return faults.page_fault;
    if (fault->vector == VECTOR_OF_CLOCK)
        return faults.clock;
    return faults.interrupt_stubs + (fault->vector - IRQ_VECTOR_FIRST) * FAST_STUB_BYTES;
}

void world_save(struct memory *to)
{
    to->arena = *arena;
    memcpy(to->buffer, buffers, sizeof to->buffer);
    to->cpu = *kernel.cpu;
    memcpy(to->queue, kernel.queue, sizeof to->queue);
    to->cap_list = *kernel.cap_list;
    to->idle = *idle_bytes;
    interrupt_save(&to->interrupts);
}

void world_restore(const struct memory *from)
{
    *arena = from->arena;
    memcpy(buffers, from->buffer, sizeof from->buffer);
    *kernel.cpu = from->cpu;
    memcpy(kernel.queue, from->queue, sizeof from->queue);
    *kernel.cap_list = from->cap_list;
    *idle_bytes = from->idle;
    interrupt_restore(&from->interrupts);
}

void random_start(uint64_t seed)
{
    random_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* splitmix64 */
uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

unsigned below(unsigned n)
{
    return (unsigned)((random_next() >> 32) * n >> 32);
}
