/* The other side of a measurement: the server, the second thread or the pager. The same code runs as a
   thread of bench.elf (same address space) and as partner.elf (another one). */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "baton.h"

enum service_kind {
    SERVICE_ECHO,        /* answers each call with the words that came */
    SERVICE_STAMP_RECV,  /* reads the clock as soon as a call arrives; the reply's label is the time */
    SERVICE_STAMP_REPLY, /* reads the clock just before it answers; the next call fetches that time */
    SERVICE_YIELD,       /* reads the clock as soon as it runs again, yields */
    SERVICE_PAGER,       /* maps the frame where its client faults */
    SERVICE_WAITER,      /* waits for a notification, again and again */
    SERVICE_PONG,        /* waits for one notification, then signals another */
    SERVICE_SPIN,        /* reads the clock for ever */
    SERVICE_LONG,        /* answers each long message with the same, out of its IPC buffer */
    SERVICE_CALLER,   /* calls; reads the clock as soon as it is answered; the next call's label is the time */
    SERVICE_CLIENT,   /* calls again and again, each time with what it was answered */
    SERVICE_LISTENER, /* receives; only signals of its bound notification come */
    SERVICE_NEXT,     /* yields, again and again */
};

/* What a thread has that is not in its general registers, and uses. */
enum service_state { STATE_NONE = 0, STATE_SSE = 1, STATE_TLS = 2 };

/* What a service needs; slots are indexes in the root CNode of the program it runs in, at most 16383. */
struct service_args {
    enum service_kind kind;
    bool clear;     /* it clears its message words, as a program that answers with none does */
    unsigned state; /* STATE_... of an echo, which adds a key out of each to the label of its answer */
    uint64_t ep;    /* where it receives; a notification for services that wait */
    uint64_t watch; /* where it reports a failure */
    uint64_t frame,
        space; /* the pager's: the frame it maps, and where; the page of SERVICE_YIELD and _SPIN is mapped */
               /* frame of SERVICE_PONG: the notification that it signals */
};

/* The arguments as the one number with which a thread or a program is started, and the service itself. */
uint64_t service_pack(const struct service_args *a);
void service_run(uint64_t argument);

/* A client's capability has this badge. The check rounds come first (service_check), then hot calls. */
enum { CLIENT_BADGE = 0x5a5, FAULT_BADGE = 0x3c3, CHECK_ROUNDS = 8 };

/* Word k of message number `round`: all different, no bit the same in all. */
static inline uint64_t service_word(uint64_t round, unsigned k)
{
    return (round + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (k + 1) * UINT64_C(0xc2b2ae3d27d4eb4f);
}

/* A check round's call has this label, and its reply this label and each word inverted. */
static inline uint64_t service_check_label(uint64_t round)
{
    return 0xc0de0000 + round;
}

enum service_failure {
    FAILURE_BAD_MESSAGE = 1,
    FAILURE_RECEIVE,
    FAILURE_MAP,
    FAILURE_UNMAP,
    FAILURE_UNEXPECTED_FAULT,
};
const char *service_failure_name(uint64_t failure);

/* Tells the watcher, which ends the suite; never returns. */
_Noreturn void service_fail(const struct service_args *a, enum service_failure failure, uint64_t detail);
/* Answers CHECK_ROUNDS calls, looking at every word, label and badge; `m` is then the last answer, not yet
   sent: the hot loop's first reply. */
void service_check(const struct service_args *a, struct msg *m);

/* The page that the two sides of SERVICE_YIELD and SERVICE_SPIN share: no message may pass while they yield. */
#define SHARED_VADDR UINT64_C(0x500000000000)
struct yield_page {
    volatile uint64_t asked;    /* number of the sample that the first thread wants */
    volatile uint64_t answered; /* the number that `time` belongs to */
    volatile uint64_t time;
};

/* In that page: what the FS base of either side points to, where both have thread-local storage. */
#define SERVER_TLS (SHARED_VADDR + 64)
#define CLIENT_TLS (SHARED_VADDR + 128)
/* What a server with state adds to the label of its answers. */
#define SSE_KEY UINT64_C(0x5e1f00000000)
#define TLS_KEY UINT64_C(0x7150000000000)

/* Where the pager's client faults, and what the frame holds there. */
#define FAULT_VADDR UINT64_C(0x500000200000)
#define FAULT_PATTERN UINT64_C(0xba70ba70ba70ba70)

/* One function per service; they end only by service_fail. */
_Noreturn void service_echo(const struct service_args *a);
_Noreturn void service_stamp_recv(const struct service_args *a);
_Noreturn void service_caller(const struct service_args *a);
_Noreturn void service_stamp_reply(const struct service_args *a);
_Noreturn void service_yield(const struct service_args *a);
_Noreturn void service_pager(const struct service_args *a);
_Noreturn void service_waiter(const struct service_args *a);
_Noreturn void service_pong(const struct service_args *a);
_Noreturn void service_spin(const struct service_args *a);
_Noreturn void service_long(const struct service_args *a);
_Noreturn void service_client(const struct service_args *a);
_Noreturn void service_listener(const struct service_args *a);
_Noreturn void service_next(const struct service_args *a);

#endif
