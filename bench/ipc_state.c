/* What does a protected call cost when a thread has more than its general registers: SSE registers, as all that a
   compiler makes with its usual options, or an FS base, as whatever has thread-local storage? Both sides keep something
   there, and look whether they still have it. */
#include "ipc_pair.h"

/* In `variant`: what the client has, and two bits higher what the server has. */
enum { SERVER_AT = 2, BOTH = 1 | 1 << SERVER_AT };

static uint64_t client_state, server_state; /* slots of extended states; 0: not made yet */
static uint64_t kept;                       /* what the client keeps in each */

static unsigned of_client(const struct benchmark *self)
{
    return self->variant & (STATE_SSE | STATE_TLS);
}

static unsigned of_server(const struct benchmark *self)
{
    return self->variant >> SERVER_AT;
}

static bool good(const struct benchmark *self, const char *what, long error)
{
    if (error != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(error));
    return error == 0;
}

static bool give(const struct benchmark *self, cap_t tcb, unsigned state, uint64_t slot, uint64_t fs_base)
{
    return good(self, "thread_set_fpu", thread_set_fpu(tcb, state & STATE_SSE ? cap_at(slot) : 0)) &&
           good(self, "thread_set_tls", thread_set_tls(tcb, state & STATE_TLS ? fs_base : 0, 0));
}

static bool prepare(const struct benchmark *self)
{
    if (client_state == 0) {
        client_state = object_new(TYPE_EXTENDED_STATE, 0);
        server_state = object_new(TYPE_EXTENDED_STATE, 0);
    }
    pair_make(self, (struct service_args){.kind = SERVICE_ECHO, .state = of_server(self)});
    if (!partner_share_page(self, pair_server()))
        return false;
    *(volatile uint64_t *)SERVER_TLS = TLS_KEY;
    return give(self, pair_server()->tcb, of_server(self), server_state, SERVER_TLS) &&
           give(self, suite_tcb, of_client(self), client_state, CLIENT_TLS) && pair_start(self);
}

/* Outside of the measured region: no program does this for a call. */
static void keep(unsigned state)
{
    kept += UINT64_C(0x9e3779b97f4a7c15);
    if (state & STATE_SSE)
        __asm__ volatile("movq %0, %%xmm15" : : "r"(kept));
    if (state & STATE_TLS)
        __asm__ volatile("mov %0, %%fs:0" : : "r"(kept) : "memory");
}

static bool still_there(const struct benchmark *self)
{
    uint64_t sse = kept, tls = kept;
    if (of_client(self) & STATE_SSE)
        __asm__ volatile("movq %%xmm15, %0" : "=r"(sse));
    if (of_client(self) & STATE_TLS)
        tls = *(volatile uint64_t *)CLIENT_TLS;
    if (sse != kept || tls != kept)
        BENCH_ERROR("%s: of %lx the client has %lx in its register and %lx in its storage", self->id, kept, sse,
                    tls);
    return sse == kept && tls == kept;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    uint64_t keys = (of_server(self) & STATE_SSE ? SSE_KEY : 0) + (of_server(self) & STATE_TLS ? TLS_KEY : 0);
    pair_load();
    keep(of_client(self));
    SHOT(CALL_BODY, SYS_CALL);
    *ticks = shot_ticks();
    uint64_t label = pair_label_and_badge() + keys;
    if (shot.label == label)
        return pair_check(self, 0) && still_there(self);
    BENCH_ERROR("%s: the call returned %ld, label %lx instead of %lx", self->id, (long)shot.result, shot.label,
                label);
    return false;
}

static void finish(void)
{
    pair_close();
    thread_set_fpu(suite_tcb, 0);
    thread_set_tls(suite_tcb, 0, 0);
}

#define STATE_ROW(name, path, who)                                                                             \
    {                                                                                                          \
        .id = "ipc.round_trip/cross/" name, .boot = path, .cross = true, .variant = who, .prepare = prepare,   \
        .sample = sample, .finish = finish                                                                     \
    }
#define STATE_ROWS(name, who) STATE_ROW(name "/8w", BOOT_FAST, who), STATE_ROW(name "/slow/8w", BOOT_SLOW, who)
static const struct benchmark list[] = {
    STATE_ROWS("sse_client", STATE_SSE),
    STATE_ROWS("sse", STATE_SSE *BOTH),
    STATE_ROWS("tls", STATE_TLS *BOTH),
    STATE_ROWS("sse_tls", (STATE_SSE | STATE_TLS) * BOTH),
};
BENCHMARKS(052, ipc_state, list);
