/* Rights to answer that are saved in slots. */
#ifndef CONFORM_SAVED_H
#define CONFORM_SAVED_H

#include "frame/conform.h"

/* reply_save as the actor's step: with the CNode as capability and the index where a message has its label. */
long save_in(unsigned who, cap_t cnode, uint64_t index);
/* `caller` has called B, which has saved the right to answer it in that slot. */
struct step *call_saved(unsigned caller, uint64_t slot);
void expect_type(uint64_t slot, long type);

#endif
