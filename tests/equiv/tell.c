/* On stdout, all numbers in 64 bits. First the address, size and number of threads, endpoints, notifications, root CNodes, slots of the CNode
   below them, timers; how many pieces of memory a state is in, and of each its address and size; how many there are of
   the image that may be written, and of each address, size and bytes. Then of each state: vector or ~0, the reason's name in 64 bytes, the time, whether
   the CPU clears extended state (extended_clears), the general registers, the frame and CR2 of a fault, and the pieces' bytes. */
#include "tell.h"

#include <elf.h>
#include <stdio.h>
#include "compare.h"
#include "conditions.h"
#include "image.h"

static const struct piece {
    const char *name; /* a variable of the kernel's */
    unsigned size;
} variables[] = {{"cpu", sizeof(struct cpu)},       {"queues", 256 * sizeof(struct run_queue)},
                 {"cap_list", sizeof(struct slot)}, {"irq_handlers", 0xc0 * sizeof(struct irq_handler)},
                 {"timer_first", sizeof(uint64_t)}, {"clock_next_tick", sizeof(uint64_t)},
                 {"apic", sizeof(uint64_t)}};
enum { TOLD_AT_LEAST = 16, TAKEN_IN = 4, TOLD_FROM = 60000, NAME_BYTES = 64 };
enum { VARIABLES = sizeof variables / sizeof variables[0] };

static unsigned one_of;
static uint64_t found;

static void put(uint64_t number)
{
    fwrite(&number, sizeof number, 1, stdout);
}

static void put_piece(const void *bytes, uint64_t address, uint64_t size)
{
    put(address);
    put(size);
    if (bytes)
        fwrite(bytes, size, 1, stdout);
}

static void begin(unsigned each)
{
    uint64_t writable = 0;
    one_of = each;
    const struct {
        const void *first;
        uint64_t size, count;
    } parts[] = {{arena->thread, sizeof arena->thread[0], THREADS},
                 {arena->endpoint, sizeof arena->endpoint[0], ENDPOINTS},
                 {arena->notification, sizeof arena->notification[0], NOTIFICATIONS},
                 {arena->root, sizeof arena->root[0], SPACES},
                 {arena->inner, sizeof arena->inner[0], 1 << INNER_RADIX},
                 {arena->timer, sizeof arena->timer[0], TIMERS}};
    fwrite(parts, sizeof parts, 1, stdout);
    put(VARIABLES + 2);
    put_piece(NULL, (uintptr_t)arena, sizeof *arena);
    put_piece(NULL, (uintptr_t)buffers, BUFFERS * sizeof *buffers);
    for (unsigned i = 0; i < VARIABLES; i++)
        put_piece(NULL, image_variable(variables[i].name), variables[i].size);
    for (unsigned i = 0; i < image.segments; i++)
        writable += image.segment[i].flags & PF_W;
    put(writable / PF_W);
    for (unsigned i = 0; i < image.segments; i++) {
        const struct segment *s = &image.segment[i];
        if (s->flags & PF_W)
            put_piece(s->bytes, s->vaddr, s->size);
    }
}

bool tell_begun(void)
{
    return one_of;
}

/* Of those that take a fast path rather many: which path that is, the reason does not say. */
static bool is_wanted(unsigned operation, enum reason why)
{
    if (operation == OPERATIONS)
        return false;
    uint64_t before = compared.seen[operation][why]++;
    return before < TOLD_AT_LEAST || (why == REASON_NONE && before % TAKEN_IN == 0) || found++ % one_of == 0;
}

void tell(void)
{
    const struct fault none = {0}, *f = compared.fault ? compared.fault : &none;
    char name[NAME_BYTES] = "";
    enum reason why = reason_of(&compared.user, compared.fault);
    if (!is_wanted(operation_of(compared.user.general[RAX], compared.fault), why))
        return;
    put(compared.fault ? f->vector : ~0ull);
    snprintf(name, sizeof name, "%s", reason_name(why));
    fwrite(name, sizeof name, 1, stdout);
    put(TSC_NOW);
    put(extended_clears);
    fwrite(compared.user.general, sizeof compared.user.general, 1, stdout);
    fwrite(f, offsetof(struct fault, vector), 1, stdout);
    fwrite(arena, sizeof *arena, 1, stdout);
    fwrite(buffers, BUFFERS * sizeof *buffers, 1, stdout);
    for (unsigned i = 0; i < VARIABLES; i++)
        fwrite(image_at(image_variable(variables[i].name)), variables[i].size, 1, stdout);
}

int tell_some(const struct kind *kinds, unsigned each)
{
    const uint64_t counts[] = {conditions_count(), conditions_rest_count(), conditions_queued_count()};
    static const unsigned every[] = {7, 3, 1};
    begin(each);
    for (uint64_t i = 0; i < TOLD_FROM; i++)
        kinds[0].one(i);
    for (unsigned kind = 0; kind < sizeof counts / sizeof counts[0]; kind++) {
        for (uint64_t i = 0; i < counts[kind]; i += every[kind])
            kinds[1 + kind].one(i);
    }
    return 0;
}
