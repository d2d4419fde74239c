/* A web server: GET and HEAD of files, of the disk's file system or, where it has none of that name, of the one in memory, if there is one.
   Each connection gets one file. */
#include <stdio.h>
#include <string.h>
#include "fs/client.h"
#include "net/again.h"
#include "net/protocol.h"
#include "web.h"

enum { NET = 0, DISK = 1, MEMORY = 2, INPUT = 1 /* the slot where it is notified */ };
enum { PORT = 80, CONNECTIONS = 16 };

void *net_rings, *net_data, *fat_rings, *fat_data, *ram_rings, *ram_data;
static struct net net;
static struct fs_client disk, memory;
static struct net_again again;
static uint64_t listener; /* 0: there is none */
static bool listens;

/* Its number is that of its buffer, too. */
static struct connection {
    uint64_t socket; /* 0: there is none */
    uint32_t length; /* of the request, as far as it has come */
    char request[REQUEST];
    struct fs_client *files; /* of the file that is sent; NULL: of none */
    uint64_t fid, offset, left;
} connections[CONNECTIONS];

static void signal_disk(void)
{
    microkit_notify(DISK);
}

static void signal_memory(void)
{
    microkit_notify(MEMORY);
}

/* Signals of the network that come meanwhile are not missed: its ring is looked at afterwards. */
static void wait(void)
{
    seL4_Word badge;
    seL4_Wait(INPUT, &badge);
}

static char *buffer(const struct connection *c)
{
    return net.data + (c - connections) * NET_BUFFER;
}

/* A socket that does not listen is of no use, and would keep others from the port. */
static void refused(void)
{
    if (listener != 0)
        net_ask(&net, NET_CLOSE, listener, 0);
    listener = 0;
    listens = false;
    net_again_refused(&again, "web: the network refuses it to serve; it asks again\n");
}

static void begin(void)
{
    listener = again.due = 0;
    listens = false;
    if (!net_ask(&net, NET_TCP, 0, 0))
        refused();
}

static void accept(void)
{
    if (listens && !net_ask(&net, NET_ACCEPT, listener, 0))
        refused();
}

static struct connection *find(uint64_t socket)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (connections[i].socket == socket)
            return &connections[i];
    return 0;
}

static void forget(struct connection *c)
{
    if (c->files)
        fs_close(c->files, c->fid);
    *c = (struct connection){0};
}

static void end(struct connection *c)
{
    bool was_full = !find(0);
    net_ask(&net, NET_CLOSE, c->socket, 0);
    forget(c);
    if (was_full)
        accept();
}

/* Opens it where it is, for this connection. A folder is no file. */
static bool open_file(struct connection *c, const char *path)
{
    struct fs_client *const places[] = {&disk, &memory};
    for (unsigned i = 0; i < (ram_rings ? 2 : 1); i++) {
        struct ring_entry request = {.op = FS_OPEN, .length = (uint32_t)strlen(path)}, answer;
        memcpy(places[i]->data, path, request.length);
        if (fs_ask(places[i], &request, &answer) != FS_OK)
            continue;
        if ((answer.flags & FS_FOLDER) == 0) {
            c->files = places[i];
            c->fid = answer.a;
            c->left = answer.b;
            return true;
        }
        fs_close(places[i], answer.a);
    }
    return false;
}

static void send_head(struct connection *c, const char *status, const char *type, uint64_t length,
                      const char *body)
{
    int bytes =
        snprintf(buffer(c), NET_BUFFER,
                 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %lu\r\nConnection: close\r\n\r\n%s",
                 status, type, length, body);
    net_send(&net, c->socket, (uint32_t)(c - connections), (uint32_t)bytes);
}

static void refuse(struct connection *c, const char *status)
{
    send_head(c, status, "text/plain", strlen(status), status);
}

/* The request has come. */
static void obey(struct connection *c)
{
    char path[REQUEST];
    bool head = strncmp(c->request, "HEAD ", 5) == 0;
    if (!head && strncmp(c->request, "GET ", 4) != 0)
        refuse(c, "405 Method Not Allowed");
    else if (!path_of(c->request + (head ? 5 : 4), path))
        refuse(c, "400 Bad Request");
    else if (!open_file(c, path))
        refuse(c, "404 Not Found");
    else
        send_head(c, "200 OK", type_of(path), c->left, "");
    if (head)
        c->left = 0;
}

static void go_on_sending(struct connection *c)
{
    uint32_t part = c->left < NET_BUFFER ? (uint32_t)c->left : NET_BUFFER;
    if (part == 0 || fs_read(c->files, c->fid, c->offset, buffer(c), &part) != FS_OK || part == 0) {
        end(c);
        return;
    }
    c->offset += part;
    c->left -= part;
    net_send(&net, c->socket, (uint32_t)(c - connections), part);
}

static void receive(struct connection *c)
{
    net_receive(&net, c->socket, (uint32_t)(c - connections), REQUEST - 1 - c->length);
}

static void received(struct connection *c, uint32_t length)
{
    memcpy(c->request + c->length, buffer(c), length);
    c->length += length;
    c->request[c->length] = 0;
    if (strstr(c->request, "\r\n\r\n"))
        obey(c);
    else if (c->length == REQUEST - 1)
        refuse(c, "431 Request Header Fields Too Large");
    else
        receive(c);
}

static void opened(const struct ring_entry *e)
{
    listener = e->status == NET_OK ? e->a : 0;
    if (listener == 0 || !net_ask(&net, NET_LISTEN, listener, PORT))
        refused();
}

static void listening(const struct ring_entry *e)
{
    if (e->a != listener)
        return; /* that one is closed */
    if (e->status != NET_OK) {
        refused();
        return;
    }
    listens = true;
    if (find(0))
        accept();
    microkit_dbg_puts("web: it serves\n");
}

static void accepted(const struct ring_entry *e)
{
    struct connection *c = find(0);
    if (e->a != listener)
        return;
    if (e->status != NET_OK || !c) {
        refused();
        return;
    }
    again.said = false;
    c->socket = e->b;
    receive(c);
    if (find(0))
        accept();
}

static void take(const struct ring_entry *e)
{
    struct connection *c = e->a != 0 ? find(e->a) : 0;
    if (e->op == NET_TCP)
        opened(e);
    else if (e->op == NET_LISTEN)
        listening(e);
    else if (e->op == NET_ACCEPT)
        accepted(e);
    else if (c && e->op == NET_RECEIVE && e->status == NET_OK && e->length != 0 &&
             e->length < REQUEST - c->length)
        received(c, e->length);
    else if (c && e->op == NET_SEND && e->status == NET_OK)
        go_on_sending(c);
    else if (c && e->op != NET_CLOSE)
        end(c);
}

static void write_welcome(void)
{
    static const char page[] = "<!DOCTYPE html>\n<title>Baton</title>\n<h1>Baton</h1>\n<p>This page lies in "
                               "the RAM file system. Those of a "
                               "disk (DISK=its/path) come first.</p>\n";
    uint32_t length = sizeof page - 1;
    uint64_t fid;
    if (fs_open(&memory, "index.html", FS_WRITABLE | FS_CREATE, &fid) != FS_OK)
        return;
    fs_write(&memory, fid, 0, page, &length);
    fs_close(&memory, fid);
}

void init(void)
{
    fs_connect(&disk, fat_rings, fat_data, signal_disk, wait);
    if (ram_rings) {
        fs_connect(&memory, ram_rings, ram_data, signal_memory, wait);
        write_welcome();
    }
    net_start(&net, net_rings, net_data, NET);
    begin();
    notified(NET);
}

/* The signal to ask again may have come while a file was waited for. */
static bool asks_again(void)
{
    bool due = net_again_due(&again);
    if (due)
        begin();
    return due;
}

void notified(microkit_channel ch)
{
    struct ring_entry e;
    (void)ch;
    do {
        while (net_take(&net, &e)) {
            if (e.status != NET_RESTARTED) {
                take(&e);
            } else if (net_restarted(&net, &e)) {
                for (unsigned i = 0; i < CONNECTIONS; i++)
                    forget(&connections[i]);
                begin();
            }
        }
    } while (asks_again());
}
