/* user/services/proc/sockets.c and socket_calls.c: processes that ask for sockets what makes sense and what does not, at a network that takes its
   time, and begins anew. What was sent comes back, byte by byte; nobody has what is another's, and nothing is left of who has ended. */
#include "proc/network.h"

enum { SENDERS = 4, ROUNDS = 60000, ECHO = 80, NOBODY = 7 /* at this port */ };

static struct process *senders[SENDERS];
/* What the test knows of a socket by its number. */
static struct known {
    unsigned pid; /* whose it is */
    bool opened;  /* it is a connection */
    bool sending; /* it was told to ask again */
    seL4_Word at, bytes;
    uint32_t sent, came;
} known[PROC_ALL_SOCKETS];
static uint64_t came_back; /* bytes */

static bool lies_there(seL4_Word at, seL4_Word bytes, unsigned pages)
{
    return at >= START && at + bytes >= at && at + bytes <= START + pages * PAGE;
}

static void serve_all(void)
{
    network_serve(100);
    network_serve(100); /* what it was asked when it had answered */
}

/* Its number. */
static seL4_Word connects(struct process *p, seL4_Word port)
{
    CHECK_NUMBER("it is asked", calls(p, PROC_CONNECT, 2, 0x0a000202, port, 0), SERVICE_OK);
    CHECK_NUMBER("there is one", message.msg[0], NET_OK);
    return message.msg[1];
}

static seL4_Word status(struct process *p, seL4_Word label, seL4_Word socket, seL4_Word at, seL4_Word bytes)
{
    seL4_Word count = label == PROC_SEND || label == PROC_RECEIVE ? 3 : 1;
    return calls(p, label, count, socket, at, bytes) == SERVICE_OK ? message.msg[0] : NET_NONE;
}

static void where_there_is_none(void)
{
    static _Alignas(struct denials) char list[4096];
    begin(false);
    denied_page = (struct denials *)(void *)list;
    denied_size = sizeof list;
    struct process *p = spawned(GRANTS), *q = spawned(PROC_OUTPUT);
    CHECK_NUMBER("no network", calls(p, PROC_CONNECT, 2, 1, 1, 0), PROC_NO_NETWORK);
    CHECK_NUMBER("nothing is refused", denied_page->all, 0);
    CHECK_NUMBER("no right", calls(q, PROC_LISTEN, 1, ECHO, 0, 0), SERVICE_BAD);
    CHECK_NUMBER("refused", denied_page->all, 1);
    CHECK_STRING("what", denied_page->line[0].what, "listen");
    CHECK(denied_page->line[0].who == q->pid && denied_page->line[0].why == DENIED_RIGHT);
    begin(true);
    q = spawned(GRANTS);
    CHECK_NUMBER("another's", calls(q, PROC_SHUT, 1, 3, 0, 0), SERVICE_BAD);
    CHECK_STRING("what", denied_page->line[1].what, "shut");
    CHECK_NUMBER("why", denied_page->line[1].why, DENIED_NOTHING);
    denied_page = NULL;
}

static void so_many_and_no_more(void)
{
    struct process *p[3];
    begin(true);
    for (unsigned i = 0, all = 0; i < 3; i++) {
        p[i] = spawned(GRANTS);
        for (unsigned n = 0; n < PROC_SOCKETS && all < PROC_ALL_SOCKETS; n++, all++)
            connects(p[i], ECHO);
        CHECK_NUMBER("one more", status(p[i], PROC_LISTEN, ECHO, 0, 0), NET_FULL);
    }
    serve_all();
    CHECK_NUMBER("the network's", network_sockets(), PROC_ALL_SOCKETS);
    CHECK_NUMBER("counted", counted(), PROC_ALL_SOCKETS);
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("it ends", ask_client(PROC_KILL, 1, p[i]->pid, 0, 0), SERVICE_OK);
    CHECK_NUMBER("not closed yet", counted(), PROC_ALL_SOCKETS);
    network_serve(100);
    CHECK_NUMBER("the network's", network_sockets(), 0);
    CHECK_NUMBER("counted", counted(), 0);
    CHECK_NUMBER("held", held, 0);
}

static void the_network_begins_anew(void)
{
    begin(true);
    struct process *p = spawned(GRANTS);
    seL4_Word idle = connects(p, ECHO), waits = connects(p, ECHO), nobody = connects(p, NOBODY);
    CHECK_NUMBER("not yet", calls(p, PROC_OPENED, 1, idle, 0, 0), PROC_LATER);
    serve_all();
    CHECK_NUMBER("opened", status(p, PROC_OPENED, idle, 0, 0), NET_OK);
    CHECK_NUMBER("opened", status(p, PROC_OPENED, waits, 0, 0), NET_OK);
    CHECK_NUMBER("nobody there", status(p, PROC_OPENED, nobody, 0, 0), NET_UNREACHABLE);
    CHECK_NUMBER("it waits", calls(p, PROC_RECEIVE, 3, waits, START, 9), PROC_LATER);
    signals = 0;
    network_begin();
    notified(NETWORK);
    CHECK(signals > 0);
    CHECK_NUMBER("who waited", status(p, PROC_RECEIVE, waits, START, 9), NET_RESTARTED);
    CHECK_NUMBER("and did not", status(p, PROC_SEND, idle, START, 9), NET_RESTARTED);
    const seL4_Word all[] = {idle, waits, nobody};
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("closed", status(p, PROC_SHUT, all[i], 0, 0), NET_OK);
    CHECK_NUMBER("counted", counted(), 0);
    idle = connects(p, ECHO);
    serve_all();
    CHECK_NUMBER("anew", status(p, PROC_OPENED, idle, 0, 0), NET_OK);
}

/* An address, most often where it has memory. */
static seL4_Word some_address(void)
{
    return random_below(12) == 0 ? random_next() : START - 50 + random_below(PAGES * PAGE + 50);
}

static char expected(seL4_Word socket, uint32_t position)
{
    return (char)(socket * 31 + position * 7 + position / 251);
}

static void sends(struct process *p, seL4_Word n, struct known *k)
{
    if (!k->sending) {
        k->at = some_address();
        k->bytes = random_below(20) == 0 ? random_next() >> random_below(64) : 1 + random_below(PROC_PART / 4);
    }
    /* It must not change while it is asked again: others have written there meanwhile. */
    for (seL4_Word i = 0; k->bytes <= PROC_PART && i < k->bytes && lies_there(k->at, k->bytes, PAGES); i++)
        *byte_at(k->at + i) = expected(n, k->sent + (uint32_t)i);
    bool sense = k->bytes >= 1 && k->bytes <= PROC_PART;
    seL4_Word label = calls(p, PROC_SEND, 3, n, k->at, k->bytes);
    bool refused = label == SERVICE_BAD;
    CHECK(sense || refused);
    if (refused || label == PROC_LATER) {
        CHECK(!refused || !sense || !lies_there(k->at, k->bytes, PAGES));
        k->sending = label == PROC_LATER;
        return;
    }
    k->sending = false;
    CHECK_NUMBER("how many", message.msg[1], message.msg[0] == NET_OK ? k->bytes : 0);
    k->sent += (uint32_t)message.msg[1];
}

static void receives(struct process *p, seL4_Word n, struct known *k)
{
    seL4_Word at = some_address(),
              bytes = random_below(20) == 0 ? random_next() >> random_below(64) : 1 + random_below(PROC_PART);
    seL4_Word label = calls(p, PROC_RECEIVE, 3, n, at, bytes);
    if (label != SERVICE_OK) {
        CHECK(label == PROC_LATER || bytes < 1 || bytes > PROC_PART || !lies_there(at, bytes, FIXED));
        return;
    }
    seL4_Word came = message.msg[1];
    came_back += came;
    CHECK(came <= bytes && (came == 0 || lies_there(at, came, FIXED)));
    for (seL4_Word i = 0; i < came; i++)
        CHECK(*byte_at(at + i) == expected(n, k->came++));
}

static void opens(struct process *p, seL4_Word label)
{
    seL4_Word port = random_below(9) == 0   ? random_next() >> random_below(64)
                     : random_below(5) == 0 ? NOBODY
                                            : ECHO;
    bool listens = label == PROC_LISTEN, sense = port >= 1 && port <= 0xffff;
    seL4_Word answer = calls(p, label, listens ? 1 : 2, listens ? port : 0x0a000202, port, 0),
              n = message.msg[1];
    CHECK_NUMBER("sense", answer, sense ? SERVICE_OK : SERVICE_BAD);
    if (!sense || message.msg[0] == NET_FULL)
        return;
    CHECK(n < PROC_ALL_SOCKETS && known[n].pid == 0);
    known[n] = (struct known){.pid = p->pid, .opened = !listens};
}

static void accepts(struct process *p, seL4_Word n)
{
    seL4_Word label = calls(p, PROC_ACCEPT, 1, n, 0, 0), new = message.msg[1];
    CHECK(label == SERVICE_OK || label == PROC_LATER || known[n].opened);
    if (label != SERVICE_OK || message.msg[0] != NET_OK)
        return;
    CHECK(new < PROC_ALL_SOCKETS &&known[new].pid == 0);
    CHECK_NUMBER("the port", message.msg[3], 99);
    known[new] = (struct known){.pid = p->pid, .opened = true};
}

static void step(struct process *p)
{
    seL4_Word label = PROC_CONNECT + random_below(PROC_SHUT - PROC_CONNECT + 1);
    seL4_Word n = random_below(30) == 0 ? random_next() : random_below(PROC_ALL_SOCKETS);
    bool own = n < PROC_ALL_SOCKETS && known[n].pid == p->pid;
    if (label <= PROC_LISTEN)
        opens(p, label);
    else if (random_below(20) == 0) /* of wrong length, or what no call is */
        CHECK_NUMBER("length", calls(p, label, 4 + random_below(99), n, START, 9), SERVICE_BAD);
    else if (!own)
        CHECK_NUMBER("not its own",
                     calls(p, label, label == PROC_SEND || label == PROC_RECEIVE ? 3 : 1, n, START, 9),
                     SERVICE_BAD);
    else if (label == PROC_ACCEPT)
        accepts(p, n);
    else if (label == PROC_SEND && known[n].opened)
        sends(p, n, &known[n]);
    else if (label == PROC_RECEIVE && known[n].opened)
        receives(p, n, &known[n]);
    else if (label == PROC_SHUT && random_below(3) == 0 && calls(p, label, 1, n, 0, 0) == SERVICE_OK)
        known[n].pid = 0;
}

static struct process *again(struct process *p)
{
    unsigned pid = p->pid;
    CHECK_NUMBER("it ends", ask_client(PROC_KILL, 1, pid, 0, 0), SERVICE_OK);
    CHECK_NUMBER("and is forgotten", ask_client(PROC_FORGET, 1, pid, 0, 0), SERVICE_OK);
    for (unsigned n = 0; n < PROC_ALL_SOCKETS; n++)
        known[n].pid = known[n].pid == pid ? 0 : known[n].pid;
    return spawned(GRANTS);
}

static void whatever_is_asked(void)
{
    unsigned lives = 0;
    came_back = 0;
    memset(known, 0, sizeof known);
    begin(true);
    for (unsigned i = 0; i < SENDERS; i++)
        senders[i] = spawned(GRANTS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned i = random_below(SENDERS);
        step(senders[i]);
        if (random_below(4) == 0)
            network_call();
        if (random_below(3) == 0)
            network_serve(random_below(6));
        if (random_below(400) == 0)
            senders[i] = again(senders[i]);
        if (random_below(2000) == 0)
            network_begin(), lives++;
    }
    for (unsigned i = 0; i < SENDERS; i++)
        again(senders[i]), serve_all();
    CHECK_NUMBER("the network's", network_sockets(), 0);
    CHECK_NUMBER("counted", counted(), 0);
    CHECK_NUMBER("held", held, 0);
    CHECK(lives > 10 && came_back > 10000);
}

/* Answers that nobody has asked for, of lengths that cannot be. */
static void a_network_that_lies(void)
{
    struct ring_entry asked = {0};
    begin(true);
    struct process *p = spawned(GRANTS);
    seL4_Word s = connects(p, ECHO);
    serve_all();
    CHECK_NUMBER("it waits", calls(p, PROC_RECEIVE, 3, s, START, 9), PROC_LATER);
    CHECK(ring_get(&network_asked, &asked));
    network_says(&asked, NET_OK, PROC_PART + 1, asked.a, 0);
    network_serve(0);
    CHECK_NUMBER("so much cannot be", status(p, PROC_RECEIVE, s, START, 9), NET_BROKEN);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ring_entry e = {0};
        ring_pair_restarted(&network_asked, &network_answers);
        if (!ring_get(&network_asked, &e) || random_below(8) == 0)
            e.id = random_next() >> random_below(64);
        e.status = random_below(3) == 0 ? (uint16_t)random_below(12) : NET_OK;
        e.length = random_below(2) == 0 ? (uint32_t)random_next() : random_below(NET_BUFFER + 1);
        e.a = random_below(4), e.b = random_below(4);
        ring_put(&network_answers, &e);
        ring_publish(&network_asked);
        ring_publish(&network_answers);
        notified(NETWORK);
        seL4_Word label = PROC_CONNECT + random_below(PROC_SHUT - PROC_CONNECT + 1);
        bool listens = label == PROC_LISTEN;
        calls(p, label,
              label == PROC_CONNECT                         ? 2
              : label == PROC_SEND || label == PROC_RECEIVE ? 3
                                                            : 1,
              listens ? ECHO : random_below(PROC_ALL_SOCKETS), label == PROC_CONNECT ? ECHO : START,
              1 + random_below(4096));
        CHECK(counted() <= PROC_ALL_SOCKETS);
        if (random_below(100) == 0)
            p = again(p);
    }
}

/* Each answer would be taken for that to what was asked first, and lead to the next question. */
static void a_network_that_names_nothing(void)
{
    struct ring_entry asked = {0};
    begin(true);
    struct process *p = spawned(GRANTS);
    seL4_Word s = connects(p, ECHO);
    network_serve(0);
    CHECK(ring_get(&network_asked, &asked) && asked.op == NET_TCP);
    network_says(&asked, NET_OK, 0, 0, 0);
    network_serve(0);
    CHECK(!ring_get(&network_asked, &asked));
    CHECK_NUMBER("it is none", status(p, PROC_RECEIVE, s, START, 9), NET_BROKEN);
}

int main(void)
{
    random_seed();
    for (unsigned i = 0; i < PAGES; i++)
        memory[i] = malloc(PAGE);
    test_run("proc/sockets where there are none", where_there_is_none);
    test_run("proc/sockets, so many and no more", so_many_and_no_more);
    test_run("proc/sockets when the network begins anew", the_network_begins_anew);
    test_run("proc/sockets whatever is asked", whatever_is_asked);
    test_run("proc/sockets at a network that lies", a_network_that_lies);
    test_run("proc/sockets at a network that names nothing", a_network_that_names_nothing);
    return test_end();
}
