#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>
#include "arch/percpu.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "thread/sched.h"

enum { CLIENT_PRIORITY = 10, WOKEN_PRIORITY = 20, STACK = 4096, LINE = 64, SLICE = 1000 };
enum { BADGE = 4, ALL_RIGHTS = 0xff };

static struct {
    _Alignas(4096) struct tcb client;
    _Alignas(1024) struct tcb partner;
    _Alignas(64) struct slot slots[SLOTS];
    _Alignas(64) struct endpoint endpoint;
    _Alignas(64) struct notification notification;
    _Alignas(64) struct run_queue queues[PRIORITIES], none;
    _Alignas(64) uint64_t spaces[2][8]; /* what is written instead of CR3, into the line that it names */
} world, made;
static struct cpu cpu_made;
static _Alignas(64) uint8_t stack[STACK];

static struct {
    const char *name;
    uint64_t address;
} symbols[] = {{"cpu", 0},           {"nobody_tcb", 0},     {"slow_head_tcb", 0},
               {"syscall_entry", 0}, {"fastpath_start", 0}, {"fastpath_end", 0}};
enum { CPU, NOBODY_TCB, SLOW_HEAD_TCB, ENTRY, CODE_START, CODE_END, SYMBOLS };

bool world_symbols(char **words)
{
    for (; *words; words++) {
        for (unsigned i = 0; i < SYMBOLS; i++) {
            size_t length = strlen(symbols[i].name);
            if (strncmp(*words, symbols[i].name, length) == 0 && (*words)[length] == '=')
                symbols[i].address = strtoull(*words + length + 1, NULL, 16);
        }
    }
    bool all = true;
    for (unsigned i = 0; i < SYMBOLS; i++)
        all &= symbols[i].address != 0;
    return all;
}

uint64_t world_entry(void)
{
    return symbols[ENTRY].address;
}

bool world_is_code(uint64_t address)
{
    return address >= symbols[CODE_START].address && address < symbols[CODE_END].address;
}

static struct cpu *the_cpu(void)
{
    return (struct cpu *)symbols[CPU].address; /* NOLINT: mapped there */
}

static struct tcb *nobody(void)
{
    return (struct tcb *)symbols[NOBODY_TCB].address; /* NOLINT: mapped there */
}

static void make_thread(struct tcb *t, unsigned priority, void (*code)(void), unsigned space)
{
    t->rip = (uintptr_t)code;
    t->rsp = (uintptr_t)stack + STACK - LINE;
    t->cr3 = (uintptr_t)world.spaces[space];
    t->cspace = world.slots;
    t->cspace_mask = (SLOTS - 1) << SLOT_BITS;
    t->priority = (uint8_t)priority;
    t->key = priority + 1;
    t->queue = &world.queues[priority];
    t->reply_to = nobody();
    t->slice_left = t->slice_ticks = SLICE;
    t->resume = RESUME_SYSRET;
}

static void make_slot(unsigned index, unsigned type, uint64_t object)
{
    world.slots[index] = (struct slot){.object = object, .data = BADGE, .prev = slot_kind(type, ALL_RIGHTS)};
}

static void make_cpu(void)
{
    struct cpu *c = the_cpu();
    memset(c, 0, sizeof *c);
    c->current = &world.client;
    c->slice_left = SLICE;
    c->highest = &world.none;
    c->threshold = world.none.key;
    c->queues = (uintptr_t)world.queues - sizeof(struct run_queue); /* of key 0, which no queue has */
}

static void make_ready(struct tcb *t)
{
    struct cpu *c = the_cpu();
    t->wait = READY_RETURNED;
    t->queue->head = t;
    t->queue->below = &world.none;
    c->highest = t->queue;
    c->threshold = t->key;
    c->ready_bits[t->key / 64] |= 1ull << t->key % 64;
}

void world_make(enum partner state, void (*code)(void))
{
    memset(&world, 0, sizeof world);
    for (unsigned i = 0; i < PRIORITIES; i++)
        world.queues[i].key = i + 1;
    world.none = (struct run_queue){.head = nobody(), .key = 1};
    make_thread(&world.client, CLIENT_PRIORITY, NULL, 0);
    make_thread(&world.partner, state == WAITS ? WOKEN_PRIORITY : CLIENT_PRIORITY, code, 1);
    make_slot(SLOT_ENDPOINT, TYPE_ENDPOINT, ref_endpoint(&world.endpoint));
    make_slot(SLOT_NOTIFICATION, TYPE_NOTIFICATION, (uintptr_t)&world.notification);
    world.endpoint.recv = nobody();
    make_cpu();
    if (state == READY) {
        make_ready(&world.partner);
    } else if (state == RECEIVES) {
        world.endpoint.recv = &world.partner;
        world.partner.wait = ref_endpoint(&world.endpoint);
    } else {
        world.notification.head = &world.partner;
        world.partner.wait = (uintptr_t)&world.notification | REF_NOTIFICATION;
    }
    made = world;
    cpu_made = *the_cpu();
}

/* Where threads are is compared, not what their registers hold meanwhile. */
static bool same_place(const struct tcb *t, const struct tcb *as_made)
{
    return t->key == as_made->key && (t == the_cpu()->current || t->wait == as_made->wait);
}

bool world_is_as_made(void)
{
    const struct cpu *c = the_cpu();
    return c->current == cpu_made.current && c->highest == cpu_made.highest &&
           c->threshold == cpu_made.threshold &&
           memcmp(c->ready_bits, cpu_made.ready_bits, sizeof c->ready_bits) == 0 &&
           world.endpoint.recv == made.endpoint.recv && world.notification.head == made.notification.head &&
           same_place(&world.client, &made.client) && same_place(&world.partner, &made.partner);
}

static void evict(const void *from, size_t bytes)
{
    for (uintptr_t line = (uintptr_t)from & ~(uintptr_t)(LINE - 1); line < (uintptr_t)from + bytes;
         line += LINE)
        _mm_clflush((const void *)line); /* NOLINT */
    _mm_mfence();
}

void world_evict_data(void)
{
    evict(&world, sizeof world);
    evict(the_cpu(), sizeof(struct cpu));
}

void world_evict_code(void)
{
    evict((const void *)symbols[CODE_START].address,
          symbols[CODE_END].address - symbols[CODE_START].address); /* NOLINT */
}
