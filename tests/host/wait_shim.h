/* Before what waits for a signal on a host: the test says what comes meanwhile. */
#ifndef WAIT_SHIM_H
#define WAIT_SHIM_H

#include <microkit.h>

void seL4_Wait(seL4_Word slot, seL4_Word *badge);

#endif
