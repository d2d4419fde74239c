#include "object/derive.h"
/* kernel/object/untyped.c: limits and overflows, and that objects lie inside, apart and cleared. */
#include "arch/arch.h"
#include "cap/words.h"
#include "object/endpoint.h"
#include "object/space.h"
#include "object/untyped.h"
#include "thread/sched.h"
#include "world.h"

enum { OBJECTS = 300 };

static const unsigned types[] = {TYPE_UNTYPED,       TYPE_CNODE,      TYPE_TCB,  TYPE_ENDPOINT,
                                 TYPE_ADDRESS_SPACE, TYPE_PAGE_TABLE, TYPE_FRAME};

static long retype(uint64_t type, uint64_t bits, uint64_t index, uint64_t count)
{
    return sys(SYS_RETYPE, at(SLOT_UNTYPED), type, bits, at(SLOT_CNODE), index, count);
}

static void refused(const char *what, long error, uint64_t type, uint64_t bits, uint64_t index, uint64_t count)
{
    check_refused(what, error, SYS_RETYPE, at(SLOT_UNTYPED), type, bits, at(SLOT_CNODE), index, count);
}

/* A child of the untyped at its very beginning, so that the untyped does not start again from there. */
static void add_child(void)
{
    world[7] = (struct slot){0};
    slot_fill(&world[7], TYPE_UNTYPED, 0, world[SLOT_UNTYPED].object, untyped_data(6, 0, 0));
    slot_set_next(&world[SLOT_UNTYPED], NULL);
    derive_insert(&world[SLOT_UNTYPED], &world[7], 0);
}

/* An untyped of 2^bits bytes at an address that nobody reads or writes. */
static void fake_untyped(unsigned bits, uint64_t watermark)
{
    world[SLOT_UNTYPED] = (struct slot){0};
    slot_fill(&world[SLOT_UNTYPED], TYPE_UNTYPED, 0, 1ull << 47, untyped_data(bits, watermark, 0));
    slot_set_flags(&world[SLOT_UNTYPED], SLOT_REVOCABLE);
    add_child();
}

static void forget_slot(unsigned i)
{
    add_child();
    world[i] = (struct slot){0};
}

static void sizes(void)
{
    const uint64_t odd[] = {
        0, 1, 4, 5, 6, 11, 12, 13, 20, 21, 30, 47, 48, 63, 64, 255, 1ull << 32, 1ull << 32 | 12, ~0ull};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        uint64_t b = odd[i];
        CHECK_NUMBER("untyped", object_bits(TYPE_UNTYPED, b), b >= 6 && b <= 46 ? b : 0);
        CHECK_NUMBER("cnode", object_bits(TYPE_CNODE, b), b >= 1 && b <= 20 ? b + 5 : 0);
        CHECK_NUMBER("frame", object_bits(TYPE_FRAME, b), b == 12 || b == 21 || b == 30 ? b : 0);
        CHECK_NUMBER("tcb", object_bits(TYPE_TCB, b), 10);
        CHECK_NUMBER("endpoint", object_bits(TYPE_ENDPOINT, b), 6);
        CHECK_NUMBER("space", object_bits(TYPE_ADDRESS_SPACE, b), 12);
        CHECK_NUMBER("table", object_bits(TYPE_PAGE_TABLE, b), 12);
        CHECK_NUMBER("null", object_bits(TYPE_NULL, b), 0);
        CHECK_NUMBER("debug", object_bits(TYPE_DEBUG, b), 0);
        CHECK_NUMBER("no type", object_bits(TYPE_COUNT, b), 0);
    }
}

static void bad_arguments(void)
{
    const uint64_t bad_types[] = {TYPE_NULL, TYPE_DEBUG, TYPE_COUNT, 1ull << 32 | TYPE_ENDPOINT, ~0ull};
    world_reset();
    world_caller(3, 10);
    fake_untyped(47, 0);
    world_object(9, TYPE_ENDPOINT, 0);
    for (unsigned i = 0; i < sizeof bad_types / sizeof bad_types[0]; i++)
        refused("type", ERR_BAD_ARGUMENT, bad_types[i], 12, 20, 1);
    refused("untyped of 2^5", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 5, 20, 1);
    refused("untyped of 2^48", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 48, 20, 1);
    refused("untyped of 2^(256 + 12)", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 256 + 12, 20, 1);
    refused("untyped of 2^(2^32 + 12)", ERR_BAD_ARGUMENT, TYPE_UNTYPED, (1ull << 32) + 12, 20, 1);
    refused("CNode of radix 0", ERR_BAD_ARGUMENT, TYPE_CNODE, 0, 20, 1);
    refused("CNode of radix 21", ERR_BAD_ARGUMENT, TYPE_CNODE, 21, 20, 1);
    refused("CNode of radix 2^64 - 1", ERR_BAD_ARGUMENT, TYPE_CNODE, ~0ull, 20, 1);
    refused("frame of 2^20", ERR_BAD_ARGUMENT, TYPE_FRAME, 20, 20, 1);
    refused("frame of 2^39", ERR_BAD_ARGUMENT, TYPE_FRAME, 39, 20, 1);
    refused("frame of 2^(2^32 + 12)", ERR_BAD_ARGUMENT, TYPE_FRAME, (1ull << 32) + 12, 20, 1);
    refused("frame of 2^(64 + 12)", ERR_BAD_ARGUMENT, TYPE_FRAME, 64 + 12, 20, 1);
    host.no_1gib_pages = true;
    refused("frame of 2^30 where there are none", ERR_BAD_ARGUMENT, TYPE_FRAME, 30, 20, 1);
    host.no_1gib_pages = false;
    refused("5 GiB to clear", ERR_BAD_ARGUMENT, TYPE_FRAME, 30, 20, 5);
    refused("4 GiB and 32 MiB to clear", ERR_BAD_ARGUMENT, TYPE_CNODE, 20, 20, 129);
    refused("none", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, 20, 0);
    refused("257", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, 0, 257);
    refused("2^63", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, 20, 1ull << 63);
    refused("index at the end", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, WORLD_SLOTS, 1);
    refused("index far out", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, ~0ull, 1);
    refused("index and count wrap", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, ~0ull, 2);
    refused("one more than slots", ERR_BAD_ARGUMENT, TYPE_UNTYPED, 12, WORLD_SLOTS - 1, 2);
    refused("first occupied", ERR_OCCUPIED, TYPE_UNTYPED, 12, 9, 2);
    refused("last occupied", ERR_OCCUPIED, TYPE_UNTYPED, 12, 7, 3);
    check_refused("no untyped", ERR_WRONG_TYPE, SYS_RETYPE, at(9), TYPE_UNTYPED, 12, at(1), 20, 1);
    check_refused("empty slot", ERR_BAD_CAP, SYS_RETYPE, at(60), TYPE_UNTYPED, 12, at(1), 20, 1);
    check_refused("no CNode", ERR_WRONG_TYPE, SYS_RETYPE, at(2), TYPE_UNTYPED, 12, at(9), 20, 1);
    check_refused("no CNode at all", ERR_BAD_CAP, SYS_RETYPE, at(2), TYPE_UNTYPED, 12, at(61), 20, 1);
}

/* Every size of untyped, watermark at each edge, each size of child, counts around what fits: the answer by
   128-bit arithmetic. */
static void arithmetic(void)
{
    __extension__ typedef unsigned __int128 wide;
    world_reset();
    world_caller(3, 10);
    for (unsigned bits = 6; bits <= 46; bits++) {
        uint64_t total = 1ull << bits;
        const uint64_t half = total / 2 & ~63ull; /* watermarks are multiples of the least object */
        const uint64_t marks[] = {0, 64, half, half + 64 < total ? half + 64 : total, total - 64, total};
        for (unsigned k = 0; k < sizeof marks / sizeof marks[0]; k++) {
            for (unsigned child = 6; child <= 46; child++) {
                wide size = (wide)1 << child, start = (marks[k] + size - 1) / size * size;
                wide fits = start > total ? 0 : (total - start) / size;
                for (unsigned count = 1; count <= 120; count += count < 3 ? 1 : 39) {
                    fake_untyped(bits, marks[k]);
                    long wanted = count <= fits ? 0 : ERR_NO_MEMORY;
                    long got = retype(TYPE_UNTYPED, child, 8, count);
                    CHECK_NUMBER("retype", got, wanted);
                    uint64_t end = got == 0 ? (uint64_t)(start + count * size) : marks[k];
                    CHECK_NUMBER("watermark", untyped_watermark(&world[SLOT_UNTYPED]), end);
                    CHECK_NUMBER("size bits", untyped_bits(&world[SLOT_UNTYPED]), bits);
                    if (got == 0)
                        CHECK_NUMBER("first", world[8].object, (1ull << 47) + (uint64_t)start);
                    for (unsigned i = 0; i < count; i++)
                        forget_slot(8 + i);
                }
            }
        }
    }
}

/* A CNode with room for more than one call may make. */
static void count_limit(void)
{
    world_reset();
    world_caller(3, 10);
    fake_untyped(47, 0);
    struct slot *cnode = world_object(9, TYPE_CNODE, 9);
    check_refused("257", ERR_BAD_ARGUMENT, SYS_RETYPE, at(SLOT_UNTYPED), TYPE_UNTYPED, 12, at(9), 0, 257);
    CHECK_NUMBER("256", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_UNTYPED, 12, at(9), 256, 256), 0);
    for (unsigned i = 0; i < 256; i++)
        CHECK(slot_empty(&cnode[i]) && cnode[256 + i].object == (1ull << 47) + i * 4096);
}

struct extent {
    uint64_t start, end;
};

static uint64_t object_of(const struct slot *s)
{
    return slot_type(s) == TYPE_ENDPOINT ? s->object - REF_ENDPOINT : s->object;
}

/* What a new object is: cleared, but for the few words that make it one; and but for what lies behind a TCB in its memory. */
static void check_content(const struct slot *s, uint64_t size)
{
    const uint64_t *word = (const void *)(uintptr_t)object_of(s);
    for (uint64_t i = 0; i < size / 8; i++) {
        bool made = slot_type(s) == TYPE_TCB             ? true
                    : slot_type(s) == TYPE_ENDPOINT      ? i == 0
                    : slot_type(s) == TYPE_ADDRESS_SPACE ? i >= 256
                                                         : false;
        if (!made && word[i] != 0)
            CHECK_NUMBER("word is not cleared", i, -1);
    }
    if (slot_type(s) == TYPE_ENDPOINT)
        CHECK(endpoint_of(s->object)->recv == NOBODY);
}

static void check_tcb(const struct tcb *t)
{
    CHECK(t->reply_to == NOBODY && t->wait == 0 && !sched_ready(t) && t->slow_reasons == 0);
    CHECK(t->priority == 0 && t->ceiling == 0 && t->key == 1 && t->rflags == FLAGS_AFTER_SYSCALL);
    CHECK(t->cspace_mask == 0 && slot_empty(t->cspace) && t->cr3 == arch_kernel_cr3());
    CHECK(t->resume == RESUME_IRET && t->rip == 0 && t->rsp == 0 && t->rax == 0 && t->r15 == 0);
    for (unsigned i = 0; i < TCB_SLOTS; i++)
        CHECK(slot_empty(&t->slots[i]));
    static struct tcb zero, made;
    made = zero;
    tcb_init(&made);
    CHECK(memcmp(t, &made, sizeof made) == 0);
}

/* Random objects until the untyped is used up; then compared each with each. */
static void objects(void)
{
    static struct extent extent[OBJECTS];
    for (unsigned round = 0; round < 40 && !test_state.failing; round++) {
        world_reset();
        world_caller(3, 10);
        unsigned bits = 12 + random_below(8), count = 0;
        unsigned char *memory = world_object(SLOT_UNTYPED, TYPE_UNTYPED, bits);
        memset(memory, 0xa5, (size_t)1 << bits);
        for (unsigned i = 0; i < 200; i++) {
            unsigned type = types[random_below(7)], n = 1 + random_below(3), child_bits = 6 + random_below(7);
            if (type == TYPE_FRAME)
                child_bits = 12;
            uint64_t size = 1ull << object_bits(type, child_bits);
            if (type == TYPE_ADDRESS_SPACE || retype(type, child_bits, 8, n) != 0)
                continue;
            for (unsigned k = 0; k < n; k++) {
                struct slot *s = &world[8 + k];
                uint64_t start = object_of(s);
                CHECK(slot_type(s) == type && start % size == 0);
                CHECK(start >= (uintptr_t)memory && start + size <= (uintptr_t)memory + (1ull << bits));
                CHECK(slot_flags(s) == (SLOT_REVOCABLE | SLOT_FIRST_BADGED));
                if (type == TYPE_UNTYPED)
                    CHECK(s->data == untyped_data(child_bits, 0, 0));
                else
                    check_content(s, size);
                if (type == TYPE_TCB)
                    check_tcb(tcb_of(s->object));
                if (type == TYPE_CNODE)
                    CHECK(s->data == cnode_data(child_bits, 0, 0));
                extent[count++] = (struct extent){start, start + size};
                memset((void *)(uintptr_t)start, 0x5a,
                       size); /* a neighbour that is cleared too far loses this */
                sys(SYS_CAP_MOVE, at(1), 20 + count % 90, at(1), 8 + k, 0, 0);
                add_child();
                world[20 + count % 90] = world[8 + k] = (struct slot){0};
            }
        }
        for (unsigned i = 0; i < count; i++) {
            for (unsigned k = 0; k < i; k++)
                CHECK(extent[i].end <= extent[k].start || extent[k].end <= extent[i].start);
            for (uint64_t b = extent[i].start; b < extent[i].end; b++)
                CHECK(*(const unsigned char *)(uintptr_t)b == 0x5a);
        }
        CHECK(count > 0);
    }
}

/* Rights of what is made, and the type's own words. */
static void fresh_rights(void)
{
    world_reset();
    world_caller(3, 10);
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, 16);
    CHECK_NUMBER("endpoint", retype(TYPE_ENDPOINT, 0, 8, 1), 0);
    CHECK_NUMBER("frame", retype(TYPE_FRAME, 12, 9, 1), 0);
    CHECK_NUMBER("table", retype(TYPE_PAGE_TABLE, 0, 10, 1), 0);
    CHECK_NUMBER("tcb", retype(TYPE_TCB, 0, 11, 1), 0);
    CHECK(slot_rights(&world[8]) == (RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT) && world[8].data == 0);
    CHECK(slot_rights(&world[9]) == (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE) && world[9].data == 0);
    CHECK(slot_rights(&world[10]) == 0 && world[10].data == 0 && slot_rights(&world[11]) == 0);
    CHECK((world[8].object & REF_TAG) == REF_ENDPOINT);
}

int main(void)
{
    random_seed();
    test_run("untyped: sizes of objects", sizes);
    test_run("untyped: every error of retype, nothing changes", bad_arguments);
    test_run("untyped: watermark arithmetic at every edge", arithmetic);
    test_run("untyped: at most 256 at once", count_limit);
    test_run("untyped: objects lie inside, apart, aligned, cleared", objects);
    test_run("untyped: rights of new capabilities", fresh_rights);
    return test_end();
}
