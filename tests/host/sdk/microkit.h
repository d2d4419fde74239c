/* As much of the SDK as a client's library needs on a host: it only signals. */
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

#endif
