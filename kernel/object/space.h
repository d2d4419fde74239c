/* Address spaces, the page tables under them, and the frames that they map. An address space has a number
   (ASID, which is its PCID where the CPU has those); a mapping remembers the number, never the object, so
   it can outlive the address space without pointing at memory that has become something else. */
#ifndef BATON_SPACE_H
#define BATON_SPACE_H

#include "cap/slot.h"

struct tcb;

enum { SPACE_IDS = 4096 }; /* PCIDs are 12 bits (SDM vol. 3, 4.10.1); 0 is the kernel's own */

/* Gives a cleared page the kernel's half and a number: the data word of its capability.
   pre: space_ids_free() > 0 */
uint64_t space_create(uint64_t *root);
unsigned space_ids_free(void);
/* Object word of the address space with this number, or 0. */
uint64_t space_root(unsigned id);
void space_release(const struct slot *space);

/* No effect when the frame or table is not mapped, or its address space is gone. */
void frame_unmap(struct slot *frame);
void table_unmap(struct slot *table);

#endif
