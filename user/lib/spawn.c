/* Other programs: an address space, a root CNode and a first thread, filled from the ELF file of a boot
   module. The maker keeps what the program is made from (its frames, page tables, CNode): nothing that the
   program does with its own capabilities can take memory from its maker. */
#include "baton.h"
#include "elf_image.h"

enum { PAGE = 4096, PAGE_BITS = 12 };

static uint64_t window; /* an address of ours where one page at a time is filled */

const struct bootinfo_module *module_find(const struct bootinfo *bi, const char *name)
{
    for (unsigned i = 0; i < bi->module_count; i++)
        if (strcmp(bi->module[i].name, name) == 0)
            return &bi->module[i];
    return NULL;
}

/* Maps a second capability of a frame in this program, writable; returns the slot of that capability. */
static uint64_t map_here(uint64_t frame, uint64_t vaddr)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t copy = slot_new();
    must(cap_copy(self, copy, self, frame, RIGHT_ALL), "cannot copy a frame's capability");
    must(map_frame(copy, cap_at(CAP_SELF_SPACE), vaddr, RIGHT_READ | RIGHT_WRITE),
         "cannot map a program's page here");
    return copy;
}

static void unmap_here(uint64_t copy)
{
    must(memory_unmap(cap_at(copy)), "cannot unmap a program's page here");
    object_delete(copy);
}

/* Copies what the file has for it into the page at `page` of a segment. */
static void fill_page(char *here, uint64_t page, const struct elf_segment *s, const char *file)
{
    uint64_t from = page > s->vaddr ? page : s->vaddr;
    uint64_t end = s->vaddr + s->file_size;
    uint64_t to = page + PAGE < end ? page + PAGE : end;
    if (from < to)
        memcpy(here + (from - page), file + s->offset + (from - s->vaddr), to - from);
}

static void load_segment(struct program *p, const struct elf_segment *s, const char *file)
{
    for (uint64_t page = elf_page_down(s->vaddr); page < elf_page_up(s->vaddr + s->size); page += PAGE) {
        uint64_t frame = object_new(TYPE_FRAME, PAGE_BITS);
        uint64_t copy = map_here(frame, window);
        fill_page((char *)window, page, s, file); /* NOLINT: mapped just now */
        unmap_here(copy);
        must(map_frame(frame, cap_at(p->space), page, s->rights), "cannot map a program's page");
    }
}

static void make_stack(struct program *p)
{
    for (uint64_t i = 1; i <= STACK_PAGES; i++)
        must(map_frame(object_new(TYPE_FRAME, PAGE_BITS), cap_at(p->space), STACK_TOP - i * PAGE,
                       RIGHT_READ | RIGHT_WRITE),
             "cannot map a program's stack");
}

/* The boot info stays mapped here until the program starts, so that its maker can add to it. */
static void make_bootinfo(struct program *p, const struct bootinfo *ours, unsigned radix)
{
    uint64_t frame = object_new(TYPE_FRAME, PAGE_BITS), vaddr = pages_reserve(1);
    p->bi_slot = map_here(frame, vaddr);
    p->bi = (struct bootinfo *)vaddr; /* NOLINT: mapped just now */
    must(map_frame(frame, cap_at(p->space), BOOTINFO_VADDR, RIGHT_READ), "cannot map a boot info page");
    p->bi->magic = BOOTINFO_MAGIC;
    p->bi->tsc_hz = ours->tsc_hz;
    p->bi->msi_address = ours->msi_address;
    p->bi->fastpath = ours->fastpath;
    p->bi->trace = ours->trace;
    p->bi->checked = ours->checked;
    p->bi->mitigations = ours->mitigations;
    p->bi->screen = ours->screen;
    p->bi->slot_count = 1u << radix;
    memcpy(p->bi->counter, ours->counter, sizeof p->bi->counter);
    memcpy(p->bi->cmdline, ours->cmdline, sizeof p->bi->cmdline);
}

static void make_thread(struct program *p, uint64_t entry, unsigned priority, cap_t fault_ep)
{
    must(thread_configure(cap_at(p->tcb), cap_at(p->cnode), cap_at(p->space), fault_ep, priority, priority),
         "cannot configure a program's thread");
    must(thread_set_entry(cap_at(p->tcb), entry, STACK_TOP, BOOTINFO_VADDR), "cannot set a program's entry");
}

struct program program_new(const struct bootinfo *bi, const char *module, unsigned radix, unsigned priority,
                           cap_t fault_ep)
{
    const struct bootinfo_module *m = module_find(bi, module);
    struct elf_image image;
    if (m == NULL)
        fail("there is no module named %s", module);
    const char *file = (const char *)m->vaddr; /* NOLINT: the kernel or our maker mapped it */
    const char *wrong = elf_parse(file, m->size, &image);
    if (wrong != NULL)
        fail("module %s: %s", module, wrong);
    struct program p = {.cnode = object_new(TYPE_CNODE, radix),
                        .space = object_new(TYPE_ADDRESS_SPACE, 0),
                        .tcb = object_new(TYPE_TCB, 0),
                        .next_slot = CAP_FIRST_FREE};
    if (window == 0)
        window = pages_reserve(1);
    make_bootinfo(&p, bi, radix);
    for (unsigned i = 0; i < image.count; i++)
        load_segment(&p, &image.segment[i], file);
    make_stack(&p);
    make_thread(&p, image.entry, priority, fault_ep);
    program_give_at(&p, CAP_SELF_CNODE, p.cnode, RIGHT_ALL, 0);
    program_give_at(&p, CAP_SELF_SPACE, p.space, RIGHT_ALL, 0);
    program_give_at(&p, CAP_SELF_TCB, p.tcb, RIGHT_ALL, 0);
    return p;
}

void program_start(struct program *p)
{
    p->bi->first_free_slot = (uint32_t)p->next_slot;
    unmap_here(p->bi_slot);
    p->bi = NULL;
    must(thread_resume(cap_at(p->tcb)), "cannot start a program");
}
