/* Arguments by the grammar of abi.def. */
#include "fuzz.h"

enum { PAGES = 8, FREE_PAGES = 0x500000 }; /* the program's page table has room from there on */

struct maker {
    unsigned worker;
    uint64_t op, *a;
    unsigned type; /* the type that was chosen last */
};

/* The pool holds itself, without a guard: any slot of it can be reached by one or two levels more. */
uint64_t address_of(uint64_t slot)
{
    uint64_t address = slot;
    for (unsigned levels = one_in(8) ? 1 + (unsigned)below(2) : 0; levels && slot; levels--)
        address = address << RADIX | SLOT_SELF;
    return address << SLOT_BITS;
}

/* Of a slot in another CNode; should that be the pool, too, its first slots stay as they are. */
static uint64_t inner_index(void)
{
    return 8 + below(8);
}

/* By way of a CNode that a worker made, with the guard that BADGE below gives, or none. */
static uint64_t nested_address(struct maker *m)
{
    uint64_t cnode = held_of(m->worker, 1 << TYPE_CNODE), index = inner_index();
    uint64_t path = one_in(2) ? index : index << 2 | 1;
    return (path << RADIX | cnode) << SLOT_BITS;
}

static uint64_t capability(struct maker *m, uint32_t types)
{
    if (one_in(12))
        return one_in(4) ? edge() : nested_address(m);
    if (types == 1 << TYPE_UNTYPED && !one_in(4))
        return SLOT_UNTYPED << SLOT_BITS;
    if (types == 1 << TYPE_ADDRESS_SPACE && !one_in(3))
        return SLOT_SPACE << SLOT_BITS;
    if (types == 1 << TYPE_CNODE && !one_in(8))
        return SLOT_SELF << SLOT_BITS;
    return address_of(held_of(m->worker, types));
}

static uint64_t index_in(uint64_t cnode, unsigned group)
{
    if (cnode != SLOT_SELF << SLOT_BITS)
        return inner_index();
    if (group == CLASS_SLOT_FREE)
        return held_empty();
    return group == CLASS_SLOT_FULL || !one_in(4) ? held_used() : held_empty();
}

static unsigned type_to_make(void)
{
    unsigned type = 1 + (unsigned)below(TYPE_COUNT - 1);
    if (held_missing && !one_in(3))
        type = (unsigned)(one_in(2) ? __builtin_ctz(held_missing) : 31 - __builtin_clz(held_missing));
    held_missing = 0;
    bool made_so = type != TYPE_DEBUG && type != TYPE_IO_PORT && type != TYPE_IRQ_CONTROL &&
                   type != TYPE_IRQ_HANDLER && type != TYPE_REPLY;
    return made_so || one_in(8) ? type : type_to_make();
}

static uint64_t size_bits(unsigned type)
{
    switch (type) {
    case TYPE_UNTYPED: return 10 + below(6);
    case TYPE_CNODE: return one_in(4) ? 1 + below(3) : 4 + below(2);
    case TYPE_FRAME: return one_in(16) ? 21 : 12;
    default: return below(2) * 12;
    }
}

static uint64_t priority(void)
{
    uint64_t ceiling = REVIVER_PRIORITY + 1 + below(WORKER_PRIORITY - REVIVER_PRIORITY);
    return (one_in(4) ? ceiling : WORKER_PRIORITY) | (one_in(16) ? ceiling : WORKER_PRIORITY) << 8;
}

/* Of the program's own space only pages that it does not use; elsewhere few, so that tables and frames meet. */
static uint64_t page(void)
{
    static const uint64_t bases[] = {FREE_PAGES, FREE_PAGES, FREE_PAGES, 0x8000000000, 0x8040000000};
    return bases[below(sizeof bases / sizeof bases[0])] + (below(PAGES) << 12);
}

static uint64_t badge(void)
{
    if (one_in(4))
        return 1;                              /* which a signal without a badge sets, too */
    return one_in(2) ? 1 << 8 | 2 : below(16); /* the first as a guard: two bits, value 1 */
}

/* Numbers that are neither capabilities nor slots. */
static uint64_t number(struct maker *m, unsigned kind)
{
    switch (kind) {
    case KIND_TYPE: return m->type = type_to_make();
    case KIND_SIZE_BITS: return size_bits(m->type);
    case KIND_COUNT: return one_in(4) ? 2 : 1;
    case KIND_PAGES: return 1 + below(one_in(8) ? 200 : 4);
    case KIND_RIGHTS: return one_in(3) ? below(1 + RIGHT_ALL) : RIGHT_ALL;
    case KIND_MAP_RIGHTS:
        return RIGHT_READ |
               (one_in(2)   ? RIGHT_WRITE
                : one_in(2) ? RIGHT_EXECUTE
                            : 0) |
               (one_in(6) ? below(4) << CACHE_SHIFT : 0);
    case KIND_BADGE: return badge();
    case KIND_PRIORITY: return priority();
    case KIND_TICKS: return 1 + below(8);
    case KIND_ADDRESS: return page();
    case KIND_STACK: return address_of(held_of(m->worker, 1 << TYPE_ENDPOINT | 1 << TYPE_NOTIFICATION));
    case KIND_WORD: return one_in(2) ? below(256) : random64();
    case KIND_LINE: return below(24) | below(8) << 16; /* all lines of an I/O APIC, with every flag */
    case KIND_BREAK_INDEX: return below(BREAKPOINTS);
    case KIND_BREAK_KIND: return one_in(3) ? 0 : below(4) | 1ull << (8 + below(4));
    case KIND_CPU: return below(2);
    default: return below(16);
    }
}

static uint64_t argument(struct maker *m, unsigned place)
{
    unsigned kind = grammar_calls[m->op].kind[place];
    const struct grammar_kind_info *k = &grammar_kinds[kind];
    if (kind == KIND_NONE)
        return one_in(4) ? edge() : 0;
    if (one_in(40))
        return edge();
    switch (k->group) {
    case CLASS_CAP_OR_0: return one_in(3) ? 0 : capability(m, k->types);
    case CLASS_CAP: return capability(m, k->types);
    case CLASS_SLOT_ANY:
    case CLASS_SLOT_FREE:
    case CLASS_SLOT_FULL: return index_in(m->a[place - 1], k->group);
    default: return number(m, kind);
    }
}

uint64_t agent_call(void)
{
    static const uint8_t calls[] = {SYS_SEND,       SYS_RECV, SYS_CALL,      SYS_CALL,
                                    SYS_REPLY_RECV, SYS_WAIT, SYS_LONG_CALL, SYS_LONG_REPLY_RECV};
    return calls[below(sizeof calls / sizeof calls[0])];
}

/* Where abi.def does not say enough to get far. */
static void sharpen(unsigned worker, uint64_t op, uint64_t a[6])
{
    switch (op) {
    case SYS_THREAD_SET_ENTRY:
        if (one_in(16))
            return;
        a[1] = (uintptr_t)agent;
        a[3] = agent_call();
        break;
    case SYS_REPLY:
    case SYS_LONG_REPLY:
        if (!one_in(4))
            a[0] = 0;
        break;
    case SYS_MEMORY_MAP_MANY:
    case SYS_MEMORY_UNMAP_MANY:
    case SYS_MEMORY_PROTECT_MANY: /* any slot may be named, but few hold frames, and the next ones as well even fewer */
        if (one_in(4))
            return;
        a[0] = SLOT_SELF << SLOT_BITS;
        a[1] = held_of(worker, 1 << TYPE_FRAME);
        a[5] = 1 + one_in(4);
        break;
    case SYS_TIMER_SET: a[1] = one_in(8) ? edge() : clock_read() + below(200000); break;
    default: break;
    }
}

void arguments_make(unsigned worker, uint64_t op, uint64_t a[6])
{
    struct maker m = {.worker = worker, .op = op, .a = a};
    for (unsigned place = PLACE_rdi; place <= PLACE_r10; place++)
        a[place] = argument(&m, place);
    if (grammar_calls[op].kind[PLACE_message])
        a[1] = random64();
    sharpen(worker, op, a);
}

void buffer_make(unsigned worker, struct ipc_buffer *b, bool registers)
{
    b->words = one_in(8) ? edge() : below(8);
    b->caps = one_in(8) ? edge() : below(4);
    for (unsigned i = 0; i < IPC_BUFFER_CAPS; i++)
        b->cap[i] = address_of(held_used());
    b->receive_cnode = SLOT_SELF << SLOT_BITS;
    b->receive_index = one_in(8) ? edge() : held_empty();
    if (registers) {
        struct thread_registers *r = (struct thread_registers *)b->word;
        *r = (struct thread_registers){.rip = one_in(8) ? edge() : (uintptr_t)agent,
                                       .rsp = address_of(held_of(worker, 1 << TYPE_ENDPOINT)),
                                       .rdi = agent_call(),
                                       .rflags = random64()};
    }
}
