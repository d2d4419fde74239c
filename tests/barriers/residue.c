#include "residue.h"

#include <stdio.h>
#include <string.h>
#include "image.h"

enum { STACKS = 5, STACK_BYTES = 4096, STACK_OF_NMI = 2, FRAME_RIP = -5 * 8, FRAME_RSP = -2 * 8 };

void residue_wipe(void)
{
    memset(image_at(booted.stacks), 0, STACKS * STACK_BYTES);
    memset(image_at(image_symbol("kernel_stack_bottom")), 0, STACK_BYTES);
}

static bool on_stack_of_nmi(uint64_t address)
{
    return (address - booted.stacks) / STACK_BYTES == STACK_OF_NMI;
}

/* rip and rsp in the frame that the CPU has pushed, or finds at IRETQ: that of the last interrupt stays. */
static bool in_frame(uint64_t address)
{
    int64_t place = (int64_t)(address - kernel.cpu->entry_stack);
    return place == FRAME_RIP || place == FRAME_RSP;
}

static bool found(uint64_t value, const char *whose, const char *name, char *why)
{
    uint64_t start = booted.window_start, end = booted.window_end, offset = 0;
    for (uint64_t at = start; value >> 32 && at < end; at += sizeof value) {
        if (*(const uint64_t *)image_at(at) != value || on_stack_of_nmi(at) || in_frame(at))
            continue;
        const char *where = image_name(at, &offset);
        if (at - booted.stacks < STACK_BYTES)
            snprintf(why, WHY, "%s %s stays on the entry stack, %ld bytes below its top", name, whose,
                     (long)(kernel.cpu->entry_stack - at));
        else
            snprintf(why, WHY, "%s %s stays at %s + 0x%lx", name, whose, where, offset);
        return true;
    }
    return false;
}

bool residue_none(const struct run *run, char *why)
{
    const struct tcb *t = &run->next;
    const uint64_t next[GENERAL] = {t->rax, t->rcx, t->rdx, t->rbx, t->rsp, t->rbp, t->rsi, t->rdi,
                                    t->r8,  t->r9,  t->r10, t->r11, t->r12, t->r13, t->r14, t->r15};
    for (unsigned i = 0; i < GENERAL; i++) {
        uint64_t before = run->start.registers.general[i];
        if (i == RSP && run->start.stack)
            before = run->start.user_rsp;
        if (found(before, "of who entered", register_names[i], why) ||
            found(next[i], "of who runs next", register_names[i], why))
            return false;
    }
    return true;
}
