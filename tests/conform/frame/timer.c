#include "frame/timer.h"

struct wake wakes[WAKES];
volatile unsigned wake_count;

bool machine_slow(void)
{
    enum { LEAF_HYPERVISOR = 0x40000000, KVM_SIGNATURE = 0x4b4d564b /* "KVMK" */ };
    uint32_t a = LEAF_HYPERVISOR, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return boot_info->checked || b == KVM_SIGNATURE;
}

uint64_t microseconds(uint64_t n)
{
    enum { UNDER_KVM = 10, CHECKED = 40 }; /* a check of all invariants takes as long as 200 of these */
    return clock_ticks(n * 1000) * (boot_info->checked ? CHECKED : machine_slow() ? UNDER_KVM : 1);
}

bool counts_instructions(void)
{
    char word[8];
    if (cmdline_value(boot_info->cmdline, "clock", word, sizeof word) && strcmp(word, "loose") == 0)
        return false;
    for (unsigned i = 0; i < 3; i++) { /* a tick of the kernel's clock may come in one of them */
        uint64_t before = clock_read();
        __asm__ volatile(".rept 1000; nop; .endr");
        uint64_t ticks = clock_read() - before;
        if (ticks >= 1000 && ticks < 1020)
            return true;
    }
    return false;
}

uint64_t timer(cap_t to)
{
    uint64_t t = temp_object(TYPE_TIMER, 0);
    EXPECT_IS(timer_bind(cap_at(t), to), 0);
    return t;
}

uint64_t set_ahead(uint64_t t, uint64_t us)
{
    uint64_t deadline = clock_read() + microseconds(us);
    EXPECT_IS(timer_set(cap_at(t), deadline), 0);
    return deadline;
}

void spin_past(uint64_t deadline)
{
    while (clock_read() < deadline + microseconds(LATE_US))
        ;
}

void note_wait(uint64_t n)
{
    uint64_t bits;
    if (notification_wait(n, &bits) != GOT_NOTIFIED || wake_count == WAKES)
        __builtin_trap();
    wakes[wake_count] = (struct wake){clock_read(), bits};
    wake_count = wake_count + 1;
}
