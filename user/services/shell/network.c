/* The network: the interface's address, and pages of others. A command has a session of its own: what the last one left, whatever became of
   it, goes when the next one begins. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net/text.h"
#include "shell.h"
#include "timer/protocol.h"

enum { NETWORK = 9, CONTROL_C = 3, HTTP = 80, PORTS = 65535, HEAD = 1024, BYTE = 8 };
enum { OUT = 0, IN = 1 /* buffers */, LOOKS = 50, PAUSE = 100 * 1000000 /* ns between them */ };

void *net_rings, *net_data; /* where the description maps them; NULL: this system has no network */
static struct net net;

/* Programs go on meanwhile. False: Ctrl-C was typed. */
static bool sleep(void)
{
    char key;
    while (programs_look())
        ;
    while (terminal_key(&key)) {
        if (programs_have_keys())
            programs_key(key);
        else if (key == CONTROL_C)
            terminal_write("^C\n", 3);
        else
            feed_key(key); /* it is for the prompt that comes */
        if (key == CONTROL_C)
            return false;
    }
    if (programs_sleep() && terminal_sleep())
        wait_for_signal();
    return true;
}

/* The answer to the one thing that is asked at a time. False: it has said why not. */
static bool done(const char *name, bool put, struct ring_entry *answer)
{
    while (put && !net_take(&net, answer))
        if (!sleep())
            return false;
    if (!put || answer->status != NET_OK)
        complain("%s: %s", name, net_text(put ? answer->status : NET_FULL));
    return put && answer->status == NET_OK;
}

/* An address may still be on its way. */
static bool begin(const char *name, struct ring_entry *address)
{
    struct timer t = {.service = TIMER};
    if (!net_rings) {
        complain("%s: this system has no network; NET=1 makes it with one", name);
        return false;
    }
    net_start(&net, net_rings, net_data, NETWORK);
    for (unsigned left = LOOKS; left > 0; left--) {
        if (!done(name, net_ask(&net, NET_ADDRESS, 0, 0), address))
            return false;
        if (address->b != 0)
            return true;
        for (timer_set(&t, timer_now(&t) + PAUSE); !timer_due(&t);)
            if (!sleep())
                return false;
    }
    complain("%s: there is no interface, or nobody gives it an address", name);
    return false;
}

static const char *in_parts(uint64_t address, char text[16])
{
    snprintf(text, 16, "%u.%u.%u.%u", (unsigned)(address >> 24 & 0xff), (unsigned)(address >> 16 & 0xff),
             (unsigned)(address >> 8 & 0xff), (unsigned)(address & 0xff));
    return text;
}

static void tell(int count, char **word)
{
    struct ring_entry e = {0};
    char own[16], mask[16], gateway[16];
    (void)count;
    if (begin(word[0], &e))
        say("address %s, mask %s, gateway %s\n", in_parts(e.b, own), in_parts(e.c, mask),
            in_parts(e.d, gateway));
}

struct place {
    uint64_t address, port;
    const char *host, *path;
    int host_length;
};

/* Digits, and nothing in front of them. */
static bool number(const char **at, uint64_t most, uint64_t *value)
{
    char *end = NULL;
    bool digit = isdigit((unsigned char)**at) != 0;
    *value = digit ? strtoul(*at, &end, 10) : 0;
    *at = digit ? end : *at;
    return digit && *value <= most;
}

/* [http://]ADDRESS[:PORT][/PATH] */
static bool place_of(const char *at, struct place *p)
{
    uint64_t part;
    *p = (struct place){.port = HTTP};
    if (strncmp(at, "http://", 7) == 0)
        at += 7;
    p->host = at;
    for (unsigned i = 0; i < 4; i++) {
        if ((i > 0 && *at++ != '.') || !number(&at, 255, &part))
            return false;
        p->address = p->address << BYTE | part;
    }
    if (*at == ':' && (at++, !number(&at, PORTS, &p->port) || p->port == 0))
        return false;
    p->host_length = (int)(at - p->host);
    p->path = *at == '/' ? at : "/";
    return (*at == '/' || *at == 0) && !strchr(p->path, ' ');
}

/* What has come of an answer of HTTP. */
static struct page {
    char head[HEAD + 1]; /* to the empty line that ends it */
    uint32_t used;
    bool whole, told;     /* the head; how long the rest is */
    uint64_t length, got; /* of the rest */
} page;

/* The head says how long the rest is. */
static void look_for_length(void)
{
    static const char field[] = "\ncontent-length:";
    for (const char *at = page.head; *at != 0 && !page.told; at++) {
        unsigned same = 0;
        while (field[same] != 0 && tolower((unsigned char)at[same]) == field[same])
            same++;
        if (field[same] != 0)
            continue;
        at += same + strspn(at + same, " ");
        page.told = number(&at, UINT32_MAX, &page.length);
    }
}

/* Of a stranger's first line, what a terminal does not take for orders. */
static bool is_page(const char *name)
{
    char *line = page.head;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; *at != 0; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    if (strncmp(line, "HTTP/1.", 7) == 0 && strncmp(line + 8, " 200", 4) == 0)
        return true;
    complain("%s: %.60s", name, *line ? line : "no answer");
    return false;
}

/* False: it is no page, and it has said so. */
static bool take(const char *name, const char *part, uint32_t bytes)
{
    for (; bytes > 0 && !page.whole && page.used < HEAD; bytes--) {
        page.head[page.used++] = *part++;
        page.whole = page.used >= 4 && memcmp(page.head + page.used - 4, "\r\n\r\n", 4) == 0;
        if (!page.whole)
            continue;
        look_for_length();
        if (!is_page(name))
            return false;
    }
    if (!page.whole && page.used == HEAD) {
        complain("%s: what comes is no page", name);
        return false;
    }
    page.got += bytes;
    say_bytes(part, bytes);
    return true;
}

/* The part is the shell's own before it is looked at: the stack still has the other. */
static void receive(const char *name, uint64_t socket)
{
    static char part[NET_BUFFER];
    struct ring_entry e = {0};
    page = (struct page){0};
    do {
        if (!done(name, net_receive(&net, socket, IN, NET_BUFFER), &e))
            return;
        if (e.length > NET_BUFFER)
            return;
        memcpy(part, net.data + IN * NET_BUFFER, e.length);
        if (!take(name, part, e.length))
            return;
    } while (e.length > 0);
    if (!page.whole)
        complain("%s: no answer", name);
    else if (page.told && page.got < page.length)
        complain("%s: it ends after %lu of %lu bytes", name, page.got, page.length);
}

static void get(int count, char **word)
{
    struct place p;
    struct ring_entry e = {0};
    (void)count;
    if (!place_of(word[1], &p)) {
        complain("get: a page is ADDRESS[:PORT][/PATH], and an address is like 10.0.2.2");
        return;
    }
    if (!begin(word[1], &e) || !done(word[1], net_ask(&net, NET_TCP, 0, 0), &e))
        return;
    uint64_t socket = e.a;
    int length = snprintf(net.data + OUT * NET_BUFFER, NET_BUFFER, "GET %s HTTP/1.0\r\nHost: %.*s\r\n\r\n",
                          p.path, p.host_length, p.host);
    if (done(word[1], net_connect(&net, socket, p.address, p.port), &e) &&
        done(word[1], net_send(&net, socket, OUT, (uint32_t)length), &e))
        receive(word[1], socket);
    if (net_ask(&net, NET_CLOSE, socket, 0))
        session_send(&net.session);
}

const struct command network_commands[] = {
    {"net", "", "which address this machine has", tell, 0, 0, 0},
    {"get", "PAGE", "what is there: ADDRESS[:PORT][/PATH], by HTTP", get, 1, 1, 0},
    {0},
};
