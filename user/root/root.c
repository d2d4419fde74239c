/* The root task: the first program, which the kernel starts and hands everything. It starts the one program
   that the command line names (run=..., by default bench), gives it nearly all memory, and then waits for
   its faults. */
#include "baton.h"
#include "root.h"

enum { CHILD_RADIX = 14, CHILD_PRIORITY = 254, CHILD_BADGE = 1 };

static void list_modules(const struct bootinfo *bi)
{
    print("root: the modules are:");
    for (unsigned i = 1; i < bi->module_count; i++)
        print(" %s", bi->module[i].name);
    print(bi->module_count > 1 ? "\n" : " none\n");
}

/* Module 0 is the root task: it would start itself for ever. */
static bool can_run(const struct bootinfo *bi, const char *name)
{
    const struct bootinfo_module *m = module_find(bi, name);
    return m != NULL && m != &bi->module[0];
}

/* The endpoint where the child's faults arrive is ours alone; the child's thread has a badged copy. */
static struct program make_child(const struct bootinfo *bi, const char *name, uint64_t endpoint)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t fault_slot = slot_new();
    must(cap_mint(self, fault_slot, self, endpoint, RIGHT_SEND, CHILD_BADGE),
         "cannot badge the fault endpoint");
    struct program child = program_new(bi, name, CHILD_RADIX, CHILD_PRIORITY, cap_at(fault_slot));
    program_give_at(&child, CAP_DEBUG, CAP_DEBUG, RIGHT_ALL, 0);
    program_give_at(&child, CAP_IO_PORTS, CAP_IO_PORTS, RIGHT_ALL, 0);
    program_give_at(&child, CAP_IRQ_CONTROL, CAP_IRQ_CONTROL, RIGHT_ALL, 0);
    program_give_modules(&child, bi);
    return child;
}

/* What a page fault's error code says (SDM vol. 3, 4.7). */
static void print_page_fault(uint64_t error)
{
    const char *access = (error & 2) != 0 ? "write" : "read";
    print(" (%s of %s)", (error & 16) != 0 ? "fetch" : access,
          (error & 1) != 0 ? "a page without that right" : "an unmapped page");
}

/* Waits for a fault of the child, says what it was, and returns the exit code. */
static int watch(const char *name, uint64_t endpoint)
{
    struct msg m = {0};
    must(ipc_recv(cap_at(endpoint), &m), "cannot wait for faults");
    print("root: %s stopped by %s: address 0x%lx rip 0x%lx rsp 0x%lx error code 0x%lx vector %lu rflags 0x%lx",
          name, fault_name(m.label), m.word[0], m.word[1], m.word[3], m.word[2], m.word[4], m.word[5]);
    if (m.label == FAULT_PAGE)
        print_page_fault(m.word[2]);
    print("\n");
    return 1;
}

int main(const struct bootinfo *bi)
{
    static struct reserve reserve;
    char name[32] = "bench";
    if (bi->magic != BOOTINFO_MAGIC)
        fail("the boot info has magic %lx, not %lx", bi->magic, BOOTINFO_MAGIC);
    cmdline_value(bi->cmdline, "run", name, sizeof name);
    if (!can_run(bi, name)) {
        print("root: cannot run '%s' (run= on the command line)\n", name);
        list_modules(bi);
        return 1;
    }
    reserve_take(&reserve, bi);
    alloc_init(&reserve.own);
    uint64_t endpoint = object_new(TYPE_ENDPOINT, 0);
    struct program child = make_child(bi, name, endpoint);
    reserve_give_rest(&reserve, &child);
    program_start(&child);
    return watch(name, endpoint);
}
