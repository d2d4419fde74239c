/* Asks for sockets that it does not have, and for what it has no memory for, or none that it may change. A server of pages is at the port of 10.0.2.2
   that it is told. */
#include <stdio.h>
#include <stdlib.h>
#include "socket.h"

int main(int argc, char **argv)
{
    enum { HOST = 0x0a000202, MOST = 65535, LISTEN_AT = 4000 };
    static const char asked[] = "GET / HTTP/1.0\r\n\r\n";
    const seL4_Word places[] = {0,         0x123000,  ~0ul - 8,        0xffffffff80000000,
                                1ul << 47, 1ul << 63, (seL4_Word)main, (seL4_Word)asked + (1ul << 32)};
    char text[64];
    seL4_Word socket = 0, other;
    unsigned wrong = 0, held = 1;
    enum net_status status =
        program_connect(HOST, argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0, &socket);
    if (status != NET_OK) {
        printf("%s\n", program_net_text(status));
        return 1;
    }
    wrong += program_connect(HOST, 0, &other) == NET_OK || program_listen(MOST + 1, &other) == NET_OK;
    for (seL4_Word n = 0; n < 3ul * PROC_ALL_SOCKETS; n++) {
        size_t bytes = sizeof text;
        wrong +=
            n != socket && (program_send(n, asked, 1) == NET_OK || program_receive(n, text, &bytes) == NET_OK);
        if (n != socket)
            program_shut(n);
    }
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        wrong += places[i] != (seL4_Word)main &&
                 program_send(socket, (const void *)places[i], 99) == NET_OK; /* NOLINT: where it has nothing */
    wrong += program_send(socket, asked, sizeof asked - 1) != NET_OK;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        size_t bytes = sizeof text;
        wrong += program_receive(socket, (void *)places[i], &bytes) == NET_OK; /* NOLINT: the same */
    }
    while (program_listen(LISTEN_AT + held, &other) == NET_OK)
        held++;
    printf("%u sockets, %u wrong ones\n", held, wrong);
    return 0;
}
