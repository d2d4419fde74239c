/* A region with prefill_bootinfo="trace", which can only be read: with trace=on, in a build that has a console, its first page says
   whose threads there are, and the pages behind it are what the kernel records (kernel/abi/trace.h, in an SDK beside this). Else all is zeros. */
#ifndef BATON_TRACED_H
#define BATON_TRACED_H

#include <stdint.h>

#define TRACED_ADDRESS ((1ull << 47) - 1) /* of an object's name in a record: its physical address, if it lies in RAM */

enum { TRACED_ID = 0x101, TRACED_RING = 4096 /* where the ring begins */, TRACED_MOST = 84, TRACED_NAME = 32 };
enum { TRACED_THREAD = 1024 /* bytes of a thread; more: a pool, in which are threads of processes */ };

struct traced_owner {
    uint64_t start, bytes;  /* physical address */
    char name[TRACED_NAME]; /* of the component, as far as it fits; ended by 0 */
};

struct traced_head {
    uint64_t id, length; /* TRACED_ID; bytes with this head. 0: nothing is traced */
    uint64_t tsc_hz, owners;
};

struct traced {
    struct traced_head head;
    struct traced_owner owner[TRACED_MOST];
};

_Static_assert(sizeof(struct traced) <= TRACED_RING, "it is one page");

#endif
