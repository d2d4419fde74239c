/* The program that docs/guide.md explains: it starts itself a second time as a child in an address space of its
   own, adds two numbers for it, and gives it memory where it first touches some. */
#include "baton.h"

enum { ADD = 1, RESULT = 2 };              /* labels of the child's messages */
enum { CHILD_BADGE = 1, FAULT_BADGE = 2 }; /* how the parent tells who sends */
enum { CHILD_RADIX = 8, CHILD_PRIORITY = 100, STORE = 0x20000000 };

/* The child: its boot info's argument is the slot of the endpoint that it was given. */
static int child(uint64_t slot)
{
    volatile uint64_t *store = (volatile uint64_t *)STORE; /* NOLINT: nothing is mapped there yet */
    struct msg m = {.label = ADD, .word = {20, 22}};
    must(ipc_call(cap_at(slot), &m), "call");
    *store = m.word[0]; /* a page fault; it goes on when the parent has mapped a page */
    m = (struct msg){.label = RESULT, .word = {*store}};
    must(ipc_call(cap_at(slot), &m), "call");
    return 0;
}

static struct program child_new(const struct bootinfo *bi, uint64_t endpoint)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t faults = slot_new();
    must(cap_mint(self, faults, self, endpoint, RIGHT_SEND, FAULT_BADGE), "mint");
    struct program p = program_new(bi, "example", CHILD_RADIX, CHILD_PRIORITY, cap_at(faults));
    p.bi->argument = program_give(&p, endpoint, RIGHT_SEND, CHILD_BADGE);
    return p;
}

/* The answer to a fault resumes the thread; what the answer says does not matter. */
static void handle_fault(const struct program *p, const struct msg *m)
{
    if (m->label != FAULT_PAGE || m->word[0] != STORE)
        fail("%s at 0x%lx, rip 0x%lx", fault_name(m->label), m->word[0], m->word[1]);
    must(map_frame(object_new(TYPE_FRAME, 12), cap_at(p->space), STORE, RIGHT_READ | RIGHT_WRITE), "map");
    print("example: a page for the child\n");
}

static int parent(const struct bootinfo *bi)
{
    alloc_init(bi); /* before the first object */
    uint64_t endpoint = object_new(TYPE_ENDPOINT, 0);
    struct program p = child_new(bi, endpoint);
    struct msg m = {0};
    program_start(&p);
    for (;;) {
        must(ipc_reply_recv(cap_at(endpoint), &m), "receive"); /* the first time there is nobody to answer */
        if (m.badge == FAULT_BADGE)
            handle_fault(&p, &m);
        else if (m.label == RESULT)
            break;
        m = (struct msg){.word = {m.word[0] + m.word[1]}};
    }
    print("%s example: the child says %lu\n", m.word[0] == 42 ? "ok" : "not ok", m.word[0]);
    return m.word[0] != 42;
}

int main(const struct bootinfo *bi)
{
    return bi->argument ? child(bi->argument) : parent(bi);
}
