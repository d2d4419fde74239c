/* Makes a process of its pool, which calls it and then crashes; takes the memory back, and makes the next one of it. `other` has no
   pool, and cannot. */
#include <baton/pool.h>

enum { PROCESS = 5, CHANNEL = 33, PROCESSES = 30, PRIORITY = 50, CODE = 0x400000, WINDOW = 0x3f0000 };
enum {
    CNODE = BATON_FIRST_FREE_CAP,
    SPACE,
    TABLES,
    FRAME = TABLES + 3,
    COPY,
    FAULTS,
    TCB = BASE_TCB_CAP + PROCESS
};
enum { CNODE_BITS = 4, PAGE_BITS = 12, PAGE = 4096, ENDPOINT_OF_PROCESS = 1, ALL = 0xff };

unsigned long pool_size;
static unsigned long made, called, refused;

/* Calls with the label that it finds in rdi, and executes what does not exist. */
__asm__(".section .rodata\n"
        "process:\n\tmov %rdi, %rsi\n\tshl $12, %rsi\n\tmov $0x20, %edi\n\tmov $3, %eax\n\tsyscall\n\tud2\n"
        "process_end:\n.text");
extern const char process[], process_end[];

static void must(long result)
{
    if (result < 0)
        baton_wrong_id("a call for the process", (unsigned)-result), __builtin_trap();
}

static void make_objects(seL4_CPtr memory)
{
    must(baton_retype(memory, BATON_TYPE_FRAME, PAGE_BITS, FRAME, 1));
    must(baton_retype(memory, BATON_TYPE_PAGE_TABLE, 0, TABLES, 3));
    must(baton_retype(memory, BATON_TYPE_ADDRESS_SPACE, 0, SPACE, 1));
    must(baton_retype(memory, BATON_TYPE_TCB, 0, TCB, 1));
    must(baton_retype(memory, BATON_TYPE_CNODE, CNODE_BITS, CNODE, 1));
}

static void load(void)
{
    must(baton_give(BATON_CNODE_CAP, COPY, FRAME, ALL, 0));
    must(baton_map(COPY, BATON_SPACE_CAP, WINDOW, BATON_RIGHT_READ | BATON_RIGHT_WRITE));
    for (long i = 0; i < process_end - process; i++)
        ((volatile char *)WINDOW)[i] = process[i]; /* NOLINT: mapped just now */
    must(baton_delete(COPY));
    for (unsigned i = 0; i < 3; i++)
        must(baton_map(TABLES + i, SPACE, CODE, 0));
    must(baton_map(FRAME, SPACE, CODE, BATON_RIGHT_READ | BATON_RIGHT_EXECUTE));
}

static void start(seL4_Word number)
{
    must(baton_give(CNODE, ENDPOINT_OF_PROCESS, BATON_ENDPOINT_CAP, BATON_RIGHT_SEND,
                    BATON_BADGE_OF_CALLS(CHANNEL)));
    must(baton_give(BATON_CNODE_CAP, FAULTS, BATON_ENDPOINT_CAP, BATON_RIGHT_SEND,
                    BATON_BADGE_OF_FAULTS(PROCESS)));
    refused +=
        baton_configure(TCB, CNODE, SPACE, FAULTS, PRIORITY + 100, 0) < 0; /* more urgent than its maker */
    must(baton_configure(TCB, CNODE, SPACE, FAULTS, PRIORITY, 0));
    must(baton_set_entry(TCB, CODE, CODE + PAGE, number));
    must(baton_resume(TCB));
}

static void make(void)
{
    make_objects(BATON_BASE_POOL_CAP);
    load();
    start(++made);
}

void init(void)
{
    if (pool_size == 0) {
        if (baton_retype(BATON_BASE_POOL_CAP, BATON_TYPE_FRAME, PAGE_BITS, FRAME, 1) < 0)
            microkit_dbg_puts("other: it has no pool\n");
        return;
    }
    /* Three pieces, for three bits of the size; each has what its bit says, and no more. */
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned pages[] = {256, 2, 1};
        refused += baton_retype(BATON_BASE_POOL_CAP + i, BATON_TYPE_FRAME, PAGE_BITS, FRAME, pages[i] + 1) < 0;
        must(baton_retype(BATON_BASE_POOL_CAP + i, BATON_TYPE_FRAME, PAGE_BITS, FRAME,
                          pages[i] < 256 ? pages[i] : 256));
        must(baton_revoke(BATON_BASE_POOL_CAP + i));
    }
    if (pool_size == 0x103000 && refused == 3)
        microkit_dbg_puts("maker: three pieces of the right size\n");
    refused = 0;
    make();
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    called += ch == CHANNEL && microkit_msginfo_get_label(msginfo) == made;
    return microkit_msginfo_new(0, 0);
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)reply_msginfo;
    if (child != PROCESS || microkit_msginfo_get_label(msginfo) != seL4_Fault_UserException)
        microkit_dbg_puts("maker: another fault\n");
    must(baton_revoke(BATON_BASE_POOL_CAP)); /* the process is no more */
    must(baton_delete(FAULTS));
    if (made < PROCESSES)
        make();
    else if (called == PROCESSES && refused == PROCESSES)
        microkit_dbg_puts("maker: 30 processes have called, and left nothing\n");
    return seL4_False;
}
