/* What a process is made of: one piece of the pool, from which nothing else is made. When that is revoked, nothing is left of it. */
#include <string.h>
#include "process.h"

enum {
    SLICE_BITS = 21,
    FRAMES_BITS = 8,
    FRAMES = 1 << FRAMES_BITS,
    CNODE_BITS = 2,
    PAGE_BITS = 12,
    TABLES = 3
};
enum { ENDPOINT_OF_PROCESS = 1, SIGNAL_OF_PROCESS = 2 }; /* all that a process has */
enum { SPARE_SLOT = BATON_FIRST_FREE_CAP, SLICE, OWN = SLICE + PROCESSES };
enum {
    CNODE,
    FRAME_TABLE,
    SPACE,
    LOW_TABLES,
    HIGH_TABLES = LOW_TABLES + TABLES,
    BUFFER = HIGH_TABLES + TABLES,
    SIGNAL,
    FAULTS,
    OWN_SLOTS
};
/* Where what is being loaded is mapped, and a page that is copied: behind the server's own image, in the same page table. */
enum { WINDOW = 0x300000, WINDOW_FROM = 0x3ff000, ALL_RIGHTS = 0xff, ARGUMENTS_ADDRESS = IMAGE_END };

static seL4_CPtr own(const struct process *p, unsigned what)
{
    return OWN + p->index * OWN_SLOTS + what;
}

static seL4_CPtr slice(const struct process *p)
{
    return SLICE + p->index;
}

static seL4_CPtr thread(const struct process *p)
{
    return BASE_TCB_CAP + p->index;
}

/* A call on frames in consecutive slots: the kernel counts on in registers. */
static long many(seL4_Word call, const struct process *p, unsigned first, seL4_CPtr space, seL4_Word vaddr,
                 unsigned rights, unsigned count)
{
    register seL4_Word r8 __asm__("r8") = vaddr;
    register seL4_Word r9 __asm__("r9") = rights;
    register seL4_Word r10 __asm__("r10") = count;
    seL4_Word rax = call, rsi = first;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+S"(rsi), "+r"(r8), "+r"(r10)
                     : "D"(baton_address(own(p, FRAME_TABLE))), "d"(baton_address(space)), "r"(r9)
                     : "rbx", "rcx", "r11", "memory", "cc");
    return (long)rax;
}

static bool map(const struct process *p, unsigned first, seL4_CPtr space, seL4_Word vaddr, unsigned rights,
                unsigned count)
{
    return count == 0 || many(BATON_SYS_MEMORY_MAP_MANY, p, first, space, vaddr, rights, count) == 0;
}

static bool unmap(const struct process *p, unsigned first, unsigned count)
{
    return count == 0 || many(BATON_SYS_MEMORY_UNMAP_MANY, p, first, 0, 0, 0, count) == 0;
}

static bool make_frames(struct process *p, unsigned count)
{
    if (count > FRAMES - p->frames)
        return false;
    if (count > 0 && baton_call6(BATON_SYS_RETYPE, baton_address(slice(p)), BATON_TYPE_FRAME, PAGE_BITS,
                                 baton_address(own(p, FRAME_TABLE)), p->frames, count) < 0)
        return false;
    p->frames += count;
    return true;
}

/* Nothing is left of the last life: its processes die with it. */
void memory_start(void)
{
    baton_revoke(BATON_BASE_POOL_CAP);
    for (seL4_CPtr slot = BATON_FIRST_FREE_CAP; slot < BATON_END_FREE_CAP; slot++)
        baton_delete(slot);
    baton_retype(BATON_BASE_POOL_CAP, BATON_TYPE_UNTYPED, SLICE_BITS, SLICE, PROCESSES);
}

void memory_take_back(struct process *p)
{
    baton_revoke(slice(p));
    baton_delete(own(p, FAULTS)); /* which is no part of its memory */
    p->frames = p->spare = p->parts = 0;
}

static bool object(const struct process *p, seL4_Word type, unsigned bits, seL4_CPtr slot, unsigned count)
{
    return baton_retype(slice(p), type, bits, slot, count) == 0;
}

bool memory_make(struct process *p)
{
    p->frames = p->spare = 0;
    return object(p, BATON_TYPE_CNODE, FRAMES_BITS, own(p, FRAME_TABLE), 1) &&
           object(p, BATON_TYPE_CNODE, CNODE_BITS, own(p, CNODE), 1) &&
           object(p, BATON_TYPE_ADDRESS_SPACE, 0, own(p, SPACE), 1) &&
           object(p, BATON_TYPE_PAGE_TABLE, 0, own(p, LOW_TABLES), 2 * TABLES) &&
           object(p, BATON_TYPE_FRAME, PAGE_BITS, own(p, BUFFER), 1) &&
           object(p, BATON_TYPE_NOTIFICATION, 0, own(p, SIGNAL), 1) &&
           object(p, BATON_TYPE_TCB, 0, thread(p), 1);
}

static bool map_tables(const struct process *p)
{
    for (unsigned i = 0; i < TABLES; i++)
        if (baton_map(own(p, LOW_TABLES + i), own(p, SPACE), IMAGE_START, 0) < 0 ||
            baton_map(own(p, HIGH_TABLES + i), own(p, SPACE), PROCESS_BUFFER, 0) < 0)
            return false;
    return baton_map(own(p, BUFFER), own(p, SPACE), PROCESS_BUFFER, BATON_RIGHT_READ | BATON_RIGHT_WRITE) == 0;
}

/* New pages with these bytes in them; the rest is zero. pre: skip + bytes fit, and there are not too many parts. */
static bool fill(struct process *p, seL4_Word vaddr, unsigned rights, unsigned pages, unsigned skip,
                 const char *bytes, seL4_Word count)
{
    unsigned first = p->frames;
    if (!make_frames(p, pages))
        return false;
    p->part[p->parts++] = (struct part){vaddr, (uint8_t)rights, (uint16_t)first, (uint16_t)pages};
    if (count > 0) {
        if (!map(p, first, BATON_SPACE_CAP, WINDOW, BATON_RIGHT_READ | BATON_RIGHT_WRITE, pages))
            return false;
        memcpy((char *)WINDOW + skip, bytes, count);
        if (!unmap(p, first, pages))
            return false;
    }
    return map(p, first, own(p, SPACE), vaddr, rights, pages);
}

bool memory_load(struct process *p, const void *file, const struct image *image, const char *arguments,
                 unsigned bytes)
{
    const unsigned data = BATON_RIGHT_READ | BATON_RIGHT_WRITE;
    bool fits = map_tables(p);
    for (unsigned i = 0; i < image->count && fits; i++) {
        const struct image_segment *s = &image->segment[i];
        fits = fill(p, s->vaddr, s->rights, s->pages, s->skip, (const char *)file + s->offset, s->bytes);
    }
    p->heap = p->break_ = image->end;
    return fits && fill(p, ARGUMENTS_ADDRESS, BATON_RIGHT_READ, 1, 0, arguments, bytes) &&
           fill(p, PROCESS_STACK_END - STACK_PAGES * PAGE, data, STACK_PAGES, 0, NULL, 0);
}

void memory_seen(void)
{
    baton_delete(SPARE_SLOT);
}

static bool see_frame(const struct process *p, unsigned frame, unsigned rights)
{
    return baton_call6(BATON_SYS_CAP_COPY, baton_address(BATON_CNODE_CAP), SPARE_SLOT,
                       baton_address(own(p, FRAME_TABLE)), frame, rights, 0) >= 0 &&
           baton_map(SPARE_SLOT, BATON_SPACE_CAP, WINDOW_FROM, rights) == 0;
}

/* What a page of another process holds, into the window. */
static bool copy_page(const struct process *from, unsigned frame, unsigned to)
{
    bool seen = see_frame(from, frame, BATON_RIGHT_READ);
    if (seen)
        memcpy((char *)WINDOW + (size_t)to * PAGE, (const char *)WINDOW_FROM, PAGE);
    memory_seen();
    return seen;
}

/* The pages behind the last part are its heap's, in order. -1: there is none with these rights. */
static int frame_of(const struct process *p, seL4_Word vaddr, unsigned rights)
{
    const struct part *last = &p->part[p->parts - 1];
    for (const struct part *part = p->part; part <= last; part++)
        if (vaddr >= part->vaddr && (vaddr - part->vaddr) / PAGE < part->pages)
            return (rights & ~part->rights) == 0 ? part->first + (int)((vaddr - part->vaddr) / PAGE) : -1;
    return vaddr >= p->heap && vaddr < p->break_ ? last->first + last->pages + (int)((vaddr - p->heap) / PAGE)
                                                 : -1;
}

void *memory_see(const struct process *p, seL4_Word vaddr, bool change)
{
    unsigned rights = change ? BATON_RIGHT_READ | BATON_RIGHT_WRITE : BATON_RIGHT_READ;
    int frame = frame_of(p, vaddr, rights);
    memory_seen();
    return frame >= 0 && see_frame(p, (unsigned)frame, rights) ? (char *)WINDOW_FROM + vaddr % PAGE : NULL;
}

static bool copy_part(struct process *p, const struct process *from, const struct part *part)
{
    unsigned first = p->frames;
    bool done = make_frames(p, part->pages) &&
                map(p, first, BATON_SPACE_CAP, WINDOW, BATON_RIGHT_READ | BATON_RIGHT_WRITE, part->pages);
    for (unsigned i = 0; i < part->pages && done; i++)
        done = copy_page(from, part->first + i, i);
    return done && unmap(p, first, part->pages) &&
           map(p, first, own(p, SPACE), part->vaddr, part->rights, part->pages);
}

/* The copy has its pages in the same order, without those that were given back. */
bool memory_clone(struct process *p, const struct process *from)
{
    const struct part *last = &from->part[from->parts - 1],
                      heap = {from->heap, BATON_RIGHT_READ | BATON_RIGHT_WRITE,
                              (uint16_t)(last->first + last->pages),
                              (uint16_t)((from->break_ - from->heap) / PAGE)};
    bool done = map_tables(p);
    for (unsigned i = 0; i < from->parts && done; i++)
        done = copy_part(p, from, &from->part[i]);
    memcpy(p->part, from->part, sizeof p->part);
    p->parts = from->parts;
    p->heap = from->heap;
    p->break_ = from->break_;
    return done && copy_part(p, from, &heap);
}

bool memory_run(struct process *p, seL4_Word entry, seL4_Word stack)
{
    seL4_Word priority = (p->grants & PROC_BEHIND) != 0 ? PRIORITY_BEHIND : PRIORITY;
    return baton_give(own(p, CNODE), ENDPOINT_OF_PROCESS, BATON_ENDPOINT_CAP, BATON_RIGHT_SEND,
                      BATON_BADGE_OF_CALLS(BASE_OF_CALLS + p->index)) == 0 &&
           baton_give(own(p, CNODE), SIGNAL_OF_PROCESS, own(p, SIGNAL), BATON_RIGHT_WAIT, 0) == 0 &&
           baton_give(BATON_CNODE_CAP, own(p, FAULTS), BATON_ENDPOINT_CAP, BATON_RIGHT_SEND,
                      BATON_BADGE_OF_FAULTS(p->index)) == 0 &&
           baton_configure(thread(p), own(p, CNODE), own(p, SPACE), own(p, FAULTS), priority, own(p, BUFFER)) ==
               0 &&
           baton_set_entry(thread(p), entry, stack, ARGUMENTS_ADDRESS) == 0 && baton_resume(thread(p)) == 0;
}

/* Frames that were given back come first: what was in them is the process's own. */
bool memory_more(struct process *p, unsigned pages)
{
    if (pages > FRAMES || p->break_ + pages * PAGE > ARGUMENTS_ADDRESS)
        return false;
    unsigned first = p->frames - p->spare;
    if (pages > p->spare && !make_frames(p, pages - p->spare))
        return false;
    if (!map(p, first, own(p, SPACE), p->break_, BATON_RIGHT_READ | BATON_RIGHT_WRITE, pages))
        return false;
    p->spare = p->frames - first - pages;
    p->break_ += pages * PAGE;
    return true;
}

bool memory_less(struct process *p, unsigned pages)
{
    if (pages > (p->break_ - p->heap) / PAGE || !unmap(p, p->frames - p->spare - pages, pages))
        return false;
    p->spare += pages;
    p->break_ -= pages * PAGE;
    return true;
}

void memory_signal(const struct process *p)
{
    baton_signal(baton_address(own(p, SIGNAL)));
}

static bool is_used(seL4_CPtr slot)
{
    return (long)baton_call(BATON_SYS_CAP_IDENTIFY, baton_address(slot), 0, 0, 0) > 0;
}

/* Whether the kernel would make something of all of it: then nothing is left of the process that had it. */
static bool is_whole(seL4_CPtr piece)
{
    bool whole = baton_retype(piece, BATON_TYPE_UNTYPED, SLICE_BITS, SPARE_SLOT, 1) == 0;
    if (whole)
        baton_delete(SPARE_SLOT);
    return whole;
}

void memory_count(struct proc_room *room)
{
    room->most = PROCESSES;
    room->bytes = (seL4_Word)PROCESSES << SLICE_BITS;
    for (unsigned i = 0; i < PROCESSES; i++) {
        bool whole = is_whole(SLICE + i), ended = processes[i].pid == 0 || !runs(&processes[i]);
        seL4_Word slots = is_used(BASE_TCB_CAP + i);
        for (unsigned slot = 0; slot < OWN_SLOTS; slot++)
            slots += is_used(own(&processes[i], slot));
        room->processes += processes[i].pid != 0;
        room->free += whole ? 1ul << SLICE_BITS : 0;
        room->lost += ended ? !whole + slots : 0;
        room->slots += slots;
    }
    for (seL4_CPtr slot = BATON_FIRST_FREE_CAP; slot < BATON_END_FREE_CAP; slot++)
        room->slots += slot >= OWN && slot < OWN + PROCESSES * OWN_SLOTS ? 0 : is_used(slot);
}
