/* Bytes of the controller become events. */
#ifndef SERVICES_INPUT_DECODE_H
#define SERVICES_INPUT_DECODE_H

#include "input/protocol.h"

struct decode {
    bool extended;    /* 0xe0 came */
    unsigned skipped; /* bytes that are still to come of a key that is only ever pressed */
    uint8_t packet[3];
    unsigned count; /* of its bytes that have come */
};

/* True: *event is filled in, but for its id, and its flags. */
bool decode_key(struct decode *d, uint8_t byte, struct ring_entry *event);
bool decode_mouse(struct decode *d, uint8_t byte, struct ring_entry *event);

#endif
