/* The first program of a Linux that runs under QEMU beside Baton (tests/net/linux.py): loads the drivers, brings the interface up,
   starts the servers, and counts. /etc/modules has the drivers' files, /etc/server the words of the web server's command, a line each. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shared.h"

enum { CONSOLE = 0xe9, WORDS_MOST = 16, LINE_MOST = 200 };

/* To the port that QEMU's debug console listens at. */
static void say(const char *text)
{
    for (; *text != 0; text++)
        outb((unsigned char)*text, CONSOLE);
}

static void need(bool good, const char *what)
{
    if (good)
        return;
    say("init: cannot ");
    say(what);
    say("\n");
    reboot(RB_AUTOBOOT); /* QEMU ends */
}

/* The lines of a file, each without its end. */
static int lines(const char *path, char line[][LINE_MOST])
{
    FILE *in = fopen(path, "r");
    need(in != NULL, path);
    if (in == NULL) /* cppcheck 2.17 does not know that nobody comes back from there */
        return 0;
    int count = 0;
    for (; count < WORDS_MOST && fgets(line[count], LINE_MOST, in) != NULL; count++)
        line[count][strcspn(line[count], "\n")] = 0;
    fclose(in);
    return count;
}

static void load_drivers(void)
{
    static char path[WORDS_MOST][LINE_MOST];
    int count = lines("/etc/modules", path);
    for (int i = 0; i < count; i++) {
        int file = open(path[i], O_RDONLY | O_CLOEXEC);
        need(file >= 0 && syscall(SYS_finit_module, file, "", 0) == 0, path[i]);
        close(file);
    }
}

static struct sockaddr address(const char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
    } at = {.in = {.sin_family = AF_INET, .sin_addr = {inet_addr(text)}}};
    return at.any;
}

/* The other end's hardware address is told: nothing is asked for while somebody counts. */
static void bring_up(void)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq loop = {.ifr_name = "lo", .ifr_flags = IFF_UP}, r = {.ifr_name = "eth0"};
    ioctl(s, SIOCSIFFLAGS, &loop);
    r.ifr_addr = address("10.0.2.15");
    need(ioctl(s, SIOCSIFADDR, &r) == 0, "give eth0 its address");
    r.ifr_addr = address("255.255.255.0");
    need(ioctl(s, SIOCSIFNETMASK, &r) == 0, "give eth0 its mask");
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    need(ioctl(s, SIOCSIFFLAGS, &r) == 0, "bring eth0 up");
    struct arpreq other = {.arp_pa = address("10.0.2.2"), .arp_flags = ATF_COM | ATF_PERM, .arp_dev = "eth0"};
    other.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(other.arp_ha.sa_data, "\x52\x54\x00\x00\x00\x01", 6);
    need(ioctl(s, SIOCSARP, &other) == 0, "tell the other end's address");
    close(s);
}

static void start_server(void)
{
    static char line[WORDS_MOST][LINE_MOST];
    char *word[WORDS_MOST + 1] = {0};
    int count = lines("/etc/server", line);
    for (int i = 0; i < count; i++)
        word[i] = line[i];
    if (fork() == 0) {
        execv(word[0], word);
        need(false, word[0]);
    }
}

static void ready(void)
{
    say("ready\n");
}

int main(void)
{
    ioperm(CONSOLE, 1, 1);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    volatile struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    need(shared != MAP_FAILED, "share memory");
    load_drivers();
    bring_up();
    start_server();
    if (fork() == 0)
        serve_echo();
    if (fork() == 0)
        serve_marks(shared);
    count_gaps(shared, ready);
}
