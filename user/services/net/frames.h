/* Frames of Ethernet, between the stack and a driver: two rings (ring/ring.h) of requests and answers, and a region of buffers, of which the stack names
   numbers; the driver alone knows where it lies. A request is a ring_entry: id, op, and as the table says; the answer has its id, op and buffer, and a
   status. Each direction has FRAME_SLOTS requests at a time; answers come in the order in which the device is done. */
#ifndef SERVICES_NET_FRAMES_H
#define SERVICES_NET_FRAMES_H

#include <stdint.h>

enum {
    FRAME_RING = 128,      /* entries of each ring: all requests of both directions, and some */
    FRAME_REGION = 0x6000, /* of the rings: requests at 0, answers at FRAME_ANSWERS */
    FRAME_ANSWERS = 0x3000,
    FRAME_BUFFER = 2048, /* bytes of a buffer */
    FRAME_BUFFERS = 64,
    FRAME_DATA = FRAME_BUFFERS * FRAME_BUFFER,
    FRAME_SLOTS = 32,
    FRAME_LEAST = 14, /* bytes of a frame, without its checksum */
    FRAME_MOST = 1514
};

enum frame_op {
    FRAME_ADDRESS = 1, /* the answer's a: the six bytes of the interface's address, the first lowest */
    FRAME_SEND = 2,    /* buffer, length: answered when the buffer may be used again */
    FRAME_RECEIVE = 3  /* buffer: answered when it holds a frame of `length` bytes */
};

enum frame_status {
    FRAME_OK,
    FRAME_BAD,   /* no such operation, buffer or length */
    FRAME_FULL,  /* that direction has FRAME_SLOTS requests already */
    FRAME_FAILED /* there is no device, or it lied about the length */
};

#endif
