/* Sockets, by messages to the process server. */
#include "socket.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "net/text.h"

enum { SERVER = 1 };

/* Asks until it need not wait. The words are put down again each time, for an answer takes their place. */
static enum net_status ask(seL4_Word label, seL4_Uint16 count, seL4_Word one, seL4_Word two, seL4_Word three)
{
    for (;;) {
        seL4_SetMR(0, one);
        seL4_SetMR(1, two);
        seL4_SetMR(2, three);
        seL4_Word answer =
            microkit_msginfo_get_label(baton_ppcall(baton_address(SERVER), microkit_msginfo_new(label, count)));
        if (answer == SERVICE_OK)
            return (enum net_status)seL4_GetMR(0);
        if (answer != PROC_LATER)
            return answer == PROC_NO_NETWORK ? NET_NONE : NET_BAD;
        program_wait();
    }
}

/* With the answer to what opens it. */
static enum net_status opened(enum net_status status, seL4_Word *socket)
{
    if (status != NET_OK)
        return status;
    *socket = seL4_GetMR(1);
    status = ask(PROC_OPENED, 1, *socket, 0, 0);
    if (status != NET_OK)
        program_shut(*socket);
    return status;
}

enum net_status program_connect(uint32_t address, unsigned port, seL4_Word *socket)
{
    return opened(ask(PROC_CONNECT, 2, address, port, 0), socket);
}

enum net_status program_listen(unsigned port, seL4_Word *socket)
{
    return opened(ask(PROC_LISTEN, 1, port, 0, 0), socket);
}

enum net_status program_accept(seL4_Word listener, struct program_caller *caller)
{
    enum net_status status = ask(PROC_ACCEPT, 1, listener, 0, 0);
    if (status == NET_OK)
        *caller = (struct program_caller){seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3)};
    return status;
}

enum net_status program_send(seL4_Word socket, const void *from, size_t bytes)
{
    enum net_status status = NET_OK;
    for (size_t done = 0; done < bytes && status == NET_OK;) {
        size_t part = bytes - done < PROC_PART ? bytes - done : PROC_PART;
        status = ask(PROC_SEND, 3, socket, (seL4_Word)from + done, part);
        done += status == NET_OK ? seL4_GetMR(1) : 0;
    }
    return status;
}

enum net_status program_receive(seL4_Word socket, void *to, size_t *bytes)
{
    enum net_status status =
        ask(PROC_RECEIVE, 3, socket, (seL4_Word)to, *bytes < PROC_PART ? *bytes : PROC_PART);
    *bytes = status == NET_OK ? seL4_GetMR(1) : 0;
    return status;
}

void program_shut(seL4_Word socket)
{
    (void)ask(PROC_SHUT, 1, socket, 0, 0);
}

const char *program_net_text(enum net_status status)
{
    return net_text(status);
}

_Bool program_address(const char *text, uint32_t *address)
{
    enum { PARTS = 4, MOST = 255 };
    uint32_t all = 0;
    for (unsigned i = 0; i < PARTS; i++) {
        char *end = NULL;
        if ((i > 0 && *text++ != '.') || !isdigit((unsigned char)*text))
            return 0;
        unsigned long part = strtoul(text, &end, 10);
        if (part > MOST)
            return 0;
        all = all << 8 | (uint32_t)part;
        text = end;
    }
    *address = all;
    return *text == 0;
}
