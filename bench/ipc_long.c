/* What does a message that does not fit into the registers cost, there and back? Words 8 and up go through the IPC
   buffers both ways; the capability goes one way. */
#include "ipc_buffer.h"
#include "ipc_pair.h"
#include "partner.h"

enum { ONE_CAP = 0, RECEIVE_CNODE_RADIX = 1 };

static struct partner server;
static cap_t client_ep;
static uint64_t server_frame, receive_cnode; /* slots; 0: not made yet */
static struct ipc_buffer *server_buffer;     /* mapped here, too, to look at what came */
static uint64_t number;

static bool good(const struct benchmark *self, const char *what, long error)
{
    if (error != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(error));
    return error == 0;
}

static bool make_buffer(const struct benchmark *self)
{
    if (server_frame != 0)
        return true;
    server_frame = object_new(TYPE_FRAME, 12);
    receive_cnode = object_new(TYPE_CNODE, RECEIVE_CNODE_RADIX);
    uint64_t vaddr = pages_reserve(1);
    server_buffer = (struct ipc_buffer *)(uintptr_t)vaddr;
    return good(self, "mapping the server's buffer",
                map_frame(server_frame, cap_at(CAP_SELF_SPACE), vaddr, RIGHT_READ | RIGHT_WRITE));
}

/* The server's CSpace gets a CNode to receive in; the capabilities of its thread are given again, with
 * the buffer. */
static long configure(const struct benchmark *self)
{
    uint64_t cnode = self->cross ? server.program.cnode : CAP_SELF_CNODE;
    uint64_t slot = self->cross ? program_give(&server.program, receive_cnode, RIGHT_ALL, 0) : receive_cnode;
    server_buffer->receive_cnode = cap_at(slot);
    server_buffer->receive_index = 0;
    return syscall6(SYS_THREAD_CONFIGURE, server.tcb, cap_at(cnode), server.space, suite_fault_ep,
                    BENCH_PRIORITY | BENCH_PRIORITY << 8, cap_at(server_frame));
}

static bool prepare(const struct benchmark *self)
{
    if (!make_buffer(self))
        return false;
    uint64_t ep = object_new(TYPE_ENDPOINT, 0), granting = slot_new();
    struct service_args args = {.kind = SERVICE_LONG, .ep = ep, .clear = self->variant == ONE_CAP};
    server = partner_new(self->cross, args);
    client_ep = cap_at(granting);
    if (!good(self, "minting the client's capability",
              cap_mint(cap_at(CAP_SELF_CNODE), granting, cap_at(CAP_SELF_CNODE), ep, RIGHT_SEND | RIGHT_GRANT,
                       CLIENT_BADGE)) ||
        !good(self, "giving the server its buffer", configure(self)))
        return false;
    partner_start(&server);
    thread_yield(); /* until it waits */
    return true;
}

static void load(const struct benchmark *self)
{
    struct ipc_buffer *buffer = suite_buffer;
    shot.target = client_ep;
    shot.label = ++number;
    buffer->words = self->variant == ONE_CAP ? 0 : self->variant - 8;
    buffer->caps = self->variant == ONE_CAP;
    buffer->cap[0] = client_ep;
    for (uint64_t i = 0; i < buffer->words; i++)
        buffer->word[i] = service_word(number, (unsigned)i);
}

static bool arrived(const struct benchmark *self)
{
    if (self->variant == ONE_CAP)
        return shot.result == GOT_MESSAGE && server_buffer->caps == 1 &&
               cap_delete(cap_at(receive_cnode), 0) == 0;
    bool good = shot.result == GOT_LONG && server_buffer->words == self->variant - 8 &&
                suite_buffer->words == self->variant - 8;
    for (uint64_t i = 0; good && i < self->variant - 8; i++)
        good = server_buffer->word[i] == service_word(number, (unsigned)i);
    return good;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    load(self);
    SHOT(CALL_BODY, SYS_LONG_CALL);
    *ticks = shot_ticks();
    if (arrived(self))
        return true;
    BENCH_ERROR("%s: the call returned %ld; the server got %lu more words and %lu capabilities", self->id,
                (long)shot.result, server_buffer->words, server_buffer->caps);
    return false;
}

static void finish(void)
{
    partner_stop(&server);
}

#define LONG_ROW(what, space, path, is_cross, words)                                                           \
    {                                                                                                          \
        .id = "ipc.long/" space "/" what, .boot = path, .cross = is_cross, .variant = words,                   \
        .prepare = prepare, .sample = sample, .finish = finish                                                 \
    }
#define LONG_ROWS(space, path, is_cross)                                                                       \
    LONG_ROW("16w", space, path, is_cross, 16), LONG_ROW("64w", space, path, is_cross, 64),                    \
        LONG_ROW("120w", space, path, is_cross, 120), LONG_ROW("cap", space, path, is_cross, ONE_CAP)
static const struct benchmark list[] = {
    LONG_ROWS("same", BOOT_FAST, false),
    LONG_ROWS("cross", BOOT_FAST, true),
    LONG_ROWS("cross/slow", BOOT_SLOW, true),
};
BENCHMARKS(060, ipc_long, list);
