/* The first set of scan codes, and the mouse's packets of three bytes. */
#include "input/decode.h"

enum { PREFIX = 0xe0, PAUSE = 0xe1, PAUSE_REST = 2, RELEASED = 0x80, OVERRUN = 0xff, ACKNOWLEDGED = 0xfa };
enum { BUTTONS = 7, ALWAYS = 8, LEFTWARDS = 0x10, DOWNWARDS = 0x20, OVERFLOWS = 0xc0 };

bool decode_key(struct decode *d, uint8_t byte, struct ring_entry *event)
{
    bool extended = d->extended;
    d->extended = byte == PREFIX;
    if (d->skipped > 0) {
        d->skipped--;
        return false;
    }
    if (byte == PAUSE)
        d->skipped = PAUSE_REST;
    if (byte == PREFIX || byte == PAUSE || (byte & ~RELEASED) == 0 || byte >= ACKNOWLEDGED || byte == OVERRUN)
        return false;
    *event = (struct ring_entry){.op = INPUT_KEY,
                                 .a = (byte & ~(uint64_t)RELEASED) | (extended ? RELEASED : 0),
                                 .b = (byte & RELEASED) == 0};
    return true;
}

/* Nine bits: the ninth is in the first byte. */
static uint64_t moved(uint8_t byte, bool negative)
{
    return (uint64_t)((int64_t)byte - (negative ? 256 : 0));
}

/* A packet's first byte has one bit that is always set: by it, one that was lost is noticed. What overflowed is no number. */
bool decode_mouse(struct decode *d, uint8_t byte, struct ring_entry *event)
{
    if (d->count == 0 && (byte & ALWAYS) == 0)
        return false;
    d->packet[d->count++] = byte;
    if (d->count < sizeof d->packet)
        return false;
    d->count = 0;
    uint8_t head = d->packet[0];
    bool moves = (head & OVERFLOWS) == 0;
    *event = (struct ring_entry){.op = INPUT_POINTER,
                                 .a = moves ? moved(d->packet[1], (head & LEFTWARDS) != 0) : 0,
                                 .b = moves ? -moved(d->packet[2], (head & DOWNWARDS) != 0) : 0,
                                 .c = head & BUTTONS};
    return true;
}
