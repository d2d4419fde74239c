/* More threads of this program. */
#include "baton.h"
#include "thread.h"

enum { THREAD_STACK_PAGES = 4, STACK_BYTES = THREAD_STACK_PAGES * 4096 };

/* The function returns to thread_exit, which finds the thread's TCB above its own address. At a function's
   first instruction the ABI wants rsp 8 below a multiple of 16. */
static uint64_t *first_frame(char *stack, uint64_t tcb)
{
    uint64_t *top = (uint64_t *)(void *)(stack + STACK_BYTES);
    uint64_t *frame = top - 3;
    frame[0] = (uint64_t)(uintptr_t)thread_exit;
    frame[1] = cap_at(tcb);
    return frame;
}

struct thread thread_new(void (*function)(uint64_t argument), uint64_t argument, unsigned priority,
                         cap_t fault_ep)
{
    struct thread t = {object_new(TYPE_TCB, 0), pages_new(THREAD_STACK_PAGES)};
    cap_t tcb = cap_at(t.tcb);
    must(thread_configure(tcb, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), fault_ep, priority, priority),
         "cannot configure a thread");
    const uint64_t *frame = first_frame(t.stack, t.tcb);
    must(thread_set_entry(tcb, (uint64_t)(uintptr_t)function, (uint64_t)(uintptr_t)frame, argument),
         "cannot set the entry of a thread");
    return t;
}
