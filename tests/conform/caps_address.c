/* Capability addresses that name nothing, in every operation that takes one. */
#include "conform.h"

/* How an operation is asked with `cap` in the argument that is under test, all else being right. */
struct operation {
    const char *name;
    long (*ask)(cap_t cap);
};

static cap_t self(void)
{
    return cap_at(CAP_SELF_CNODE);
}

static long ask_ipc(uint64_t op, cap_t cap)
{
    struct msg m = pattern_msg(5);
    long result = ipc(op, cap, &m);
    EXPECT(is_pattern(&m, cap, 5)); /* rdi and the message are as they were */
    return result;
}

static long ask_send(cap_t cap)
{
    return ask_ipc(SYS_SEND, cap);
}

static long ask_recv(cap_t cap)
{
    return ask_ipc(SYS_RECV, cap);
}

static long ask_call(cap_t cap)
{
    return ask_ipc(SYS_CALL, cap);
}

static long ask_reply_recv(cap_t cap)
{
    return ask_ipc(SYS_REPLY_RECV, cap);
}

static long ask_configure_cnode(cap_t cap)
{
    return thread_configure(actor_tcb(A), cap, cap_at(CAP_SELF_SPACE), 0, 5, 5);
}

static long ask_configure_space(cap_t cap)
{
    return thread_configure(actor_tcb(A), self(), cap, 0, 5, 5);
}

static long ask_configure_fault(cap_t cap)
{
    return thread_configure(actor_tcb(A), self(), cap_at(CAP_SELF_SPACE), cap, 5, 5);
}

static long ask_configure_tcb(cap_t cap)
{
    return thread_configure(cap, self(), cap_at(CAP_SELF_SPACE), 0, 5, 5);
}

static long ask_set_entry(cap_t cap)
{
    return thread_set_entry(cap, 0x400000, 0x500000, 0);
}

static long ask_map_memory(cap_t cap)
{
    return memory_map(cap, cap_at(CAP_SELF_SPACE), temp_page(), RIGHT_READ);
}

static long ask_map_space(cap_t cap)
{
    return memory_map(cap_at(zoo(TYPE_FRAME)), cap, temp_page(), RIGHT_READ);
}

static long ask_retype(cap_t cap)
{
    return retype(cap, TYPE_ENDPOINT, 0, self(), temp_slot(), 1);
}

static long ask_retype_cnode(cap_t cap)
{
    return retype(cap_at(zoo(TYPE_UNTYPED)), TYPE_ENDPOINT, 0, cap, 0, 1);
}

static long ask_copy_to(cap_t cap)
{
    return cap_copy(cap, 0, self(), zoo(TYPE_ENDPOINT), RIGHT_ALL);
}

static long ask_copy_from(cap_t cap)
{
    return cap_copy(self(), temp_slot(), cap, 0, RIGHT_ALL);
}

static long ask_mint_to(cap_t cap)
{
    return cap_mint(cap, 0, self(), zoo(TYPE_ENDPOINT), RIGHT_ALL, 1);
}

static long ask_mint_from(cap_t cap)
{
    return cap_mint(self(), temp_slot(), cap, 0, RIGHT_ALL, 1);
}

static long ask_move_to(cap_t cap)
{
    return cap_move(cap, 0, self(), zoo(TYPE_ENDPOINT));
}

static long ask_move_from(cap_t cap)
{
    return cap_move(self(), temp_slot(), cap, 0);
}

static long ask_delete(cap_t cap)
{
    return cap_delete(cap, 0);
}

static long ask_putchar(cap_t cap)
{
    return debug_putchar(cap, '?');
}

static long ask_exit(cap_t cap)
{
    return syscall2(SYS_DEBUG_EXIT, cap, 1);
}

static const struct operation operations[] = {
    {"send", ask_send},
    {"recv", ask_recv},
    {"call", ask_call},
    {"reply_recv", ask_reply_recv},
    {"suspend", thread_suspend},
    {"resume", thread_resume},
    {"configure", ask_configure_tcb},
    {"configure_cnode", ask_configure_cnode},
    {"configure_space", ask_configure_space},
    {"configure_fault", ask_configure_fault},
    {"set_entry", ask_set_entry},
    {"map", ask_map_memory},
    {"map_space", ask_map_space},
    {"unmap", memory_unmap},
    {"retype", ask_retype},
    {"retype_cnode", ask_retype_cnode},
    {"copy_to", ask_copy_to},
    {"copy_from", ask_copy_from},
    {"mint_to", ask_mint_to},
    {"mint_from", ask_mint_from},
    {"move_to", ask_move_to},
    {"move_from", ask_move_from},
    {"delete", ask_delete},
    {"identify", cap_identify},
    {"putchar", ask_putchar},
    {"exit", ask_exit},
};

/* Of every type, so that whatever the operation looks for is behind the masked address. */
static void each_type(const struct operation *o, uint64_t bits)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++)
        EXPECT_IS(o->ask(cap_at(zoo(type)) | bits), ERR_BAD_CAP);
}

static void empty_slot(const struct operation *o)
{
    EXPECT_IS(o->ask(cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(o->ask(cap_at(boot_info->slot_count - 1)), ERR_BAD_CAP);
    if (o->ask != ask_configure_fault) /* 0 there: no fault endpoint */
        EXPECT_IS(o->ask(0), ERR_BAD_CAP);
}

static void low_bits(const struct operation *o)
{
    for (uint64_t bit = 1; bit < 1u << SLOT_BITS; bit <<= 1)
        each_type(o, bit);
    each_type(o, (1u << SLOT_BITS) - 1);
}

static void high_bits(const struct operation *o)
{
    for (uint64_t bit = (uint64_t)boot_info->slot_count << SLOT_BITS; bit != 0; bit <<= 1) {
        for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
            if (type != TYPE_CNODE) /* there it is a path to a slot of that CNode, which is empty too */
                EXPECT_IS(o->ask(cap_at(zoo(type)) | bit), ERR_BAD_CAP);
        }
    }
}

static void out_of_range(const struct operation *o)
{
    EXPECT_IS(o->ask((uint64_t)boot_info->slot_count << SLOT_BITS), ERR_BAD_CAP);
    EXPECT_IS(o->ask(~0ul), ERR_BAD_CAP);
    EXPECT_IS(o->ask(~0ul << SLOT_BITS), ERR_BAD_CAP);
    EXPECT_IS(o->ask(1ul << 63), ERR_BAD_CAP);
    EXPECT_IS(o->ask(1ul << 32), ERR_BAD_CAP);
    EXPECT_IS(o->ask((uint64_t)(uintptr_t)&operations), ERR_BAD_CAP);
}

void caps_address_cases(void)
{
    static const struct {
        const char *name;
        void (*run)(const struct operation *o);
    } kinds[] = {
        {"empty_slot", empty_slot}, {"low_bits", low_bits}, {"high_bits", high_bits}, {"out_of_range", out_of_range}};
    for (unsigned i = 0; i < COUNT(operations); i++) {
        for (unsigned k = 0; k < COUNT(kinds); k++) {
            if (!case_begin("caps/%s_%s", operations[i].name, kinds[k].name))
                continue;
            actors_reset(false);
            kinds[k].run(&operations[i]);
            case_end();
        }
    }
}
