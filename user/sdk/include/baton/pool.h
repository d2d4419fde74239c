/* <pool size="..." setvar_size="..."/>: untyped memory for a component that makes processes, and what it needs to use it. The memory
   is one piece for each bit of its size, the largest first, in the slots from BATON_BASE_POOL_CAP on. Whatever is made goes into free
   slots of the component's own table. baton_revoke of a piece takes away all that was made of it. All return 0 or more, or
   an error below 0, as the reference manual says. */
#ifndef BATON_SDK_POOL_H
#define BATON_SDK_POOL_H

#include <microkit.h>

enum {
    BATON_ENDPOINT_CAP = 2, /* its own endpoint, to send to, to receive at, to grant by, to give a badge to */
    BATON_SPACE_CAP = 3,    /* its own memory */
    BATON_CNODE_CAP = 4,    /* its own table */
    BATON_BASE_POOL_CAP = BATON_BASE_WIDE_ENDPOINT_CAP + 512,
    BATON_FIRST_FREE_CAP = BATON_BASE_POOL_CAP + 62,
    BATON_END_FREE_CAP = 2048
};

/* Badges that the loop knows: of a process that calls protected(id), of one whose faults come to fault(id). */
#define BATON_BADGE_OF_CALLS(id) (1ull << 63 | (seL4_Word)(id))
#define BATON_BADGE_OF_FAULTS(id) (1ull << 62 | (seL4_Word)(id))

#ifdef __cplusplus
extern "C" {
#endif

/* Tells the loop that the thread in this slot was made to run: if it is the one whose fault is being handled, it is not dead. */
void baton_revived(seL4_Word slot);

static inline long baton_call6(seL4_Word number, seL4_Word rdi, seL4_Word rsi, seL4_Word rdx, seL4_Word fourth,
                               seL4_Word fifth, seL4_Word sixth)
{
    register seL4_Word r8 __asm__("r8") = fourth;
    register seL4_Word r9 __asm__("r9") = fifth;
    register seL4_Word r10 __asm__("r10") = sixth;
    seL4_Word rax = number;
    __asm__ volatile("syscall"
                     : "+a"(rax)
                     : "D"(rdi), "S"(rsi), "d"(rdx), "r"(r8), "r"(r9), "r"(r10)
                     : "rcx", "r11", "memory", "cc");
    return (long)rax;
}

/* Makes `count` objects of the memory in slot `untyped`, in the slots from `slot` on. */
static inline long baton_retype(seL4_CPtr untyped, seL4_Word type, seL4_Word size_bits, seL4_CPtr slot,
                                seL4_Word count)
{
    return baton_call6(BATON_SYS_RETYPE, baton_address(untyped), type, size_bits,
                       baton_address(BATON_CNODE_CAP), slot, count);
}

/* Maps a frame or page table. */
static inline long baton_map(seL4_CPtr memory, seL4_CPtr space, seL4_Word vaddr, seL4_Word rights)
{
    return (long)baton_call(BATON_SYS_MEMORY_MAP, baton_address(memory), baton_address(space), vaddr, rights);
}

/* A copy of one of its own capabilities, with no more than these rights and, unless it is 0, a badge, in a CNode: its own or one that
   it has made. */
static inline long baton_give(seL4_CPtr cnode, seL4_Word index, seL4_CPtr from, seL4_Word rights,
                              seL4_Word badge)
{
    return baton_call6(badge != 0 ? BATON_SYS_CAP_MINT : BATON_SYS_CAP_COPY, baton_address(cnode), index,
                       baton_address(BATON_CNODE_CAP), from, rights, badge);
}

static inline long baton_delete(seL4_CPtr slot)
{
    return (long)baton_call(BATON_SYS_CAP_DELETE, baton_address(BATON_CNODE_CAP), slot, 0, 0);
}

static inline long baton_revoke(seL4_CPtr slot)
{
    return (long)baton_call(BATON_SYS_CAP_REVOKE, baton_address(BATON_CNODE_CAP), slot, 0, 0);
}

/* A thread with a table, memory, where its faults go, a priority up to the component's own, and an IPC buffer or 0; then where it
   starts. It runs after baton_resume. */
static inline long baton_configure(seL4_CPtr thread, seL4_CPtr cnode, seL4_CPtr space, seL4_CPtr faults,
                                   seL4_Word priority, seL4_CPtr buffer)
{
    return baton_call6(BATON_SYS_THREAD_CONFIGURE, baton_address(thread), baton_address(cnode),
                       baton_address(space), baton_address(faults), priority | priority << 8,
                       baton_address(buffer));
}

static inline long baton_set_entry(seL4_CPtr thread, seL4_Word entry, seL4_Word stack, seL4_Word argument)
{
    return (long)baton_call(BATON_SYS_THREAD_SET_ENTRY, baton_address(thread), entry, stack, argument);
}

static inline long baton_resume(seL4_CPtr thread)
{
    baton_revived(thread);
    return (long)baton_call(BATON_SYS_THREAD_RESUME, baton_address(thread), 0, 0, 0);
}

#ifdef __cplusplus
}
#endif

#endif
