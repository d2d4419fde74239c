/* The driver of the interface, which dies. */
#define init honest_init
#define notified honest_notified
#define ADDRESS_BYTES BYTES_OF_ADDRESS /* board.h has it, too */
#include "virtio_net/server.c"
#undef init
#undef notified
#undef ADDRESS_BYTES
#define WHICH INTERFACE
#include "mortal.h"
