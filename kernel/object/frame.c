#include "object/frame.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/space.h"
#include "thread/tcb.h"

static void set_entry(const struct slot *frame, uint64_t *entry, uint64_t value)
{
    unsigned asid = mapping_asid(frame->data);
    uint64_t vaddr = mapping_vaddr(frame->data);
    *entry = value;
    arch_flush_page(space_roots[asid], asid, vaddr);
}

void frame_unmap(struct slot *frame)
{
    uint64_t *entry = mapped_entry(frame);
    if (entry)
        set_entry(frame, entry, 0);
    frame->data = mapping_none(frame->data);
}

static inline __attribute__((always_inline)) long map_one(const struct tcb *caller, struct slot *frame)
{
    long error;
    struct place p = {.vaddr = caller->rdx, .attributes = caller->r8, .flags = arch_page_flags(caller->r8)};
    p.space = cap_lookup_type(caller, caller->rsi, TYPE_ADDRESS_SPACE, &error);
    if (!p.space)
        return error;
    if (!p.flags)
        return ERR_BAD_ARGUMENT;
    error = frame_allows(frame, p.attributes);
    return error ? error : frame_map(&p, frame);
}

/* rdi frame or page table, rsi address space, rdx virtual address, r8 attributes (nothing for a table). Errors:
   BAD_ARGUMENT for memory that would reach USER_TOP, and for attributes that do not go together; IN_USE when
   the capability is mapped already, OCCUPIED when the address is, MISALIGNED for an address that is no
   multiple of the frame's size. */
long sys_memory_map(struct tcb *caller)
{
    long error;
    struct slot *memory = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (memory)
        return map_one(caller, memory);
    memory = cap_lookup_type(caller, caller->rdi, TYPE_PAGE_TABLE, &error);
    return memory ? table_map(caller, memory) : error;
}

/* rdi frame or page table. */
long sys_memory_unmap(struct tcb *caller)
{
    long error;
    struct slot *memory = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (!memory) {
        memory = cap_lookup_type(caller, caller->rdi, TYPE_PAGE_TABLE, &error);
        return memory ? table_take(memory) : error;
    }
    if (!frame_mapped(memory))
        return ERR_NOT_MAPPED;
    /* ==== commit */
    frame_unmap(memory);
    return 0;
}

/* rdi frame, rsi attributes. Errors: as sys_memory_map; NOT_MAPPED also when its mapping went with a page table or
 * space.
 */
CALL_ON(memory_protect, struct slot *, frame, cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error))
{
    long error;
    uint64_t attributes = caller->rsi;
    uint64_t flags = arch_page_flags(attributes);
    if (!flags)
        return ERR_BAD_ARGUMENT;
    error = frame_allows(frame, attributes);
    if (error)
        return error;
    uint64_t *entry = mapped_entry(frame);
    if (!entry)
        return ERR_NOT_MAPPED;
    /* ==== commit */
    set_entry(frame, entry, frame_entry(frame, flags));
    return 0;
}

/* rdi frame. Result: its physical address. */
CALL_ON(frame_address, const struct slot *, frame,
        cap_lookup_right(caller, caller->rdi, TYPE_FRAME, RIGHT_READ, &error))
{
    return (long)arch_phys(frame->object);
}
