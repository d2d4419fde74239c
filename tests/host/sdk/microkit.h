/* As much of the SDK as a client's library or a driver needs on a host; the test defines what these do. */
#ifndef BATON_HOST_MICROKIT_H
#define BATON_HOST_MICROKIT_H

#include <stdint.h>

typedef uint64_t seL4_Word;
typedef uint32_t seL4_Uint32;
typedef unsigned int microkit_channel;
typedef struct {
    seL4_Word id, length;
} seL4_BootInfoHeader;

extern seL4_Word microkit_notifications;
void microkit_notify(microkit_channel ch);

typedef struct {
    seL4_Word label, count;
} microkit_msginfo;
void init(void);
void notified(microkit_channel ch);
void microkit_irq_ack(microkit_channel ch);
void microkit_dbg_puts(const char *s);
void microkit_mr_set(unsigned i, seL4_Word word);
seL4_Word microkit_mr_get(unsigned i);
microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo message);

#define BATON_LABEL_NO_ANSWER 0xfffffffffffffull

static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, unsigned words)
{
    return (microkit_msginfo){label, words};
}

static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo message)
{
    return message.label;
}

static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo message)
{
    return message.count;
}

#endif
