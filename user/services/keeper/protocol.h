/* keeper: the parent of the services. Whoever may call it may kill its children, and ask about them, by their ids;
   the answer's label is SERVICE_OK or SERVICE_BAD.

     label          words      answer's words
     KEEPER_KILL    child                           as if it had crashed: policy decides whether it runs again
     KEEPER_LIVES   child      lives, runs          lives that it has begun, and 1, or 0 if it was left dead
     KEEPER_FIND    8 words    child                its name as text, ended by NUL, in at most 64 bytes

   KEEPER_KILL is not to be repeated: the keeper itself does not die. */
#ifndef SERVICES_KEEPER_PROTOCOL_H
#define SERVICES_KEEPER_PROTOCOL_H

#include "service.h"

enum { KEEPER_KILL = 1, KEEPER_LIVES, KEEPER_FIND };

/* ---- the client's library; false: there is no such child. */
bool keeper_find(microkit_channel keeper, const char *name, seL4_Word *child);
bool keeper_kill(microkit_channel keeper, seL4_Word child);
bool keeper_lives(microkit_channel keeper, seL4_Word child, seL4_Word *lives, bool *runs);

#endif
