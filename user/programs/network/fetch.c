/* What a web server has at a path: fetch 10.0.2.2 8000 /letter. Only what is answered by 200 is printed. */
#include <libc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "socket.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_NETWORK);

enum { HEAD = 1024 };

static char head[HEAD + 1], part[PROC_PART];
static size_t used;

/* Takes bytes until the empty line that ends the head; how many of these belong to it. */
static size_t take_head(const char *from, size_t bytes, _Bool *whole)
{
    size_t taken = 0;
    while (taken < bytes && used < HEAD && !*whole) {
        head[used++] = from[taken++];
        *whole = used >= 4 && memcmp(head + used - 4, "\r\n\r\n", 4) == 0;
    }
    return taken;
}

/* Of a stranger's first line, what a terminal does not take for orders. */
static const char *first_line(void)
{
    head[strcspn(head, "\r\n")] = 0;
    for (char *at = head; *at != 0; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return head;
}

static _Bool is_page(void)
{
    return strncmp(first_line(), "HTTP/1.", 7) == 0 && strncmp(head + 8, " 200", 4) == 0;
}

static enum net_status no_page(const char *name)
{
    printf("%s: what comes is no page\n", name);
    return NET_BAD;
}

/* The other side ends the connection behind the page. */
static enum net_status print_page(seL4_Word socket, const char *name)
{
    _Bool whole = 0;
    for (;;) {
        size_t bytes = sizeof part;
        enum net_status status = program_receive(socket, part, &bytes);
        if (status != NET_OK || bytes == 0)
            return whole || status != NET_OK ? status : no_page(name);
        _Bool before = whole;
        size_t of_head = take_head(part, bytes, &whole);
        if (whole != before && !is_page()) {
            printf("%s: %.60s\n", name, head);
            return NET_BAD;
        }
        if (whole)
            __libc_write(part + of_head, bytes - of_head);
        else if (used == HEAD)
            return no_page(name);
    }
}

int main(int argc, char **argv)
{
    uint32_t address;
    seL4_Word socket;
    unsigned long port = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc < 3 || argc > 4 || !program_address(argv[1], &address) || port < 1 || port > UINT16_MAX) {
        printf("fetch ADDRESS PORT [PATH], like fetch 10.0.2.2 8000 /letter\n");
        return 2;
    }
    enum net_status status = program_connect(address, (unsigned)port, &socket);
    if (status == NET_OK) {
        const char *path = argc > 3 ? argv[3] : "/";
        int length = snprintf(part, sizeof part, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, argv[1]);
        status = program_send(socket, part, (size_t)length);
        if (status == NET_OK)
            status = print_page(socket, argv[1]);
        program_shut(socket);
    }
    if (status != NET_OK && status != NET_BAD)
        printf("%s: %s\n", argv[1], program_net_text(status));
    return status != NET_OK;
}
