/* TCP sockets of a program. It needs PROC_NETWORK. What has to wait is waited for; what came, or is sent, is copied by the process server. */
#ifndef PROGRAMS_SOCKET_H
#define PROGRAMS_SOCKET_H

#include "net/protocol.h"
#include "program.h"

/* All of them: NET_OK, or why not. NET_NONE: this system has no network; NET_RESTARTED: it has begun anew, and the socket is good for nothing
   any more: close it, and open another; NET_BAD: the program may not, or has no such socket. A socket that could not be opened is none. */

/* Addresses are IPv4 as a number, 0x0a000202 for 10.0.2.2. */
enum net_status program_connect(uint32_t address, unsigned port, seL4_Word *socket);
enum net_status program_listen(unsigned port, seL4_Word *socket);
/* Waits for the next who calls there. */
struct program_caller {
    seL4_Word socket, address, port;
};
enum net_status program_accept(seL4_Word listener, struct program_caller *caller);
enum net_status program_send(seL4_Word socket, const void *from, size_t bytes);
/* At most *bytes, which becomes how many came; 0: the other side has ended. */
enum net_status program_receive(seL4_Word socket, void *to, size_t *bytes);
void program_shut(seL4_Word socket);

const char *program_net_text(enum net_status status);
/* Four numbers with dots between them. False: it is no address. */
_Bool program_address(const char *text, uint32_t *address);

#endif
