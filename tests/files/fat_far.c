/* Clients that make a file much longer at once, and one beside them: how much the disk does before that one is answered, what is there in
   the end, and what is left when they die meanwhile. */
#include <stdlib.h>
#include "../../user/services/fat/backend_fat.h"
#include "../../user/services/fs/client.h"
#include "../../user/services/fs/serve.h"
#include "../host/test.h"
#include "disk.h"
#include "whole.h"

enum {
    FAR = 12 << 20,
    ROUNDS = 2 * FAR / FAT_GROWTH,
    LEAST = FAR / FAT_GROWTH - 2, /* some were done before the first that is counted */
    MOST =
        250, /* requests to the disk in one round of one client: a part, and a transaction that becomes full */
    PART = 1 << 16
};

static struct disk disk;
static struct party {
    _Alignas(64) char rings[FS_REGION];
    char data[FS_DATA_REGION];
    struct fs_session session;
    struct fs_client client;
} far, near;
static unsigned long long worst; /* round */

static void serve(struct party *p)
{
    unsigned long long before = disk.requests;
    fs_session_serve(&p->session);
    worst = disk.requests - before > worst ? disk.requests - before : worst;
}

/* For requests that one round is enough for. */
static void serve_both(void)
{
    serve(&far);
    serve(&near);
}

/* Who asks again and again would wait for ever. */
static void wait(void)
{
    printf("not ok fat_far: the server did not answer in one round\n");
    exit(1);
}

static void begin(struct party *p)
{
    fs_connect(&p->client, p->rings, p->data, serve_both, wait);
}

static uint64_t open_file(struct party *p, const char *path)
{
    uint64_t fid;
    CHECK_NUMBER(path, fs_open(&p->client, path, FS_WRITABLE | FS_CREATE, &fid), FS_OK);
    return fid;
}

static void put(struct party *p, struct ring_entry request)
{
    request.buffer = p->client.buffer;
    CHECK(ring_put(&p->client.requests, &request));
    ring_publish(&p->client.requests);
}

/* The far one's next answer; each round the near one asks, and is answered, too. */
static unsigned rounds_until(struct ring_entry *answer)
{
    unsigned n = 0;
    uint64_t fid = open_file(&near, "near");
    for (bool there = false; !there && n < ROUNDS; n++) {
        uint32_t length = 4;
        CHECK_NUMBER("the near one", fs_write(&near.client, fid, n, "near", &length), FS_OK);
        there = ring_get(&far.client.answers, answer);
    }
    CHECK_NUMBER("the near one", fs_close(&near.client, fid), FS_OK);
    ring_publish(&far.client.answers);
    return n;
}

static uint64_t size_of(struct party *p, uint64_t fid)
{
    struct ring_entry stat = {.op = FS_STAT, .a = fid}, answer;
    struct fs_stat found;
    CHECK_NUMBER("stat", fs_ask(&p->client, &stat, &answer), FS_OK);
    memcpy(&found, p->client.data, sizeof found);
    return found.size;
}

static bool is_zero(uint64_t fid, uint64_t from, uint64_t to)
{
    static char bytes[PART];
    for (uint32_t length; from < to; from += length) {
        length = to - from < PART ? (uint32_t)(to - from) : PART;
        if (fs_read(&far.client, fid, from, bytes, &length) != FS_OK || length == 0)
            return false;
        for (uint32_t i = 0; i < length; i++)
            if (bytes[i] != 0)
                return false;
    }
    return true;
}

/* What follows in the same ring waits; others do not. */
static void far_write(void)
{
    struct ring_entry answer;
    char end[3];
    uint32_t length = sizeof end;
    uint64_t fid = open_file(&far, "far");
    worst = 0;
    memcpy(far.client.data, "end", 3);
    put(&far, (struct ring_entry){.op = FS_WRITE, .a = fid, .b = FAR, .length = 3, .id = 77});
    put(&far, (struct ring_entry){.op = FS_TRUNCATE, .a = fid, .b = FAR + 1, .id = 78});
    unsigned rounds = rounds_until(&answer);
    CHECK(answer.id == 77 && answer.status == FS_OK && answer.length == 3);
    CHECK(rounds > LEAST);
    CHECK(ring_get(&far.client.answers, &answer) && answer.id == 78 && answer.status == FS_OK);
    ring_publish(&far.client.answers);
    printf("# %u rounds, in none of them more than %llu requests to the disk\n", rounds, worst);
    CHECK(worst <= MOST);
    CHECK_NUMBER("the size", size_of(&far, fid), FAR + 1);
    CHECK(fs_read(&far.client, fid, FAR, end, &length) == FS_OK && length == 1 && end[0] == 'e');
    CHECK(is_zero(fid, 0, FAR));
    CHECK_NUMBER("close", fs_close(&far.client, fid), FS_OK);
}

static void longer(void)
{
    struct ring_entry answer;
    uint64_t fid = open_file(&far, "longer");
    worst = 0;
    put(&far, (struct ring_entry){.op = FS_TRUNCATE, .a = fid, .b = FAR});
    unsigned rounds = rounds_until(&answer);
    CHECK(answer.status == FS_OK && rounds >= LEAST);
    CHECK(worst <= MOST);
    CHECK_NUMBER("the size", size_of(&far, fid), FAR);
    put(&far, (struct ring_entry){.op = FS_TRUNCATE, .a = fid, .b = 1u << 30});
    CHECK_NUMBER("rounds", rounds_until(&answer), 1);
    CHECK_NUMBER("too far", answer.status, FS_NO_SPACE);
    CHECK_NUMBER("the size after", size_of(&far, fid), FAR);
    CHECK_NUMBER("close", fs_close(&far.client, fid), FS_OK);
}

/* Files that are as long go, and their room comes back. */
static void gone(void)
{
    struct ring_entry answer, space = {.op = FS_SPACE};
    CHECK_NUMBER("space", fs_ask(&far.client, &space, &answer), FS_OK);
    uint64_t before = answer.a;
    CHECK_NUMBER("remove", fs_path_op(&far.client, FS_REMOVE, "far"), FS_OK);
    CHECK_NUMBER("remove", fs_path_op(&far.client, FS_REMOVE, "longer"), FS_OK);
    worst = 0;
    put(&far, (struct ring_entry){.op = FS_SYNC});
    unsigned rounds = rounds_until(&answer);
    printf("# %u rounds, in none of them more than %llu requests to the disk\n", rounds, worst);
    CHECK(answer.status == FS_OK && rounds > 2);
    CHECK(worst <= MOST);
    CHECK_NUMBER("space", fs_ask(&far.client, &space, &answer), FS_OK);
    CHECK(answer.a - before > 2 * FAR);
}

/* Its next life finds what was done until then, and is not kept waiting. */
static void dies_meanwhile(void)
{
    uint64_t fid = open_file(&far, "half");
    put(&far, (struct ring_entry){.op = FS_TRUNCATE, .a = fid, .b = FAR});
    for (unsigned i = 0; i < 10; i++)
        serve_both();
    CHECK(far.session.unfinished);
    begin(&far);
    fid = open_file(&far, "half");
    uint64_t size = size_of(&far, fid);
    CHECK(!far.session.unfinished && size > 0 && size < FAR);
    serve_both();
    CHECK_NUMBER("the size", size_of(&far, fid), size);
    CHECK(is_zero(fid, 0, size));
    CHECK_NUMBER("sync", fs_sync(&far.client), FS_OK);
}

static struct fat_disk functions;

/* As after a restart of the file server: nothing is open, and what is free is looked for from the beginning. */
static void mount(void)
{
    fat_state = fat_mount(&fat, &functions);
    fs_session_start(&far.session, far.rings, far.data);
    fs_session_start(&near.session, near.rings, near.data);
    begin(&far);
    begin(&near);
}

static uint64_t space_left(void)
{
    struct ring_entry answer, space = {.op = FS_SPACE};
    CHECK_NUMBER("space", fs_ask(&far.client, &space, &answer), FS_OK);
    return answer.a;
}

static void grow(uint64_t fid, uint64_t from, uint64_t to)
{
    struct ring_entry answer;
    for (uint64_t size = from; size < to;) {
        size = to - size < FAR ? to : size + FAR;
        put(&far, (struct ring_entry){.op = FS_TRUNCATE, .a = fid, .b = size});
        rounds_until(&answer);
        CHECK_NUMBER("longer", answer.status, FS_OK);
    }
}

/* What is free are three clusters at the beginning and some at the end: who needs a fourth has all of the table between them looked
   through, by parts. Who needs none, or no more than are known, does not wait for that, and when nothing is left that is said at once. */
static void far_room(void)
{
    enum { FEW = 3 * FAT_SECTOR, REST = 64 * FAT_SECTOR };
    struct ring_entry answer;
    mount();
    uint64_t first = open_file(&far, "first"), most = open_file(&far, "most");
    grow(first, 0, FEW);
    grow(most, 0, space_left() - REST);
    CHECK(fs_close(&far.client, first) == FS_OK && fs_close(&far.client, most) == FS_OK);
    CHECK_NUMBER("remove", fs_path_op(&far.client, FS_REMOVE, "first"), FS_OK);
    CHECK_NUMBER("sync", fs_sync(&far.client), FS_OK);
    mount();
    uint64_t fid = open_file(&far, "needs a fourth");
    CHECK_NUMBER("all is free that should be", space_left(), FEW + REST);
    for (uint64_t size = 0; size < FEW; size += FAT_SECTOR) {
        put(&far, (struct ring_entry){.op = FS_TRUNCATE, .a = fid, .b = size + FAT_SECTOR});
        CHECK_NUMBER("rounds for what is known", rounds_until(&answer), 1);
        CHECK_NUMBER("longer by one cluster", answer.status, FS_OK);
    }
    worst = 0;
    put(&far, (struct ring_entry){.op = FS_WRITE, .a = fid, .b = FEW, .length = 3});
    unsigned rounds = rounds_until(&answer);
    printf("# %u rounds, in none of them more than %llu requests to the disk\n", rounds, worst);
    CHECK(answer.status == FS_OK && answer.length == 3);
    CHECK(rounds >= fat.table_sectors / FAT_SEARCH && worst <= MOST);
    grow(fid, FEW + 3, FEW + REST);
    CHECK_NUMBER("nothing is left", space_left(), 0);
    put(&far, (struct ring_entry){.op = FS_WRITE, .a = fid, .b = FEW + REST, .length = 3});
    CHECK_NUMBER("rounds", rounds_until(&answer), 1);
    CHECK_NUMBER("no room", answer.status, FS_NO_SPACE);
    CHECK_NUMBER("close", fs_close(&far.client, fid), FS_OK);
    CHECK_NUMBER("remove", fs_path_op(&far.client, FS_REMOVE, "most"), FS_OK);
    put(&far, (struct ring_entry){.op = FS_SYNC});
    rounds_until(&answer);
    CHECK_NUMBER("sync", answer.status, FS_OK);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    disk_load(&disk, argv[1]);
    disk.most = 1ull << 40;
    functions = disk_functions(&disk);
    mount();
    test_run("a write far beyond the end", far_write);
    test_run("a file that becomes longer", longer);
    test_run("long files that go", gone);
    test_run("room that lies far away", far_room);
    test_run("a client that dies meanwhile", dies_meanwhile);
    CHECK_NUMBER("the last sync", WHOLE(fat_sync(&fat)), FS_OK);
    disk_save(&disk, argv[1]);
    return test_end();
}
