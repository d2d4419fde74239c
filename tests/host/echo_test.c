/* user/systems/echo.c, with a network that refuses what it needs to serve, dies meanwhile, or lies. */
#include "refusing_net.h"

#include "echo.c"

static void begin_anew(void)
{
    again = (struct net_again){0};
    init();
}

static void is_refused(void)
{
    static const enum net_op ops[] = {NET_UDP, NET_TCP, NET_LISTEN, NET_ACCEPT, NET_RECEIVE};
    for (unsigned i = 0; i < 5; i++) {
        refused_often(ops[i], 2);
        dies_meanwhile(ops[i], 2);
    }
}

int main(void)
{
    random_seed();
    net_rings = wire_rings, net_data = wire_data;
    test_run("echo/is refused", is_refused);
    test_run("echo/lies", lies);
    return test_end();
}
