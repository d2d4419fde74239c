#include "object/debug_cap.h"

#include "abi/abi.h"
#include "object/cnode.h"
#include "thread/tcb.h"

const struct slot *debug_cap(const struct tcb *caller, uint64_t may, long *error)
{
    const struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_DEBUG, error);
    if (!s || s->data & may)
        return s;
    *error = ERR_NO_RIGHT;
    return NULL;
}
