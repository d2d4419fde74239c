/* The driver of the disk, which dies. */
#define init honest_init
#define notified honest_notified
#include "virtio_blk/server.c"
#undef init
#undef notified
#define WHICH DISK
#include "mortal.h"
