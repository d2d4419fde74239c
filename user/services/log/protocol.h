/* log: lines of text for the console, each with the name of its writer. A client has a ring of text (ring/text.h), a page that it shares with the
   service alone; it puts lines, each ended by '\n', and signals if that is asked for. There are no calls.

   The service puts "name: " before each line. The name is the description's, so nobody writes in another's name; and what could move a terminal's
   cursor (all but printable ASCII) becomes '.'. A line of more than LOG_LINE bytes is cut into several. Clients have turns, a line each.
   When the ring is full, the client's library drops lines, counts them, and says how many as soon as there is room.
   After a restart of the service a line may come twice; none is lost or torn. */
#ifndef SERVICES_LOG_PROTOCOL_H
#define SERVICES_LOG_PROTOCOL_H

#include "ring/text.h"
#include "service.h"

enum { LOG_LINE = 160 };

/* ---- the client's library */
struct log {
    struct ring_end end;
    microkit_channel service;
    unsigned lost;
};

void log_start(struct log *log, struct text_ring *shared, microkit_channel service);

/* A line, without its end: it is written whole, or counted as lost. */
void log_print(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
