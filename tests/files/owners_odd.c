/* Whose files are whose (fs/owner.c) at its edges: names of users and paths that are as long as may be, requests that no client of ours makes, and homes
   that are none. After owners.c, with RAM and with FAT. */
#include <string.h>
#include "../host/test.h"
#include "backends.h"
#include "owners.h"
#include "server.h"

#define THIRTY "abcdefghijklmnopqrstuvwxyz-_01"
#define LONGEST THIRTY "2"

static enum fs_status open_as(const char *user, const char *path, uint32_t flags)
{
    uint64_t fid;
    client.user = user;
    enum fs_status status = fs_open(&client, path, flags, &fid);
    if (status == FS_OK)
        fs_close(&client, fid);
    client.user = NULL;
    return status;
}

static enum fs_status create_as(const char *user, const char *path)
{
    return open_as(user, path, FS_WRITABLE | FS_CREATE);
}

static void make(const char *folder)
{
    CHECK_NUMBER(folder, fs_path_op(&client, FS_MKDIR, folder), FS_OK);
}

/* Each of two users whose names differ in the last of 31 letters only, or not even in that, has one home. */
static void long_users(void)
{
    server_begin();
    make("home/" THIRTY);
    make("home/" LONGEST);
    CHECK(create_as(THIRTY, "home/" THIRTY "/x") == FS_OK);
    CHECK(create_as(LONGEST, "home/" LONGEST "/x") == FS_OK);
    CHECK(create_as(THIRTY, "home/" LONGEST "/y") == FS_DENIED);
    CHECK(create_as(LONGEST, "home/" THIRTY "/y") == FS_DENIED);
    CHECK(open_as(THIRTY, "home/" LONGEST "/x", 0) == FS_DENIED);
    CHECK(open_as(LONGEST, "home/" THIRTY "/x", 0) == FS_DENIED);
    CHECK(open_as(LONGEST "3", "home/" LONGEST "/x", 0) == FS_BAD_REQUEST);
    CHECK(create_as("a", "home/" THIRTY "/x") == FS_DENIED);
}

/* What the rule decides by is the begin of a path, also of one that is as long as one may be, with the user behind it. */
static void long_paths(void)
{
    static char path[FS_PATH + 2];
    static const char *const begins[] = {"home/bob/", "home/ann/", "home/ann/public/", ""};
    static const enum fs_status wanted[] = {FS_NOT_FOUND, FS_DENIED, FS_NOT_FOUND, FS_NOT_FOUND};
    for (unsigned i = 0; i < sizeof begins / sizeof *begins; i++) {
        memset(path, 'x', FS_PATH + 1);
        memcpy(path, begins[i], strlen(begins[i]));
        for (unsigned at = 100; at < FS_PATH; at += 100)
            path[at] = '/';
        CHECK_NUMBER(begins[i], open_as("bob", path, 0), FS_BAD_NAME); /* too long by one */
        path[FS_PATH] = 0;
        CHECK_NUMBER(begins[i], open_as("bob", path, 0), wanted[i]);
        CHECK_NUMBER(begins[i], create_as("bob", path), i == 0 ? FS_NOT_FOUND : FS_DENIED);
    }
}

/* Whoever shares the rings may write any number for the length of a name, and any bytes. */
static void odd_requests(void)
{
    static const char text[] = "home/ann/odd\0bob";
    static const struct {
        uint32_t length;
        uint64_t user;
        enum fs_status status;
    } table[] = {
        {12, 4, FS_BAD_REQUEST}, /* a NUL is no letter of a name, */
        {16, 0, FS_BAD_NAME},    /* and none of a path's */
        {12, 32, FS_BAD_REQUEST},      {12, (1ull << 32) + 3, FS_BAD_REQUEST}, {12, UINT64_MAX, FS_BAD_REQUEST},
        {FS_BUFFER, 3, FS_BAD_BUFFER}, {UINT32_MAX, 3, FS_BAD_BUFFER}};
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        struct ring_entry answer, request = {.op = FS_OPEN,
                                             .length = table[i].length,
                                             .flags = FS_CREATE,
                                             .c = table[i].user,
                                             .buffer = FS_BUFFERS - 1};
        memset(memory.data, 0, sizeof memory.data);
        memcpy(memory.data + sizeof memory.data - FS_BUFFER, text, sizeof text);
        fs_session_answer(&session, &request, &answer);
        CHECK_NUMBER("of a row", answer.status, table[i].status);
    }
    CHECK(open_as(NULL, "home/ann/odd", 0) == FS_NOT_FOUND);
}

/* A home that is a file, or not there; what is shown being a file; `public` and `home` elsewhere, and moved. */
static void odd_homes(void)
{
    CHECK(create_as(NULL, "home/filed") == FS_OK);
    CHECK(create_as("filed", "home/filed/x") == FS_NO_FOLDER && open_as("filed", "home/filed", 0) == FS_OK);
    CHECK(create_as("filed", "home/filed") == FS_DENIED);
    CHECK(create_as("new", "home/new/x") == FS_DENIED && open_as("new", "home/new/public/x", 0) == FS_DENIED);
    CHECK(create_as(NULL, "home/" THIRTY "/public") == FS_OK);
    CHECK(open_as("bob", "home/" THIRTY "/public", 0) == FS_OK);
    CHECK(create_as("bob", "home/" THIRTY "/public") == FS_DENIED);
    make("home/carl");
    client.user = "carl";
    make("home/carl/public");
    make("home/carl/public/home");
    make("home/carl/public/home/bob");
    CHECK(create_as("bob", "home/carl/public/home/bob/x") == FS_DENIED);
    CHECK(open_as("bob", "home/carl/public/home/bob", 0) == FS_OK);
    client.user = "carl";
    CHECK(fs_rename(&client, "home/carl/public", "home/carl/secret", 0) == FS_OK);
    CHECK(open_as("bob", "home/carl/secret/home", 0) == FS_DENIED);
    CHECK(open_as("bob", "home/carl/public/home", 0) == FS_DENIED);
    client.user = "carl";
    CHECK(fs_rename(&client, "home/carl/secret", "public/carl", 0) == FS_DENIED);
    CHECK(fs_rename(&client, "home/carl", "home/carl/secret/carl", 0) == FS_DENIED);
    client.user = NULL;
    CHECK(fs_rename(&client, "home", "homes", 0) == FS_OK); /* then nothing is anybody's */
    CHECK(create_as("carl", "homes/carl/x") == FS_DENIED && create_as("carl", "home") == FS_DENIED);
    CHECK(fs_rename(&client, "homes", "home", 0) == FS_OK);
    CHECK(create_as("carl", "home/carl/x") == FS_OK);
}

void owners_odd_check(void)
{
    test_run("owners, long names of users", long_users);
    test_run("owners, long paths", long_paths);
    test_run("owners, odd requests", odd_requests);
    test_run("owners, odd homes", odd_homes);
}
