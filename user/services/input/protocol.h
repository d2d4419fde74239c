/* input: what is done with keyboard and mouse, as the PS/2 ports of PCs give it. A page with a ring of entries (ring/ring.h) that the driver puts
   and its one client takes:

     op               a                          b               c
     INPUT_KEY        number of the key          1: it went down
     INPUT_POINTER    right, signed, in steps    down, signed    buttons that are down: a bit each, left, right, middle

   Keys have the numbers of the first set of scan codes, plus 0x80 if there is an 0xe0 before it. flags has INPUT_LOST when something did not come
   before this: there was no room, or the driver began anew. Then which keys and buttons are down is not known. There are no calls. */
#ifndef SERVICES_INPUT_PROTOCOL_H
#define SERVICES_INPUT_PROTOCOL_H

#include "ring/ring.h"

enum { INPUT_KEY = 1, INPUT_POINTER, INPUT_RING = 32, INPUT_LOST = 1, INPUT_KEYS = 256 };

#endif
