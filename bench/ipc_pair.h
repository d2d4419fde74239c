/* A client (the thread that measures) and a server, for the three ipc benchmarks. */
#ifndef BENCH_IPC_PAIR_H
#define BENCH_IPC_PAIR_H

#include "harness.h"
#include "partner.h"
#include "service/service.h"
#include "shot.h"

/* The client's share of a measured call, as in a program that calls with the words in registers, or,
   for a message of none, with all eight cleared. */
#define CALL_BODY                                                                                              \
    "mov " SHOT_TARGET ", %%rdi\n\t"                                                                           \
    "mov " SHOT_LABEL ", %%rsi\n\t"                                                                            \
    "mov %[op], %%eax\n\t"                                                                                     \
    "syscall\n\t"
#define CALL_BODY_0W CLEAR_WORDS CALL_BODY
/* One call with as many words as the row says. */
#define PAIR_SHOT(self)                                                                                        \
    do {                                                                                                       \
        pair_load();                                                                                           \
        if ((self)->variant == 0)                                                                              \
            SHOT(CALL_BODY_0W, SYS_CALL);                                                                      \
        else                                                                                                   \
            SHOT(CALL_BODY, SYS_CALL);                                                                         \
    } while (0)

/* Makes an endpoint and a server of this kind, and lets them prove that messages arrive (CHECK_ROUNDS). */
bool pair_open(const struct benchmark *b, enum service_kind kind);
/* The same in two steps: the server can be given something before it starts. args.ep is filled in. */
void pair_make(const struct benchmark *b, struct service_args args);
const struct partner *pair_server(void);
bool pair_start(const struct benchmark *b);
/* The other way round: the partner calls, and this thread has received its first call. */
bool pair_open_caller(const struct benchmark *b);
void pair_close(void);
/* The client's capability to the endpoint. */
cap_t pair_ep(void);

/* Sets the shot's endpoint, label and words, new for every call. Even with no words to send the registers
   hold them: the body must clear them. */
void pair_load(void);
/* Is the shot's outcome a reply (after pair_open_caller: the next call) with the words that were sent, and
 * `add` added to word 0? */
bool pair_check(const struct benchmark *b, uint64_t add);
/* Label plus badge of the last call that was loaded: what the server answers. */
uint64_t pair_label_and_badge(void);

/* The 8 rows of one benchmark. */
#define IPC_ROW(name, space, is_cross, path, in_boot, words)                                                   \
    {                                                                                                          \
        .id = name "/" space "/" path "/" #words "w", .boot = in_boot, .cross = is_cross, .variant = words,    \
        .prepare = prepare, .sample = sample, .batch = BATCH_FUNCTION, .finish = pair_close                    \
    }
#define IPC_ROWS(name)                                                                                         \
    IPC_ROW(name, "same", false, "fast", BOOT_FAST, 0), IPC_ROW(name, "same", false, "fast", BOOT_FAST, 8),    \
        IPC_ROW(name, "same", false, "slow", BOOT_SLOW, 0),                                                    \
        IPC_ROW(name, "same", false, "slow", BOOT_SLOW, 8),                                                    \
        IPC_ROW(name, "cross", true, "fast", BOOT_FAST, 0),                                                    \
        IPC_ROW(name, "cross", true, "fast", BOOT_FAST, 8),                                                    \
        IPC_ROW(name, "cross", true, "slow", BOOT_SLOW, 0), IPC_ROW(name, "cross", true, "slow", BOOT_SLOW, 8)

#endif
