/* A web server: serve 8080 answers GET /readme.txt with the file of that path. One who calls at a time; who says nothing keeps the others waiting.
   It ends when it is killed, or when other programs have all the sockets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "socket.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_FILES | PROC_NETWORK);

enum { HEAD = 1024 };

static char head[HEAD + 1], part[PROC_PART];

/* All of a request that has no body. False: there is none. */
static _Bool read_head(seL4_Word socket)
{
    for (size_t used = 0, bytes; used < HEAD; used += bytes) {
        bytes = HEAD - used;
        if (program_receive(socket, head + used, &bytes) != NET_OK || bytes == 0)
            return 0;
        head[used + bytes] = 0;
        if (strstr(head, "\r\n\r\n"))
            return 1;
    }
    return 0;
}

/* The path of GET /path HTTP/1.0, or NULL. */
static char *path_of(void)
{
    static const char get[] = "GET /";
    char *path = head + sizeof get - 1;
    if (strncmp(head, get, sizeof get - 1) != 0)
        return NULL;
    path[strcspn(path, " \r\n")] = 0;
    return path;
}

static enum net_status say(seL4_Word socket, const char *text)
{
    return program_send(socket, text, strlen(text));
}

static enum net_status send_file(seL4_Word socket, seL4_Word fid)
{
    enum net_status status = say(socket, "HTTP/1.0 200 OK\r\n\r\n");
    size_t bytes = sizeof part;
    for (seL4_Word at = 0; status == NET_OK; at += bytes, bytes = sizeof part) {
        if (program_read_file(fid, at, part, &bytes) != FS_OK || bytes == 0)
            break;
        status = program_send(socket, part, bytes);
    }
    return status;
}

/* What comes from the network is told only if it is a file's name. */
static void answer(seL4_Word socket)
{
    seL4_Word fid;
    const char *path = read_head(socket) ? path_of() : NULL;
    if (!path || program_open(path, 0, &fid) != FS_OK) {
        (void)say(socket, path ? "HTTP/1.0 404 Not Found\r\n\r\n" : "HTTP/1.0 400 Bad Request\r\n\r\n");
        return;
    }
    if (send_file(socket, fid) == NET_OK)
        printf("sent %s\n", path);
    program_close(fid);
}

/* Why it cannot go on. When the network begins anew, so does this. */
static enum net_status serve(unsigned port)
{
    struct program_caller caller;
    seL4_Word listener;
    enum net_status status = program_listen(port, &listener);
    if (status != NET_OK)
        return status;
    printf("serving at port %u\n", port);
    while ((status = program_accept(listener, &caller)) == NET_OK) {
        answer(caller.socket);
        program_shut(caller.socket);
    }
    program_shut(listener);
    return status;
}

int main(int argc, char **argv)
{
    unsigned long port = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    enum net_status status;
    if (port < 1 || port > UINT16_MAX) {
        printf("serve PORT\n");
        return 2;
    }
    while ((status = serve((unsigned)port)) == NET_RESTARTED)
        printf("%s\n", program_net_text(status));
    printf("serve: %s\n", program_net_text(status));
    return 1;
}
