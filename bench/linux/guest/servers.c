/* An echo for datagrams, and the one that begins phases and says what was counted in them. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "shared.h"

static int opened(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (s < 0 || bind(s, (struct sockaddr *)&at, sizeof at) != 0)
        _exit(1);
    return s;
}

_Noreturn void serve_echo(void)
{
    int s = opened(ECHO_PORT);
    for (;;) {
        char data[2048];
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(s, data, sizeof data, 0, (struct sockaddr *)&from, &length);
        if (got >= 0)
            sendto(s, data, (size_t)got, 0, (struct sockaddr *)&from, length);
    }
}

/* An empty datagram begins a phase and is answered with its number; one with a number is answered with that phase. */
_Noreturn void serve_marks(volatile struct shared *shared)
{
    int s = opened(MARK_PORT);
    for (;;) {
        uint64_t number, answer[8];
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(s, &number, sizeof number, 0, (struct sockaddr *)&from, &length);
        if (got == 0 && shared->number + 1 < PHASES_MOST)
            number = ++shared->number;
        else if (got != sizeof number || number >= PHASES_MOST)
            continue;
        volatile struct phase *p = &shared->phase[number];
        answer[0] = number, answer[1] = p->began, answer[2] = p->opened;
        answer[3] = p->others, answer[4] = p->gaps, answer[5] = p->ticks, answer[6] = p->opening_ticks;
        answer[7] = shared->least;
        sendto(s, answer, sizeof answer, 0, (struct sockaddr *)&from, length);
    }
}
