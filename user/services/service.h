/* What the protocols of all services have in common: how an answer begins, and what a call does whose server dies meanwhile. */
#ifndef SERVICES_SERVICE_H
#define SERVICES_SERVICE_H

#include <stdbool.h>
#include <microkit.h>

/* The label of an answer, and the status of an entry. EAGAIN_RESTARTED: the server died; whether it had done it, nobody knows, and doing
   it twice would not be the same. */
enum { SERVICE_OK = 0, SERVICE_BAD = 1, EAGAIN_RESTARTED = 2 };

/* A server is restarted before its caller runs again; one that has died so often in a row stays dead. */
enum { SERVICE_TRIES = 8 };

/* Calls with words that are set anew for each try, for what may be done twice. False: it stays dead, or refuses. */
#define SERVICE_CALL(channel, label, words, set)                                                               \
    ({                                                                                                         \
        microkit_msginfo answer_;                                                                              \
        unsigned tries_ = SERVICE_TRIES;                                                                       \
        do {                                                                                                   \
            set;                                                                                               \
            answer_ = microkit_ppcall(channel, microkit_msginfo_new(label, words));                            \
        } while (microkit_msginfo_get_label(answer_) == BATON_LABEL_NO_ANSWER && --tries_ > 0);                \
        microkit_msginfo_get_label(answer_) == SERVICE_OK;                                                     \
    })

/* Tells all that may be signalled: a server at each start, since its last life may have owed them a signal. */
static inline void service_signal_all(void)
{
    for (seL4_Word left = microkit_notifications; left != 0; left &= left - 1)
        microkit_notify((microkit_channel)__builtin_ctzl(left));
}

/* <memory_region prefill_bootinfo="x86_tsc_freq">: millions of ticks of the time-stamp counter in a second. */
struct service_clock {
    seL4_BootInfoHeader header;
    seL4_Uint32 mhz;
};

#endif
