/* The root task: module 0 as a thread in an address space of its own, with capabilities to everything. */
#include "abi/abi.h"
#include "abi/bootinfo.h"
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/mitigate.h"
#include "boot/boot.h"
#include "boot/elf.h"
#include "cap/slot.h"
#include "cap/words.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "object/derive.h"
#include "object/io_port.h"
#include "object/space.h"
#include "object/untyped.h"
#include "thread/sched.h"
#include "thread/tcb.h"

enum { ROOT_PRIORITY = 255, DEVICE_UNTYPED_MIN = 64, FIRST_SLOT = 16, FREE_SLOTS = 1024 };

static struct slot *slots;       /* of the root task's CNode */
static unsigned root_radix = 12; /* grows with the modules, each page of which has a slot */
static unsigned next_slot = FIRST_SLOT;
static struct bootinfo *info;

static void *boot_object(unsigned bits)
{
    return (void *)(uintptr_t)arch_object(boot_memory(bits));
}

/* A capability that the boot has made: an original, after the others on the list. */
static void original(struct slot *s)
{
    static struct slot *last = &cap_list;
    derive_fill(last, s, s->prev, s->object, s->data, 0);
    slot_set_flags(s, SLOT_REVOCABLE); /* but not what the one before it is */
    last = s;
}

static struct slot *new_slot(void)
{
    if (next_slot == 1u << root_radix)
        panic("the root task's CNode is full: fewer or smaller boot modules are needed");
    return &slots[next_slot++];
}

static void map(uint64_t vaddr, uint64_t phys, unsigned rights)
{
    uint64_t *root = (uint64_t *)(uintptr_t)slots[CAP_SELF_SPACE].object;
    struct walk w;
    while ((w = arch_walk(root, vaddr, 1)).level > 1)
        *w.entry = arch_table_entry(boot_page());
    if (arch_entry_present(*w.entry))
        panic("the root task's segments overlap at %p", (void *)(uintptr_t)vaddr);
    *w.entry = arch_page_entry(phys, 1, rights);
}

/* Maps a new page for each page of a segment and copies what the file holds for it. */
static void load_segment(const struct elf_segment *s, const uint8_t *file)
{
    uint64_t first = s->vaddr & ~4095ull;
    for (uint64_t page = first; page < s->vaddr + s->memory_size; page += 4096) {
        uint64_t phys = boot_page();
        uint8_t *to = (uint8_t *)(uintptr_t)arch_object(phys);
        for (uint64_t i = 0; i < 4096; i++) {
            uint64_t at = page + i;
            if (at >= s->vaddr && at < s->vaddr + s->file_size)
                to[i] = file[s->offset + (at - s->vaddr)];
        }
        map(page, phys, s->rights);
    }
}

static uint64_t load_program(const struct boot_module *m)
{
    const uint8_t *file = (const uint8_t *)(uintptr_t)arch_object(m->start);
    struct elf_file elf;
    const char *wrong = elf_open(&elf, file, m->end - m->start);
    struct elf_segment s;
    if (wrong)
        panic("boot module %s, the root task: %s", m->name, wrong);
    for (unsigned i = 0; elf_segment(&elf, i, &s); i++)
        load_segment(&s, file);
    for (uint64_t i = 1; i <= STACK_PAGES; i++)
        map(STACK_TOP - i * 4096, boot_page(), RIGHT_READ | RIGHT_WRITE);
    return elf.entry;
}

/* The module's pages, mapped read-only one after the other, and a frame capability for each. */
static uint64_t give_module(const struct boot_module *m, uint64_t vaddr)
{
    struct bootinfo_module *to = &info->module[info->module_count++];
    for (unsigned i = 0; i < sizeof to->name; i++)
        to->name[i] = m->name[i];
    to->vaddr = vaddr;
    to->size = m->end - m->start;
    to->first_slot = next_slot;
    for (uint64_t p = m->start; p < m->end; p += 4096, vaddr += 4096) {
        struct slot *s = new_slot();
        slot_fill(s, TYPE_FRAME, RIGHT_READ | RIGHT_EXECUTE, arch_object(p),
                  mapping_data(slots[CAP_SELF_SPACE].data, vaddr, 0));
        original(s);
        map(vaddr, p, RIGHT_READ);
        to->frames++;
    }
    return vaddr;
}

/* Lists a block from `first` on, the largest first; if more come than fit below `limit`, the smallest are left out.
 */
static void list_untyped(struct bootinfo_untyped block, unsigned first, unsigned limit)
{
    struct bootinfo_untyped *list = info->untyped;
    unsigned i = info->untyped_count;
    if (i < limit)
        info->untyped_count++;
    else if (list[--i].size_bits >= block.size_bits)
        return;
    for (; i > first && list[i - 1].size_bits < block.size_bits; i--)
        list[i] = list[i - 1];
    list[i] = block;
}

static void list_ram(uint64_t paddr, unsigned bits)
{
    if (bits >= 12)
        list_untyped((struct bootinfo_untyped){.size_bits = (uint16_t)bits, .paddr = paddr}, 0,
                     BOOTINFO_UNTYPED_MAX - DEVICE_UNTYPED_MIN);
}

static unsigned ram_count;

static void list_device(uint64_t paddr, unsigned bits)
{
    list_untyped((struct bootinfo_untyped){.size_bits = (uint16_t)bits, .device = 1, .paddr = paddr}, ram_count,
                 BOOTINFO_UNTYPED_MAX);
}

static void give_untyped(const struct boot_info *boot)
{
    boot_memory_rest(list_ram);
    ram_count = info->untyped_count;
    boot_device_memory(boot, cpu_features.physical_bits, list_device);
    for (unsigned i = 0; i < info->untyped_count; i++) {
        struct bootinfo_untyped *u = &info->untyped[i];
        struct slot *s = new_slot();
        u->slot = (uint32_t)(s - slots);
        slot_fill(s, TYPE_UNTYPED, 0, arch_object(u->paddr), untyped_data(u->size_bits, 0, 0));
        original(s);
        if (u->device)
            slot_set_flags(s, SLOT_REVOCABLE | SLOT_DEVICE);
    }
}

static void give_self(struct tcb *t)
{
    struct slot *own = &slots[CAP_SELF_CNODE];
    object_make(own, TYPE_CNODE, root_radix, (uintptr_t)slots);
    object_make(&slots[CAP_SELF_SPACE], TYPE_ADDRESS_SPACE, 0, (uintptr_t)boot_object(12));
    object_make(&slots[CAP_SELF_TCB], TYPE_TCB, 0, (uintptr_t)t);
    slot_fill(&slots[CAP_DEBUG], TYPE_DEBUG, 0, 0, DEBUG_MAY_ALL);
    slot_fill(&slots[CAP_IO_PORTS], TYPE_IO_PORT, 0, 0, io_port_data(0, IO_PORT_LAST));
    slot_fill(&slots[CAP_IRQ_CONTROL], TYPE_IRQ_CONTROL, 0, 0, 0);
    for (unsigned i = (unsigned)CAP_SELF_CNODE; i <= CAP_IRQ_CONTROL; i++)
        original(&slots[i]);
    derive_copy(&t->slots[TCB_CSPACE], own, 0);
    derive_copy(&t->slots[TCB_SPACE], &slots[CAP_SELF_SPACE], 0);
    tcb_slots_changed(t);
}

static void make_cnode(const struct boot_info *boot)
{
    uint64_t needed = FIRST_SLOT + BOOTINFO_UNTYPED_MAX + FREE_SLOTS;
    for (unsigned i = 0; i < boot->module_count; i++)
        needed += (boot->module[i].end - boot->module[i].start + 4095) / 4096;
    while (root_radix < CNODE_RADIX_MAX && 1ull << root_radix < needed)
        root_radix++;
    slots = boot_object(root_radix + (unsigned)SLOT_BITS);
}

static void fill_info(const struct boot_info *boot, bool fastpath, bool trace)
{
    info->magic = BOOTINFO_MAGIC;
    info->tsc_hz = tsc_hz;
    info->msi_address = arch_msi_address();
    info->fastpath = fastpath;
    info->trace = trace;
    info->checked = CHECKING;
    info->mitigations = mitigations;
    info->screen = boot->screen;
    for (unsigned i = 0; i < PMU_EVENTS; i++)
        info->counter[i] = boot->counter[i];
    for (unsigned i = 0; i < boot->region_count && i < BOOTINFO_RAM_MAX; i++)
        info->ram[i] = (struct bootinfo_ram){boot->region[i].start, boot->region[i].end};
    for (unsigned i = 0; i < BOOTINFO_RSDP_MAX; i++)
        info->rsdp[i] = boot->root_pointer[i];
    for (unsigned i = 0; i < sizeof info->cmdline; i++)
        info->cmdline[i] = boot->cmdline[i];
}

void root_create(const struct boot_info *boot, bool fastpath, bool trace)
{
    if (boot->module_count == 0)
        panic("no boot module: the first one is the root task");
    make_cnode(boot);
    struct tcb *t = boot_object(12);
    uint64_t info_phys = boot_page();
    info = (struct bootinfo *)(uintptr_t)arch_object(info_phys);
    give_self(t);
    t->rip = load_program(&boot->module[0]);
    t->rsp = STACK_TOP;
    t->rdi = BOOTINFO_VADDR;
    map(BOOTINFO_VADDR, info_phys, RIGHT_READ);
    uint64_t vaddr = MODULES_VADDR;
    for (unsigned i = 0; i < boot->module_count; i++)
        vaddr = give_module(&boot->module[i], vaddr);
    fill_info(boot, fastpath, trace);
    give_untyped(boot);
    info->first_free_slot = next_slot;
    info->slot_count = 1u << root_radix;
    t->ceiling = ROOT_PRIORITY;
    tcb_set_priority(t, ROOT_PRIORITY);
    sched_wake(t);
}
