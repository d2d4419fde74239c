/* user/systems/web.c, with a network that refuses what it needs to serve, dies meanwhile, or lies. */
#include "refusing_net.h"

void seL4_Wait(seL4_Word slot, seL4_Word *badge);
#include "web.c"

static _Alignas(64) char files[FS_REGION], file_data[FS_DATA_REGION];

/* There is no file system: whoever waits for one would wait for ever, so it begins anew. */
void seL4_Wait(seL4_Word slot, seL4_Word *badge)
{
    struct ring_end files;
    (void)slot;
    ring_start(&files, fat_rings, FS_RING, false);
    *badge = 0;
}

static void begin_anew(void)
{
    again = (struct net_again){0};
    memset(connections, 0, sizeof connections);
    init();
}

static void is_refused(void)
{
    static const enum net_op ops[] = {NET_TCP, NET_LISTEN, NET_ACCEPT};
    for (unsigned i = 0; i < 3; i++) {
        refused_often(ops[i], 1);
        dies_meanwhile(ops[i], 1);
    }
}

int main(void)
{
    random_seed();
    net_rings = wire_rings, net_data = wire_data;
    fat_rings = files, fat_data = file_data;
    test_run("web/is refused", is_refused);
    test_run("web/lies", lies);
    return test_end();
}
