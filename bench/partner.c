#include "partner.h"
#include "harness.h"

enum { PARTNER_RADIX = 5 };

static uint64_t give(struct program *program, uint64_t slot, unsigned rights)
{
    return slot == 0 ? 0 : program_give(program, slot, rights, 0);
}

static struct partner peer_new(struct service_args args)
{
    struct partner p = {.cross = true};
    p.program = program_new(suite_boot, "partner", PARTNER_RADIX, BENCH_PRIORITY, suite_fault_ep);
    bool calls = args.kind == SERVICE_CALLER || args.kind == SERVICE_CLIENT;
    args.ep = give(&p.program, args.ep, calls ? RIGHT_SEND : RIGHT_RECV | RIGHT_WAIT);
    args.watch = give(&p.program, args.watch, RIGHT_SEND);
    args.frame = give(&p.program, args.frame, RIGHT_READ | RIGHT_SIGNAL);
    args.space = give(&p.program, args.space, RIGHT_ALL);
    p.program.bi->argument = service_pack(&args);
    p.tcb = cap_at(p.program.tcb);
    p.space = cap_at(p.program.space);
    return p;
}

struct partner partner_new(bool cross, struct service_args args)
{
    args.watch = suite_report_slot;
    if (cross)
        return peer_new(args);
    struct thread t = thread_new(service_run, service_pack(&args), BENCH_PRIORITY, suite_fault_ep);
    return (struct partner){.tcb = cap_at(t.tcb), .space = cap_at(CAP_SELF_SPACE)};
}

long partner_set_priority(const struct partner *p, unsigned priority)
{
    return thread_set_priority(p->tcb, priority, priority);
}

void partner_start(struct partner *p)
{
    if (p->cross)
        program_start(&p->program);
    else
        thread_resume(p->tcb);
}

void partner_stop(struct partner *p)
{
    thread_suspend(p->tcb);
}

cap_t client_cap(uint64_t slot, uint64_t badge)
{
    uint64_t to = slot_new();
    cap_t self = cap_at(CAP_SELF_CNODE);
    long error = cap_mint(self, to, self, slot, RIGHT_SEND, badge);
    if (error != 0)
        fail("bench: minting a client's capability: %s", error_name(error));
    return cap_at(to);
}

static uint64_t page_slot; /* the shared page's frame; 0: not made yet */

static bool map_page(const struct benchmark *self, uint64_t slot, cap_t space)
{
    long error = map_frame(slot, space, SHARED_VADDR, RIGHT_READ | RIGHT_WRITE);
    if (error != 0)
        BENCH_ERROR("%s: mapping the shared page: %s", self->id, error_name(error));
    return error == 0;
}

bool partner_share_page(const struct benchmark *self, const struct partner *p)
{
    cap_t cnode = cap_at(CAP_SELF_CNODE);
    if (page_slot == 0) {
        page_slot = object_new(TYPE_FRAME, 12);
        if (!map_page(self, page_slot, cap_at(CAP_SELF_SPACE)))
            return false;
    }
    if (!p->cross)
        return true;
    uint64_t copy = slot_new();
    must(cap_copy(cnode, copy, cnode, page_slot, RIGHT_ALL), "copying a frame");
    return map_page(self, copy, p->space);
}
