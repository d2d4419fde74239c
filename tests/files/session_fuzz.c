/* Two clients of one file system (fs/serve.c, fs/session.c with a backend): one does what it should and looks whether it is there, the other writes whatever it
   likes into its rings and buffers. Linked with RAM and with FAT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../user/services/fs/client.h"
#include "../../user/services/fs/serve.h"
#include "../host/random.h"
#include "../host/test.h"
#include "backends.h"
#include "owners.h"

enum { ROUNDS = 20000, PATHS = 200000 };

static struct memory {
    _Alignas(64) char rings[FS_REGION];
    char data[FS_DATA_REGION];
} good, evil;
static struct fs_session good_session, evil_session;
static struct fs_client client;
static struct ring_end evil_requests;
static unsigned statuses[FS_STATUS_COUNT], evil_statuses[FS_STATUS_COUNT + 1];

/* Until nothing is unfinished, so that what the other does next does not depend on how long it takes. */
static void serve_all(struct fs_session *s)
{
    do
        fs_session_serve(s);
    while (s->unfinished);
}

static void serve_good(void)
{
    serve_all(&good_session);
}

static void wait(void)
{
    if (test_fails())
        strcpy(test_state.why, "the server did not answer");
}

static struct ring *evil_ring(unsigned which)
{
    return (struct ring *)(void *)(evil.rings + (which ? FS_ANSWERS : 0));
}

/* A request of which some parts are as they should be. */
static struct ring_entry odd_request(void)
{
    static const char *const paths[] = {"evil.txt", "evil",    "evil/deeper", "../x",  "a/../b",
                                        "/",        "evil//x", "\xff",        "evil/x"};
    struct ring_entry e;
    uint64_t *word = (uint64_t *)(void *)&e;
    for (unsigned i = 0; i < sizeof e / 8; i++)
        word[i] = random_below(2) ? random_next() : random_below(64);
    e.op = (uint16_t)(random_below(8) ? random_below(FS_OPS + 1) : e.op);
    if (random_below(8)) {
        const char *path = paths[random_below(9)];
        e.buffer = random_below(FS_BUFFERS);
        e.length = random_below(4) ? (uint32_t)strlen(path) : random_below(5000);
        e.flags = random_below(4) ? random_below(4) : random_below(32);
        memcpy(evil.data + (size_t)e.buffer * FS_BUFFER, path, strlen(path));
        e.a = random_below(4) ? random_below(4) : e.a;
        e.b = random_below(4) ? random_below(40000) : e.b;
        e.c = random_below(4) ? 0 : random_below(FS_USER + 2);
    }
    return e;
}

static void do_evil(void)
{
    for (unsigned n = random_below(8); n > 0; n--) {
        struct ring_entry e = odd_request();
        if (ring_ready(&evil_requests) < 0)
            ring_accept(&evil_requests);
        if (random_below(2)) {
            struct ring_entry answer;
            do
                fs_session_answer(&evil_session, &e, &answer);
            while (answer.status == FS_UNFINISHED);
            evil_statuses[answer.status < FS_STATUS_COUNT ? answer.status : FS_STATUS_COUNT]++;
        } else {
            ring_put(&evil_requests, &e);
        }
    }
    ring_publish(&evil_requests);
    if (random_below(4) == 0)
        evil_ring(1)->consumer.index += random_below(80); /* takes answers, or more than there are */
    if (random_below(16) == 0)
        evil_ring(random_below(2))->producer.index = (uint32_t)random_next();
    if (random_below(16) == 0)
        evil_ring(random_below(2))->consumer.life = (uint32_t)random_next();
    if (random_below(32) == 0)
        evil_ring(0)->producer.life++;
    if (random_below(64) == 0)
        ring_start(&evil_requests, evil_ring(0), FS_RING, true);
    serve_all(&evil_session);
}

static const char *const mine[] = {"good", "folder/its own file.txt"};
static unsigned char bytes[9000], back[9000];

/* What the other does may take all room, and all names but these. */
static void do_good(unsigned round)
{
    uint64_t fid;
    uint32_t length = 1 + random_below(sizeof bytes - 1), offset = random_below(3) * 1000, found;
    const char *path = mine[round % 2];
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)(i + round);
    enum fs_status status = fs_open(&client, path, FS_WRITABLE | FS_CREATE, &fid);
    if (status != FS_OK) {
        statuses[status]++;
        CHECK(status == FS_NO_SPACE || status == FS_TOO_MANY);
        return;
    }
    found = length;
    status = fs_write(&client, fid, offset, bytes, &found);
    CHECK(status == FS_OK || status == FS_NO_SPACE);
    if (status == FS_OK) {
        CHECK(fs_read(&client, fid, offset, back, &found) == FS_OK && found == length &&
              memcmp(bytes, back, length) == 0);
        statuses[FS_OK]++;
    }
    CHECK(fs_close(&client, fid) == FS_OK);
}

static void evil_beside_good(void)
{
    fs_session_start(&good_session, good.rings, good.data);
    fs_session_start(&evil_session, evil.rings, evil.data);
    fs_connect(&client, good.rings, good.data, serve_good, wait);
    ring_start(&evil_requests, evil_ring(0), FS_RING, true);
    CHECK(fs_path_op(&client, FS_MKDIR, "folder") == FS_OK);
    for (unsigned i = 0; i < ROUNDS && !test_state.failing; i++) {
        do_evil();
        do_good(i);
        if (i % 64 == 0) {
            struct ring_entry close_all = {.op = FS_REMOVE, .length = 4}, answer;
            memcpy(client.data, "evil", 4); /* leaves it some room */
            fs_ask(&client, &close_all, &answer);
        }
    }
    CHECK(statuses[FS_OK] > ROUNDS / 2);
    CHECK_NUMBER("a status that is none", evil_statuses[FS_STATUS_COUNT], 0);
#define SEEN(name, text) printf(" %s %u", #name, evil_statuses[FS_##name]);
    printf("# evil:");
    FS_STATUSES(SEEN)
    printf("\n");
    CHECK(evil_statuses[FS_OK] > 100 && evil_statuses[FS_READ_ONLY] > 10 && evil_statuses[FS_BAD_FID] > 100 &&
          evil_statuses[FS_BAD_BUFFER] > 100);
    printf("# %u rounds, %u of them with room for what is good\n", ROUNDS, statuses[FS_OK]);
}

/* Every path that is taken is one that the rule in protocol.h allows, told here another way. */
static bool is_good(const char *path, uint32_t length)
{
    char copy[32];
    if (length == 0)
        return true;
    memcpy(copy, path, length);
    copy[length] = 0;
    if (strlen(copy) != length || copy[length - 1] == '/')
        return false;
    for (uint32_t i = 0; i < length; i++)
        if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
            return false;
    for (char *at = copy, *name; (name = strsep(&at, "/")) != NULL;)
        if (*name == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            return false;
    return true;
}

static void paths(void)
{
    static const char letters[] = {'a', '.', '.', '/', '/', 'b', 0, 0x1f, 0x7f, ' '};
    for (unsigned i = 0; i < PATHS; i++) {
        char path[8];
        uint32_t length = random_below(8);
        for (uint32_t n = 0; n < length; n++)
            path[n] = letters[random_below(random_below(4) ? 6 : 10)];
        CHECK_NUMBER(path, path_check(path, length) == FS_OK, is_good(path, length));
    }
    CHECK(path_check("\xc3\xa4/\xe6\x97\xa5/\xf0\x9d\x84\x9e", 11) == FS_OK);
    static const char *const wrong[] = {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                        "\xc3",     "\x80",         "\xc2\x80",     "\xff"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_NUMBER(wrong[i], path_check(wrong[i], (uint32_t)strlen(wrong[i])), FS_BAD_NAME);
}

/* A fid writes only if it was opened for that; a client's new life has nothing open. */
static void rules(void)
{
    uint64_t fid;
    uint32_t length = 3;
    fs_session_start(&good_session, good.rings, good.data);
    fs_connect(&client, good.rings, good.data, serve_good, wait);
    CHECK(fs_open(&client, "ruled", FS_CREATE, &fid) == FS_OK);
    CHECK(fs_write(&client, fid, 0, "abc", &length) == FS_READ_ONLY);
    struct ring_entry truncate = {.op = FS_TRUNCATE, .a = fid, .b = 9}, answer;
    CHECK(fs_ask(&client, &truncate, &answer) == FS_READ_ONLY);
    CHECK(fs_path_op(&client, FS_REMOVE, "ruled") == FS_BUSY);
    fs_connect(&client, good.rings, good.data, serve_good, wait);
    CHECK(fs_close(&client, fid) == FS_BAD_FID);
    CHECK(fs_path_op(&client, FS_REMOVE, "ruled") == FS_OK);
}

int main(int argc, char **argv)
{
    random_seed();
    backend_begin(argc > 1 ? argv[1] : NULL);
    if (argc > 1 && strcmp(argv[argc - 1], "owners") == 0) {
        owners_check();
        owners_odd_check();
        test_run("what is left", backend_check);
        return test_end();
    }
    test_run("paths", paths);
    test_run("rules", rules);
    test_run("an evil client beside a good one", evil_beside_good);
    test_run("what is left", backend_check);
    return test_end();
}
