/* A random state that satisfies the invariants (docs/invariants.md), built from its parts: first the threads, then who waits
   where (state_waits.c, state_ready.c) and what is in the slots (state_slots.c), then what follows from that: keys, thresholds. */
#include <stdio.h>
#include <string.h>
#include "state_parts.h"

enum { SOME_WORDS = 16, KERNEL_CR3 = 0x9000 }; /* of KPTI: kernel/thread/sched.h */

uint64_t number(void)
{
    static const uint64_t some[SOME_WORDS] = {
        0,          1,          2,          31,         32,    64,     0x7fffffff, 0x80000000,
        0xffffffff, 1ull << 32, 1ull << 47, 1ull << 63, ~0ull, ~31ull, USER_TOP,   USER_TOP - 1};
    return chance(3) ? some[below(SOME_WORDS)] : random_next();
}

uint64_t user_address(void)
{
    return random_next() % USER_TOP;
}

static unsigned some_priority(void)
{
    static const uint8_t some[] = {0, 1, 2, 2, 2, 63, 64, 64, 200, 254, 255, 255};
    return some[below(sizeof some)];
}

static void fill_registers(struct tcb *t)
{
    uint64_t *message[] = {&t->rax, &t->rdi, &t->rsi, &t->rdx, &t->r8,  &t->r9,  &t->r10, &t->r12,
                           &t->r13, &t->r14, &t->r15, &t->rbx, &t->rcx, &t->r11, &t->rbp, &t->rsp};
    for (unsigned i = 0; i < sizeof message / sizeof message[0]; i++)
        *message[i] = number();
    t->rip = user_address();
    t->rflags = 0x202;
    t->resume = chance(4) ? RESUME_IRET : RESUME_SYSRET;
}

static void make_buffer(struct ipc_buffer *b)
{
    b->words = chance(3) ? number() : below(IPC_BUFFER_WORDS + 2);
    b->caps = chance(4) ? number() : 0;
    b->receive_cnode = (uint64_t)below(1 << ROOT_RADIX) << SLOT_BITS;
    b->receive_index = below(1 << INNER_RADIX);
    for (unsigned i = 0; i < IPC_BUFFER_CAPS; i++)
        b->cap[i] = (uint64_t)below(1 << ROOT_RADIX) << SLOT_BITS;
    for (unsigned i = 0; i < IPC_BUFFER_WORDS; i++)
        b->word[i] = random_next();
}

static void make_thread(unsigned i)
{
    struct tcb *t = thread(i);
    fill_registers(t);
    t->cr3 = 0x1000 * (1 + i % SPACES) | (chance(4) ? 1ull << 63 : 0);
    t->cspace = arena->root[i % SPACES];
    t->cspace_mask = ((1u << ROOT_RADIX) - 1) << SLOT_BITS;
    t->priority = (uint8_t)some_priority();
    t->ceiling = (uint8_t)(t->priority + below(256 - t->priority));
    t->reply_to = kernel.nobody;
    t->slice_ticks = 1 + (int32_t)below(9);
    t->slice_left = (int32_t)below(9);
    t->send_badge = number();
    t->send_kind = (uint8_t)below(3);
    t->send_long = (uint8_t)below(3);
    slot_fill(&t->slots[TCB_FAULT], TYPE_ENDPOINT, RIGHT_SEND, ref_endpoint(&arena->endpoint[below(ENDPOINTS)]),
              number());
    if (chance(16))
        t->slots[TCB_FAULT].prev |= (uint64_t)TYPE_DYING << SLOT_TYPE_SHIFT;
    t->next = t->prev = thread(below(THREADS)); /* stale, until it is in a queue */
    if (chance(6)) {
        t->fs_base = user_address(), t->gs_base = user_address();
        t->slow_reasons |= SLOW_BASES;
    }
    if (chance(6)) {
        t->extended = &arena->state[below(i + 1)]; /* two threads may have the same */
        t->slow_reasons |= SLOW_STATE;
    }
    if (t->slow_reasons & SLOW_SECOND && chance(6))
        t->slow_reasons |= SLOW_EXTENDED;
    arena->state[i].word[0] = number();
    if (!chance(4))
        t->buffer = &buffers[below(BUFFERS)].ipc;
    if (chance(24)) /* with none set: the CPU emulator does not survive one */
        t->slow_reasons |= SLOW_DEBUG;
}

void state_finish(void)
{
    state_link_slots();
    state_link_queues();
    state_forget_tails();
    for (unsigned i = 0; i < THREADS; i++) {
        struct tcb *t = thread(i);
        bool second = !(t->slow_reasons & ~(uint32_t)SLOW_SECOND) || t->slow_reasons == SLOW_FAULTED;
        t->key = t->slow_reasons ? 0 : t->priority + 1u;
        t->extended_key = second ? t->priority + 1u : 0;
        t->queue = t->slow_reasons ? NULL : state_queue_there(t->priority);
    }
    bool never = running()->slow_reasons & ~(uint32_t)SLOW_SECOND;
    kernel.cpu->threshold = never ? THRESHOLD_NEVER : state_ready_threshold() | running()->slow_reasons;
    kernel.cpu->extended = running()->extended;
    if (!running()->extended && !extended_clears && !chance(3))
        kernel.cpu->extended = thread(below(THREADS))->extended;
}

void state_threads(void)
{
    uint64_t stack_top = kernel.cpu->stack_top;
    memset(arena, 0, sizeof *arena);
    memset(buffers, 0, BUFFERS * sizeof *buffers);
    memset(kernel.queue, 0, 256 * sizeof *kernel.queue);
    *kernel.cap_list = (struct slot){0};
    *kernel.cpu = (struct cpu){.stack_top = stack_top,
                               .queues = kernel.queue_address - sizeof *kernel.queue,
                               .slice_left = 1 + (int32_t)below(9),
                               .entry_stack = stack_top - ENTRY_STACK_BELOW,
                               .kernel_cr3 = KERNEL_CR3,
                               .cr0_barred = CR0_BARRED,
                               .cr4 = CR4_BASES_CLOSED,
                               .cr4_bases = CR4_BASES_OPEN};
    for (unsigned i = 0; i < THREADS; i++)
        make_thread(i);
    for (unsigned i = 0; i < BUFFERS; i++)
        make_buffer(&buffers[i].ipc);
    for (unsigned i = 0; i < ENDPOINTS; i++)
        arena->endpoint[i] = (struct endpoint){kernel.nobody, thread(0), thread(1), thread(2), NULL, 0, {0}};
    kernel.cpu->current = thread(0);
}

void state_random(void)
{
    state_threads();
    if (chance(24)) {
        running()->slow_reasons |= SLOW_OWES;
        kernel.cpu->slice_left = 0;
    }
    for (unsigned i = 1; i < THREADS; i++)
        state_place(i);
    state_leave_stale_wait();
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        state_bind_some(&arena->notification[i]);
        state_signal_some(&arena->notification[i]);
    }
    for (unsigned i = 0; i < ENDPOINTS; i++)
        state_cancel_some(&arena->endpoint[i]);
    state_capabilities();
    state_leave_unsettled();
    state_finish();
}

void state_print(const struct registers *user)
{
    fprintf(stderr, "  current thread %ld; threshold %x, highest %x\n",
            (long)((union thread *)kernel.cpu->current - arena->thread), kernel.cpu->threshold,
            state_ready_threshold());
    for (unsigned i = 0; i < THREADS; i++) {
        const struct tcb *t = thread(i);
        fprintf(stderr, "  thread %u: priority %u key %x slow %x wait %lx reply_to %p resume %u\n", i,
                t->priority, t->key, t->slow_reasons, t->wait, (void *)t->reply_to, t->resume);
    }
    for (unsigned i = 0; i < GENERAL; i++)
        fprintf(stderr, "  %s %lx%s", register_names[i], user->general[i], i % 4 == 3 ? "\n" : "");
}
