#include "crowd.h"
#include "harness.h"
#include "partner.h"

static struct partner member[CROWD_MAX];
static unsigned made, ready;

void crowd_start(unsigned count)
{
    for (; made < count; made++)
        member[made] = partner_new(false, (struct service_args){.kind = SERVICE_NEXT});
    for (ready = 0; ready < count; ready++)
        partner_start(&member[ready]);
}

void crowd_stop(void)
{
    while (ready > 0)
        partner_stop(&member[--ready]);
}
