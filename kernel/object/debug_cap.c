#include "object/debug_cap.h"

#include "abi/abi.h"
#include "object/cnode.h"
#include "thread/tcb.h"

long debug_cap_decide(const struct tcb *caller, uint64_t may)
{
    long error;
    const struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_DEBUG, &error);
    if (!s)
        return error;
    return s->data & may ? 0 : ERR_NO_RIGHT;
}
