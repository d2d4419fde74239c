/* For the library without SSE: doubles come in registers that its callers do not have. */
#include "../format.h"

bool __libc_floating(struct output *o, struct spec *s, struct arguments *args)
{
    (void)o, (void)s, (void)args;
    return false;
}
