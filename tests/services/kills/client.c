/* Works with files on a disk and with a network until the killer has done: writes a number into a list, and waits until that is safe; sends a
   datagram until it comes back; and where there is a web server, asks it for a page until that comes whole. Then it looks whether all that was safe is
   there. It never sleeps: disk and interface are its own
   (bench/systems/device.h), and a service that begins anew may want them at any time. But whatever it would have slept for must have been signalled. */
#include <stdio.h>
#include <string.h>
#include "device.h"
#include "fs/client.h"
#include "keeper/protocol.h"
#include "peer.h"
#include "shot.h"
#include "store.h"

enum { NET_DRIVER = 0, KEEPER = 1, DISK_DRIVER = 2, FAT = 4, DUMPER = 5 }; /* channels */
enum { INPUT = 1 /* the slot where it is notified */ };
enum {
    TRIES = 1000,
    PORT = 2000,
    ECHO = 7,
    BYTES = 64,
    LIST = 4096,
    HTTP = 80,
    FIRST_PORT = 4000,
    PAGE = 0x1000
};

void *fat_rings, *fat_data; /* where the description maps them */
const volatile struct score *score;
const char *names; /* of the keeper's children */
const void *web;   /* NULL: nobody serves pages */
struct shot shot;

static struct fs_client files;
static uint64_t fid, list[LIST], read[LIST], written, sent, pages, wrong;
static bool open, waited, signalled; /* waited: for an answer to what was asked last */

static void say(const char *what, uint64_t number)
{
    char line[80];
    snprintf(line, sizeof line, "client: %s %lu\n", what, number);
    microkit_dbg_puts(line);
}

static void complain(const char *what, uint64_t number)
{
    wrong++;
    say(what, number);
}

static void signal_fat(void)
{
    microkit_notify(FAT);
}

static void look_for_signal(void)
{
    seL4_Word badge = 0;
    seL4_Poll(INPUT, &badge);
    signalled |= (badge >> FAT & 1) != 0;
}

static void wait(void)
{
    waited = true;
    disk_serve();
    look_for_signal();
}

void peer_step(void)
{
    interface_interrupt();
    while (disk_serve())
        ;
}

/* What a restart took away is asked for again: each of these may be done twice. */
static enum fs_status once(enum fs_status status)
{
    look_for_signal();
    for (unsigned left = TRIES; waited && !signalled && left > 0; left--)
        wait(); /* one that looks all the time sees a new life before that is ready */
    if (waited && !signalled)
        complain("FAT does not say that it has answered, or begun anew, at number", written);
    waited = signalled = false;
    if (status == FS_RESTARTED || status == FS_BAD_FID)
        open = false;
    return status;
}

static enum fs_status reopened(void)
{
    if (open)
        return FS_OK;
    enum fs_status status = once(fs_open(&files, "list", FS_WRITABLE | FS_CREATE, &fid));
    open = status == FS_OK;
    return status;
}

static void write_number(void)
{
    uint32_t bytes = 8;
    uint64_t number = (written + 1) * 0x9e3779b97f4a7c15ul, at = written % LIST;
    enum fs_status status = FS_RESTARTED;
    for (unsigned left = TRIES; left > 0 && status != FS_OK; left--, bytes = 8) {
        status = reopened();
        if (status == FS_OK)
            status = once(fs_write(&files, fid, at * 8, &number, &bytes));
        if (status == FS_OK)
            status = once(fs_sync(&files));
    }
    if (status != FS_OK)
        complain("a write ends with status", status);
    list[at] = number;
    written++;
}

static void send_datagram(void)
{
    static struct frame f;
    bool came = false;
    for (unsigned left = TRIES; left > 0 && !came; left--) {
        peer_datagram(&f, PORT, ECHO, BYTES);
        interface_put(f.bytes, f.length);
        peer_step();
        for (struct frame *found; !came && (found = peer_take()) != 0;)
            came = peer_is_echo(&f, found);
        if (!came)
            peer_meet(); /* a stack that began anew does not know us */
    }
    if (!came)
        complain("no datagram comes back, number", sent);
    sent++;
}

/* Of one connection: the page is what stands behind the head. */
static bool page_comes(void)
{
    static const uint8_t request[] = "GET /page HTTP/1.0\r\n\r\n";
    static uint8_t answer[2 * PAGE];
    static uint16_t port = FIRST_PORT;
    static struct connection c;
    uint32_t length = sizeof answer;
    port = port == UINT16_MAX ? FIRST_PORT : port + 1;
    if (!peer_connect(&c, port, HTTP) ||
        !peer_exchange(&c, request, sizeof request - 1, answer, &length, true) || !peer_end(&c) ||
        length < PAGE || memcmp(answer, "HTTP/1.1 200 OK\r\n", 17) != 0)
        return false;
    for (uint32_t i = 0; i < PAGE; i++)
        if (answer[length - PAGE + i] != disk_byte(i)) {
            complain("another page comes, from byte", i);
            return false;
        }
    return true;
}

static void get_page(void)
{
    unsigned left = TRIES;
    while (left > 0 && !page_comes()) {
        left--;
        peer_meet();
    }
    if (left == 0)
        complain("no page comes, number", pages);
    pages++;
}

static void look(void)
{
    uint32_t bytes = (uint32_t)(written < LIST ? written : LIST) * 8, length = bytes;
    enum fs_status status = FS_RESTARTED;
    open = false;
    for (unsigned left = TRIES; left > 0 && status != FS_OK; left--, length = bytes) {
        status = reopened();
        if (status == FS_OK)
            status = once(fs_read(&files, fid, 0, read, &length));
    }
    for (uint32_t i = 0; i < bytes / 8; i++)
        if (read[i] != list[i])
            complain("lost is number", i);
}

static void tell_lives(void)
{
    for (const char *at = names; *at != 0; at++) {
        seL4_Word lives = 0;
        char name[64], line[80];
        bool runs = false;
        unsigned id = 0, n = 0;
        for (; *at >= '0' && *at <= '9'; at++)
            id = id * 10 + (unsigned)(*at - '0');
        for (; *at == ' '; at++)
            ;
        for (; *at > ' '; at++)
            name[n++] = *at;
        name[n] = 0;
        if (!keeper_lives(KEEPER, id, &lives, &runs) || !runs)
            complain("dead is child", id);
        snprintf(line, sizeof line, "client: %s lived %lu times\n", name, lives);
        microkit_dbg_puts(line);
    }
}

void init(void)
{
    interface_driver = NET_DRIVER;
    disk_driver = DISK_DRIVER;
    disk_format();
    disk_file("PAGE       ", PAGE);
    fs_connect(&files, fat_rings, fat_data, signal_fat, wait);
    while (!score->done) {
        write_number();
        send_datagram();
        if (web)
            get_page();
    }
    send_datagram();
    if (web)
        get_page();
    look();
    tell_lives();
    say("numbers written:", written);
    say("wrong:", wrong);
    microkit_notify(DUMPER);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
