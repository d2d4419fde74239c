/* screen: shows a picture that lies in memory. The client draws into the picture and says which rectangles of it have changed; the driver
   copies them to the frame buffer, which nobody else has. Shared with the one client: the picture, SCREEN_HEIGHT lines of SCREEN_WIDTH
   pixels 0x00RRGGBB each, and a page with a ring of entries that the client puts:

     a    x | y << 32, signed 32 bits each          b    width | height << 32

   What lies outside of the picture is left out. The driver signals when there is room that was asked for. There are no calls and no answers.
   A driver that begins anew shows the whole picture. */
#ifndef SERVICES_SCREEN_PROTOCOL_H
#define SERVICES_SCREEN_PROTOCOL_H

#include "draw/draw.h"
#include "ring/ring.h"
#include "service.h"

enum { SCREEN_WIDTH = 1024, SCREEN_HEIGHT = 768, SCREEN_RING = 32 };

/* ---- the client's library */
struct screen {
    struct ring_end end;
    microkit_channel service;
    struct rect waiting; /* for room in the ring */
};

void screen_start(struct screen *s, void *shared, microkit_channel service);

/* That has changed. What there is no room for waits, as one rectangle. */
void screen_changed(struct screen *s, struct rect where);

/* To be called when all of a round was said, and when the service has signalled. */
void screen_send(struct screen *s);

#endif
