#include "service.h"

/* What arrived lies in the IPC buffer, and the answer takes it from there: this program touches none of it.
 * */
_Noreturn void service_long(const struct service_args *a)
{
    struct msg m = {0};
    uint64_t answer = a->clear ? SYS_REPLY_RECV : SYS_LONG_REPLY_RECV;
    long result = ipc_recv(cap_at(a->ep), &m);
    while (result == GOT_LONG)
        result = ipc(answer, cap_at(a->ep), &m);
    service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
}
