/* A disk for a client that waits for each answer. It needs two functions of its own: how to signal the virtualiser, and how to wait for a signal. */
#ifndef SERVICES_BLK_CLIENT_H
#define SERVICES_BLK_CLIENT_H

#include "../ring/ring.h"
#include "protocol.h"

struct blk_client {
    struct ring_end requests, answers;
    char *data;
    uint64_t id;
    void (*signal)(void);
    void (*wait)(void);
};

void blk_connect(struct blk_client *c, void *rings, void *data, void (*signal)(void), void (*wait)(void));
/* All may be asked twice, and are asked again when the virtualiser begins a new life. *size: of BLK_SIZE. */
enum blk_status blk_ask(struct blk_client *c, enum blk_op op, uint64_t sector, uint32_t count, uint64_t *size);

#endif
