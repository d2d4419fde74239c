/* What the network has answered, in words. */
#ifndef SERVICES_NET_TEXT_H
#define SERVICES_NET_TEXT_H

#include "net/protocol.h"

static inline const char *net_text(unsigned status)
{
    switch (status) {
    case NET_OK: return "it went well";
    case NET_NONE: return "this system has no network; NET=1 makes it with one";
    case NET_RESTARTED: return "the network has begun anew";
    case NET_FULL: return "no memory, or no sockets are left";
    case NET_IN_USE: return "somebody has that port";
    case NET_BROKEN: return "the connection is broken";
    case NET_UNREACHABLE: return "there is no connection";
    default: return "the network refuses it";
    }
}

#endif
