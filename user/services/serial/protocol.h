/* serial: the first serial port. Two rings of text (ring/text.h), each a page that it shares with one other:

     text to send       the other puts, the driver takes, and signals when there is room that was asked for
     what was typed     the driver puts, the other takes; what does not fit is dropped

   There are no calls. After a restart of the driver the rings go on where they were; at most one byte is sent twice, and what the chip had
   received and the driver had not taken may be lost. */
#ifndef SERVICES_SERIAL_PROTOCOL_H
#define SERVICES_SERIAL_PROTOCOL_H

#include "ring/text.h"
#include "service.h"

/* ---- the library of the component that reads what is typed */
struct typed {
    struct ring_end end;
    microkit_channel service;
    unsigned count;
    char line[80];
};

void typed_start(struct typed *t, struct text_ring *shared, microkit_channel service);

/* To be asked, until it is false, at the start and when the service has signalled: is there a whole line? t->line has it, without its end;
   of a longer one, the first part. */
bool typed_line(struct typed *t);

#endif
