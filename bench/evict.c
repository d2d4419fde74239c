#include "evict.h"
#include "cache.h"
#include "harness.h"
#include "shot.h"

enum {
    LINE = 64,
    PAGE = 4096,
    LARGE_BITS = 21,
    RADIX = 12,
    PAGES = 1 << RADIX, /* more than any CPU has entries for in its last-level TLB */
    CODE_PAGES = 128,
    PASSES = 2, /* a cache that guards itself against streams keeps its lines unless others are met twice */
    PROBES = 11,
    RW = RIGHT_READ | RIGHT_WRITE,
};
#define LARGE (UINT64_C(1) << LARGE_BITS)
static const uint64_t GUESS = 32 << 20; /* where CPUID does not say */
static const uint64_t WALK_MAX = 128 << 20;
static const uint64_t WALK_VADDR = 0x3000000000, PAGES_VADDR = 0x3800000000;

static struct evictor evictor;
static uint64_t turn;

static void read_cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(sub));
}

/* ---- making */

/* Half of the memory, as the other benchmarks need some, and no more than takes a tenth of a second. */
static uint64_t memory_to_use(void)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < suite_boot->untyped_count; i++)
        bytes += suite_boot->untyped[i].device ? 0 : UINT64_C(1) << suite_boot->untyped[i].size_bits;
    return bytes / 2 < WALK_MAX ? bytes / 2 : WALK_MAX;
}

/* As many large pages as there are, up to twice the cache. */
static void make_walk(void)
{
    uint64_t wanted = 2 * (evictor.cache ? evictor.cache : GUESS), limit = memory_to_use();
    for (; evictor.walk < wanted && evictor.walk + LARGE <= limit; evictor.walk += LARGE) {
        uint64_t slot = slot_new();
        if (object_try(TYPE_FRAME, LARGE_BITS, slot) < 0) {
            slot_free(slot);
            return;
        }
        must(map_frame(slot, cap_at(CAP_SELF_SPACE), WALK_VADDR + evictor.walk, RW),
             "bench: mapping what evicts");
    }
}

/* A line of it: a branch that follows a bit of rdi, and a jump to the next line; the last one returns. */
static void write_code(void)
{
    static const uint8_t line[] = {0x48, 0xd1,         0xcf,        /* ror rdi, 1 */
                                   0x73, 0x01,         0x90,        /* jnc over a nop */
                                   0xe9, LINE - 6 - 5, 0,    0, 0}, /* jmp to the next line */
        end[] = {0xc3};                                             /* ret */
    uint8_t *code = (uint8_t *)(uintptr_t)PAGES_VADDR;
    size_t lines = CODE_PAGES * PAGE / LINE;
    for (size_t i = 0; i < lines; i++) {
        bool last = i + 1 == lines;
        memcpy(code + i * LINE, last ? end : line, last ? sizeof end : sizeof line);
    }
    evictor.code = CODE_PAGES * PAGE;
}

/* The capabilities go into a CNode of their own, so that they take no slots of the suite's. The first pages
 * hold code. */
static void make_pages(void)
{
    uint64_t cnode = object_new(TYPE_CNODE, RADIX), code[CODE_PAGES];
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t frame = object_new(TYPE_FRAME, 12);
        must(map_frame(frame, cap_at(CAP_SELF_SPACE), PAGES_VADDR + i * PAGE, RW),
             "bench: mapping what evicts");
        if (i < CODE_PAGES) {
            code[i] = frame;
            continue;
        }
        must(cap_move(cap_at(cnode), i, cap_at(CAP_SELF_CNODE), frame), "bench: putting a page away");
        slot_free(frame);
    }
    write_code();
    for (uint64_t i = 0; i < CODE_PAGES; i++)
        must(memory_protect(cap_at(code[i]), RIGHT_READ | RIGHT_EXECUTE), "bench: making code of a page");
    evictor.pages = PAGES * PAGE / (PAGE + LINE); /* how many of them evict() reads */
}

/* ---- evicting */

static void read_each(uint64_t from, uint64_t bytes, uint64_t step)
{
    for (uint64_t at = from; at < from + bytes; at += step)
        (void)*(volatile const uint8_t *)(uintptr_t)at;
}

/* Pages last: reading the large ones would put their own translations back. Each is read at another offset
   than the one before, or all would meet in one set of the first-level cache. */
void evict(void)
{
    void (*code)(uint64_t pattern) = (void (*)(uint64_t))(uintptr_t)PAGES_VADDR;
    code(++turn * UINT64_C(0x9e3779b97f4a7c15));
    for (int i = 0; i < PASSES; i++)
        read_each(WALK_VADDR, evictor.walk, LINE);
    read_each(PAGES_VADDR, PAGES * PAGE, PAGE + LINE);
}

/* ---- does it help? */

static uint64_t load_ticks(void)
{
    static uint64_t word;
    shot.target = (uintptr_t)&word;
    SHOT("mov " SHOT_TARGET ", %%rdi\n\tmov (%%rdi), %%rdi\n\t", 0);
    return shot_ticks();
}

static void probe(void)
{
    uint64_t hit[PROBES], miss[PROBES];
    for (int i = 0; i < PROBES; i++) {
        evict();
        miss[i] = load_ticks();
        hit[i] = load_ticks();
    }
    stats_sort(hit, PROBES);
    stats_sort(miss, PROBES);
    evictor.hit = stats_percentile(hit, PROBES, 50);
    evictor.miss = stats_percentile(miss, PROBES, 50);
}

void evict_open(void)
{
    if (evictor.pages != 0)
        return;
    evictor.cache = cache_largest(read_cpuid);
    make_walk();
    make_pages();
    probe();
    event_cold(&evictor);
}
