/* Each operation that takes a capability, called with the one under test and all else right. */
#include "caps/ask.h"

#include "frame/irq.h"

static cap_t self(void)
{
    return cap_at(CAP_SELF_CNODE);
}

static long ask_ipc(uint64_t op, cap_t cap)
{
    struct msg m = pattern_msg(5);
    long result = ipc(op, cap, &m);
    EXPECT(is_pattern(&m, cap, 5)); /* refused: rdi and the message are as they were */
    return result;
}

#define ASK_IPC(name, op)                                                                                      \
    static long ask_##name(cap_t cap)                                                                          \
    {                                                                                                          \
        return ask_ipc(op, cap);                                                                               \
    }

ASK_IPC(send, SYS_SEND)
ASK_IPC(send_nb, SYS_SEND_NB)
ASK_IPC(recv, SYS_RECV)
ASK_IPC(recv_nb, SYS_RECV_NB)
ASK_IPC(call, SYS_CALL)
ASK_IPC(reply, SYS_REPLY)
ASK_IPC(reply_recv, SYS_REPLY_RECV)
ASK_IPC(long_send, SYS_LONG_SEND)
ASK_IPC(long_call, SYS_LONG_CALL)
ASK_IPC(long_reply, SYS_LONG_REPLY)
ASK_IPC(long_reply_recv, SYS_LONG_REPLY_RECV)

static long ask_wait(cap_t cap)
{
    uint64_t bits;
    return notification_wait(cap, &bits);
}

static long ask_poll(cap_t cap)
{
    uint64_t bits;
    return notification_poll(cap, &bits);
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

static long ask_affinity(cap_t cap)
{
    return thread_set_affinity(cap, 0);
}

static long ask_breakpoint(cap_t cap)
{
    return thread_set_breakpoint(cap, 0, 0, 0, 0);
}

static long ask_configure_buffer(cap_t cap)
{
    return syscall6(SYS_THREAD_CONFIGURE, actor_tcb(A), self(), cap_at(CAP_SELF_SPACE), 0, 5 | 5 << 8, cap);
}

static long ask_set_priority(cap_t cap)
{
    return thread_set_priority(cap, 5, 5);
}

static long ask_set_tls(cap_t cap)
{
    return thread_set_tls(cap, 0, 0);
}

static long ask_set_fpu(cap_t cap)
{
    return thread_set_fpu(cap, 0);
}

static long ask_fpu_state(cap_t cap)
{
    return thread_set_fpu(actor_tcb(A), cap);
}

static long ask_set_slice(cap_t cap)
{
    return thread_set_slice(cap, 1);
}

static long ask_write_registers(cap_t cap)
{
    return syscall2(SYS_THREAD_WRITE_REGISTERS, cap, 0);
}

static long ask_map_memory(cap_t cap)
{
    return memory_map(cap, cap_at(CAP_SELF_SPACE), temp_page(), RIGHT_READ);
}

static struct frames one_frame(void)
{
    return (struct frames){zoo(TYPE_FRAME), temp_page(), 1};
}

static long ask_map_many(cap_t cap)
{
    struct frames f = {0, temp_page(), 1};
    return memory_map_many(cap, &f, cap_at(CAP_SELF_SPACE), RIGHT_READ);
}

static long ask_map_many_space(cap_t cap)
{
    struct frames f = one_frame();
    return memory_map_many(self(), &f, cap, RIGHT_READ);
}

static long ask_unmap_many(cap_t cap)
{
    struct frames f = {.count = 1};
    return memory_unmap_many(cap, &f);
}

static long ask_protect_many(cap_t cap)
{
    struct frames f = {.count = 1};
    return memory_protect_many(cap, &f, RIGHT_READ);
}

static long ask_map_space(cap_t cap)
{
    return memory_map(cap_at(zoo(TYPE_FRAME)), cap, temp_page(), RIGHT_READ);
}

static long ask_protect(cap_t cap)
{
    return memory_protect(cap, RIGHT_READ);
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

static long ask_swap_one(cap_t cap)
{
    return cap_swap(cap, 0, self(), zoo(TYPE_ENDPOINT));
}

static long ask_swap_two(cap_t cap)
{
    return cap_swap(self(), zoo(TYPE_ENDPOINT), cap, 0);
}

static long ask_revoke(cap_t cap)
{
    return cap_revoke(cap, 0);
}

static long ask_cancel_badged(cap_t cap)
{
    return cap_cancel_badged(cap, 0);
}

static long ask_reply_save(cap_t cap)
{
    return reply_save(cap, 0);
}

static long ask_bind(cap_t cap)
{
    return notification_bind(actor_tcb(A), cap);
}

static long ask_timer_bind(cap_t cap)
{
    return timer_bind(cap, cap_at(zoo(TYPE_NOTIFICATION)));
}

static long ask_timer_bind_to(cap_t cap)
{
    return timer_bind(cap_at(zoo(TYPE_TIMER)), cap);
}

static long ask_timer_set(cap_t cap)
{
    return timer_set(cap, 0);
}

/* With the right capability it would print everything: the wrong ones get no further. */
static long ask_dump(cap_t cap)
{
    return debug_dump(cap, DUMP_ALL);
}

static long ask_irq_get(cap_t cap)
{
    return irq_handler_get(cap, 5, self(), temp_slot());
}

static long ask_irq_get_cnode(cap_t cap)
{
    return irq_handler_get(cap_at(CAP_IRQ_CONTROL), 5, cap, 0);
}

static long ask_msi_get(cap_t cap)
{
    return irq_msi_get(cap, self(), temp_slot());
}

static long ask_msi_get_cnode(cap_t cap)
{
    return irq_msi_get(cap_at(CAP_IRQ_CONTROL), cap, 0);
}

static long ask_irq_bind(cap_t cap)
{
    return irq_handler_bind(cap, cap_at(zoo(TYPE_NOTIFICATION)));
}

static long ask_irq_bind_to(cap_t cap)
{
    return irq_handler_bind(cap_at(zoo(TYPE_IRQ_HANDLER)), cap);
}

static long ask_io_in(cap_t cap)
{
    return io_in(cap, 0x61, 1);
}

static long ask_io_out(cap_t cap)
{
    return io_out(cap, 0x80, 1, 0);
}

static long ask_putchar(cap_t cap)
{
    return debug_putchar(cap, '?');
}

static long ask_exit(cap_t cap)
{
    return syscall2(SYS_DEBUG_EXIT, cap, 1);
}

const struct operation operations[] = {
    {"send", ask_send, TYPE_BIT(TYPE_ENDPOINT)},
    {"send_nb", ask_send_nb, TYPE_BIT(TYPE_ENDPOINT)},
    {"recv", ask_recv, TYPE_BIT(TYPE_ENDPOINT)},
    {"recv_nb", ask_recv_nb, TYPE_BIT(TYPE_ENDPOINT)},
    {"call", ask_call, TYPE_BIT(TYPE_ENDPOINT)},
    {"reply_recv", ask_reply_recv, TYPE_BIT(TYPE_ENDPOINT)},
    {"long_send", ask_long_send, TYPE_BIT(TYPE_ENDPOINT)},
    {"long_call", ask_long_call, TYPE_BIT(TYPE_ENDPOINT)},
    {"long_reply", ask_long_reply, TYPE_BIT(TYPE_REPLY) | TYPE_BIT(TYPE_NULL)},
    {"long_reply_recv", ask_long_reply_recv, TYPE_BIT(TYPE_ENDPOINT)},
    {"signal", notification_signal, TYPE_BIT(TYPE_NOTIFICATION)},
    {"wait", ask_wait, TYPE_BIT(TYPE_NOTIFICATION)},
    {"poll", ask_poll, TYPE_BIT(TYPE_NOTIFICATION)},
    {"suspend", thread_suspend, TYPE_BIT(TYPE_TCB)},
    {"resume", thread_resume, TYPE_BIT(TYPE_TCB)},
    {"configure", ask_configure_tcb, TYPE_BIT(TYPE_TCB)},
    {"configure_cnode", ask_configure_cnode, TYPE_BIT(TYPE_CNODE)},
    {"configure_space", ask_configure_space, TYPE_BIT(TYPE_ADDRESS_SPACE)},
    {"configure_fault", ask_configure_fault, TYPE_BIT(TYPE_ENDPOINT) | TYPE_BIT(TYPE_NULL)},
    {"set_entry", ask_set_entry, TYPE_BIT(TYPE_TCB)},
    {"set_affinity", ask_affinity, TYPE_BIT(TYPE_TCB)},
    {"set_breakpoint", ask_breakpoint, TYPE_BIT(TYPE_TCB)},
    {"configure_buffer", ask_configure_buffer, TYPE_BIT(TYPE_FRAME) | TYPE_BIT(TYPE_NULL)},
    {"set_priority", ask_set_priority, TYPE_BIT(TYPE_TCB)},
    {"set_tls", ask_set_tls, TYPE_BIT(TYPE_TCB)},
    {"set_fpu", ask_set_fpu, TYPE_BIT(TYPE_TCB)},
    {"fpu_state", ask_fpu_state, TYPE_BIT(TYPE_EXTENDED_STATE) | TYPE_BIT(TYPE_NULL)},
    {"set_slice", ask_set_slice, TYPE_BIT(TYPE_TCB)},
    {"read_registers", thread_read_registers, TYPE_BIT(TYPE_TCB)},
    {"write_registers", ask_write_registers, TYPE_BIT(TYPE_TCB)},
    {"map", ask_map_memory, TYPE_BIT(TYPE_FRAME) | TYPE_BIT(TYPE_PAGE_TABLE)},
    {"map_space", ask_map_space, TYPE_BIT(TYPE_ADDRESS_SPACE)},
    {"unmap", memory_unmap, TYPE_BIT(TYPE_FRAME) | TYPE_BIT(TYPE_PAGE_TABLE)},
    {"protect", ask_protect, TYPE_BIT(TYPE_FRAME)},
    {"map_many", ask_map_many, TYPE_BIT(TYPE_CNODE)},
    {"map_many_space", ask_map_many_space, TYPE_BIT(TYPE_ADDRESS_SPACE)},
    {"unmap_many", ask_unmap_many, TYPE_BIT(TYPE_CNODE)},
    {"protect_many", ask_protect_many, TYPE_BIT(TYPE_CNODE)},
    {"frame_address", frame_address, TYPE_BIT(TYPE_FRAME)},
    {"retype", ask_retype, TYPE_BIT(TYPE_UNTYPED)},
    {"retype_cnode", ask_retype_cnode, TYPE_BIT(TYPE_CNODE)},
    {"copy_to", ask_copy_to, TYPE_BIT(TYPE_CNODE)},
    {"copy_from", ask_copy_from, TYPE_BIT(TYPE_CNODE)},
    {"mint_to", ask_mint_to, TYPE_BIT(TYPE_CNODE)},
    {"mint_from", ask_mint_from, TYPE_BIT(TYPE_CNODE)},
    {"move_to", ask_move_to, TYPE_BIT(TYPE_CNODE)},
    {"move_from", ask_move_from, TYPE_BIT(TYPE_CNODE)},
    {"delete", ask_delete, TYPE_BIT(TYPE_CNODE)},
    {"swap_one", ask_swap_one, TYPE_BIT(TYPE_CNODE)},
    {"swap_two", ask_swap_two, TYPE_BIT(TYPE_CNODE)},
    {"revoke", ask_revoke, TYPE_BIT(TYPE_CNODE)},
    {"cancel_badged", ask_cancel_badged, TYPE_BIT(TYPE_CNODE)},
    {"reply", ask_reply, TYPE_BIT(TYPE_REPLY) | TYPE_BIT(TYPE_NULL)},
    {"reply_save", ask_reply_save, TYPE_BIT(TYPE_CNODE)},
    {"bind", ask_bind, TYPE_BIT(TYPE_NOTIFICATION) | TYPE_BIT(TYPE_NULL)},
    {"identify", cap_identify, ~TYPE_BIT(TYPE_NULL)},
    {"timer_bind", ask_timer_bind, TYPE_BIT(TYPE_TIMER)},
    {"timer_bind_to", ask_timer_bind_to,
     TYPE_BIT(TYPE_NOTIFICATION) | TYPE_BIT(TYPE_TCB) | TYPE_BIT(TYPE_NULL)},
    {"timer_set", ask_timer_set, TYPE_BIT(TYPE_TIMER)},
    {"timer_cancel", timer_cancel, TYPE_BIT(TYPE_TIMER)},
    {"irq_get", ask_irq_get, TYPE_BIT(TYPE_IRQ_CONTROL)},
    {"irq_get_cnode", ask_irq_get_cnode, TYPE_BIT(TYPE_CNODE)},
    {"irq_ack", irq_handler_ack, TYPE_BIT(TYPE_IRQ_HANDLER)},
    {"irq_bind", ask_irq_bind, TYPE_BIT(TYPE_IRQ_HANDLER)},
    {"irq_bind_to", ask_irq_bind_to, TYPE_BIT(TYPE_NOTIFICATION) | TYPE_BIT(TYPE_NULL)},
    {"msi_get", ask_msi_get, TYPE_BIT(TYPE_IRQ_CONTROL)},
    {"msi_get_cnode", ask_msi_get_cnode, TYPE_BIT(TYPE_CNODE)},
    {"io_in", ask_io_in, TYPE_BIT(TYPE_IO_PORT)},
    {"io_out", ask_io_out, TYPE_BIT(TYPE_IO_PORT)},
    {"putchar", ask_putchar, TYPE_BIT(TYPE_DEBUG)},
    {"exit", ask_exit, TYPE_BIT(TYPE_DEBUG)},
    {"dump", ask_dump, TYPE_BIT(TYPE_DEBUG)},
};
const unsigned operation_count = COUNT(operations);

/* Where no line exists, that is the first thing which it says. */
bool operation_there(const struct operation *o)
{
    bool there = o->ask != ask_irq_get_cnode || irq_lines();
    if (!there)
        case_skip(NO_LINES);
    return there;
}
