/* conform.elf: does the kernel keep its contract with ring 3? Each case says "ok <name>" or "not ok <name>:
   <why>". Words on the command line: test=<glob> chooses cases by name. */
#include "conform.h"
#include "watch.h"

/* clang-format off: one a line, so that two changes do not meet */
static void (*const sets[])(void) = {
    ipc_order_cases,
    ipc_queue_cases,
    ipc_reply_cases,
    ipc_cancel_cases,
    ipc_model_cases,
    register_ipc_cases,
    register_other_cases,
    register_preempt_cases,
    caps_address_cases,
    caps_right_cases,
    caps_type_cases,
    caps_slot_cases,
    caps_nested_cases,
    caps_endpoint_cases,
    untyped_argument_cases,
    untyped_cases,
    memory_map_cases,
    memory_use_cases,
    fault_cpu_cases,
    fault_page_cases,
    fault_fast_cases,
    fault_syscall_cases,
    fault_handler_cases,
    sched_next_cases,
    sched_wake_cases,
    sched_turn_cases,
    sched_pair_cases,
    sched_thread_cases,
    notification_signal_cases,
    notification_call_cases,
    notification_bound_cases,
    notification_end_cases,
    delete_revoke_cases,
    delete_waits_cases,
    delete_thread_cases,
    delete_reply_cases,
    delete_cnode_cases,
    delete_swap_cases,
    delete_reset_cases,
    delete_long_cases,
    delete_self_cases,
    delete_inside_cases,
    delete_slots_cases,
    thread_register_cases,
    thread_priority_cases,
    thread_tls_cases,
    thread_fpu_cases,
    thread_fpu_none_cases,
    thread_fpu_owner_cases,
    memory_protect_cases,
    ipc_extra_cases,
    ipc_saved_cases,
    ipc_long_cases,
    ipc_long_caps_cases,
    ipc_long_reply_cases,
    ipc_buffer_cases,
    ipc_long_wait_cases,
    io_port_cases,
    caps_first_cases,
    timer_cases,
    timer_order_cases,
    timer_end_cases,
    timer_latency_cases,
    memory_large_cases,
    memory_table_cases,
    thread_break_cases,
    irq_line_cases,
    irq_handler_cases,
    irq_pci_cases,
    thread_break_switch_cases,
    thread_step_cases,
    memory_device_cases,
    memory_tlb_cases,
    untyped_limit_cases,
    memory_address_cases,
    exhaust_cases,
    debug_dump_cases,
    evil_selector_cases,
    evil_number_cases,
    evil_state_cases,
    evil_memory_cases,
    evil_flags_cases,
    evil_entry_cases,
    evil_privileged_cases,
    ipc_badged_cases,
    fault_chain_cases,
    ipc_chain_cases,
    sched_slice_cases,
    sched_tagged_cases,
    sched_tagged_ends_cases,
    ipc_badged_many_cases,
};
/* clang-format on */

static void runner(uint64_t unused)
{
    (void)unused;
    zoo_init();
    actors_init();
    for (size_t i = 0; i < COUNT(sets); i++)
        sets[i]();
    watch_finish(cases_finish());
}

/* The runner may give its actors priorities above its own. Its slice is long, so that no case that says who
   runs next is cut by the end of it. */
static cap_t start_runner(void)
{
    struct thread t = thread_new(runner, 0, RUNNER_PRIORITY, watch_fault_ep);
    cap_t tcb = cap_at(t.tcb);
    must(thread_configure(tcb, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), watch_fault_ep, RUNNER_PRIORITY,
                          RUNNER_CEILING),
         "cannot configure the runner");
    must(syscall2(SYS_THREAD_SET_SLICE, tcb, RUNNER_SLICE), "cannot set the runner's slice");
    must(thread_resume(tcb), "cannot start the runner");
    return tcb;
}

int main(const struct bootinfo *bi)
{
    alloc_init(bi);
    harness_init(bi);
    watch_init();
    return watch(start_runner());
}
