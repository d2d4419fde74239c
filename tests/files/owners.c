/* Whose files are whose (fs/owner.c): what a user may, by whatever name it is called. Linked with RAM and with FAT, which has more names for a thing:
   those of eight letters, and all in capitals and small letters. */
#include "owners.h"
#include <string.h>
#include "../host/random.h"
#include "../host/test.h"
#include "backends.h"
#include "server.h"

enum { TRIES = 20000, PARTS = 3 };

struct memory memory;
struct fs_session session;
struct fs_client client;

/* The first letter of a file's contents says whose it is, and that it may be read: a, ann's; p, what she shows; s, nobody's; b, bob's. */
static const struct {
    const char *path;
    char content;
} files[] = {{"system.txt", 's'},
             {"home/notes", 's'},
             {"home/ann/letter to nobody.txt", 'a'},
             {"home/ann/public/poem", 'p'},
             {"home/anna-bella_smith/diary", 'a'},
             {"home/bob/mine", 'b'},
             {"home/bob/public/too", 'b'}};
static const char *const folders[] = {"home",     "home/ann",        "home/ann/public", "home/anna-bella_smith",
                                      "home/bob", "home/bob/public", "public"};
enum { FILES = sizeof files / sizeof *files, FOLDERS = sizeof folders / sizeof *folders };

static void serve(void)
{
    do
        fs_session_serve(&session);
    while (session.unfinished);
}

static void wait(void)
{
    if (test_fails())
        strcpy(test_state.why, "the server did not answer");
}

void server_begin(void)
{
    fs_session_start(&session, memory.rings, memory.data);
    fs_connect(&client, memory.rings, memory.data, serve, wait);
}

static enum fs_status put(const char *path, char content)
{
    uint64_t fid;
    uint32_t bytes = 1;
    enum fs_status status = fs_open(&client, path, FS_WRITABLE | FS_CREATE, &fid);
    if (status != FS_OK)
        return status;
    status = fs_write(&client, fid, 0, &content, &bytes);
    fs_close(&client, fid);
    return status;
}

/* Its first letter, or 0; *status: why it cannot be opened. */
static char get(const char *path, enum fs_status *status)
{
    uint64_t fid;
    uint32_t bytes = 1;
    char content = 0;
    *status = fs_open(&client, path, 0, &fid);
    if (*status != FS_OK)
        return 0;
    if (fs_read(&client, fid, 0, &content, &bytes) != FS_OK || bytes == 0)
        content = 0;
    fs_close(&client, fid);
    return content;
}

static void make_all(void)
{
    server_begin();
    for (unsigned i = 0; i < FOLDERS; i++)
        CHECK_NUMBER(folders[i], fs_path_op(&client, FS_MKDIR, folders[i]), FS_OK);
    for (unsigned i = 0; i < FILES; i++)
        CHECK_NUMBER(files[i].path, put(files[i].path, files[i].content), FS_OK);
}

static unsigned entries(const char *folder)
{
    struct ring_entry request = {.op = FS_LIST}, answer = {0};
    unsigned count = 0;
    CHECK(fs_open(&client, folder, 0, &request.a) == FS_OK);
    do {
        CHECK(fs_ask(&client, &request, &answer) == FS_OK);
        for (uint32_t at = 0; at < answer.length; count++) {
            struct fs_entry e;
            memcpy(&e, client.data + at, sizeof e);
            at += (uint32_t)(sizeof e + e.name_length + 7) & ~7u;
        }
        request.b = answer.b;
    } while (answer.length > 0 && !test_state.failing);
    fs_close(&client, request.a);
    return count;
}

/* What is not bob's is as it was. */
static void check_others(unsigned in_root)
{
    enum fs_status status;
    client.user = NULL;
    for (unsigned i = 0; i < FILES; i++)
        if (files[i].content != 'b')
            CHECK_NUMBER(files[i].path, get(files[i].path, &status), files[i].content);
    CHECK_NUMBER("in the root", entries(""), in_root);
    CHECK_NUMBER("in home", entries("home"), 4);
    CHECK_NUMBER("in home/ann", entries("home/ann"), 2);
    CHECK_NUMBER("in home/ann/public", entries("home/ann/public"), 1);
    CHECK_NUMBER("in home/anna-bella_smith", entries("home/anna-bella_smith"), 1);
    CHECK_NUMBER("in public", entries("public"), 0);
    client.user = "bob";
}

static const struct {
    const char *path;
    enum fs_status read, write, remove;
} rules[] = {
    {"", FS_OK, FS_DENIED, FS_DENIED},
    {"system.txt", FS_OK, FS_DENIED, FS_DENIED},
    {"nothing", FS_NOT_FOUND, FS_DENIED, FS_DENIED},
    {"system.txt/x", FS_NO_FOLDER, FS_DENIED, FS_DENIED},
    {"public", FS_OK, FS_DENIED, FS_DENIED},
    {"public/x", FS_NOT_FOUND, FS_DENIED, FS_DENIED},
    {"home", FS_OK, FS_DENIED, FS_DENIED},
    {"home/", FS_BAD_NAME, FS_BAD_NAME, FS_BAD_NAME},
    {"/home/bob/x", FS_BAD_NAME, FS_BAD_NAME, FS_BAD_NAME},
    {"home//bob/x", FS_BAD_NAME, FS_BAD_NAME, FS_BAD_NAME},
    {"home/bob/x/", FS_BAD_NAME, FS_BAD_NAME, FS_BAD_NAME},
    {"home/bob/../ann/x", FS_BAD_NAME, FS_BAD_NAME, FS_BAD_NAME},
    {"home/./bob/x", FS_BAD_NAME, FS_BAD_NAME, FS_BAD_NAME},
    {"home/notes", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/notes/x", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/nobody", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/ann", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/ann/letter to nobody.txt", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/ann/nothing", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/ann/nothing/x", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/ann/public", FS_OK, FS_DENIED, FS_DENIED},
    {"home/ann/public/poem", FS_OK, FS_DENIED, FS_DENIED},
    {"home/ann/public/nothing", FS_NOT_FOUND, FS_DENIED, FS_DENIED},
    {"home/anna-bella_smith/public/x", FS_DENIED, FS_DENIED, FS_DENIED},
    {"home/bob", FS_OK, FS_DENIED, FS_DENIED},
    {"home/bob/mine", FS_OK, FS_OK, FS_OK},
    {"home/bob/new", FS_NOT_FOUND, FS_OK, FS_OK},
    {"home/bob/public", FS_OK, FS_IS_FOLDER, FS_NOT_EMPTY},
    {"home/bob/nothing/x", FS_NOT_FOUND, FS_NOT_FOUND, FS_NOT_FOUND},
};

static void by_name(void)
{
    enum fs_status status;
    make_all();
    unsigned in_root = entries("");
    client.user = "bob";
    for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++) {
        get(rules[i].path, &status);
        CHECK_NUMBER(rules[i].path, status, rules[i].read);
        CHECK_NUMBER(rules[i].path, put(rules[i].path, 'b'), rules[i].write);
        CHECK_NUMBER(rules[i].path, fs_path_op(&client, FS_REMOVE, rules[i].path), rules[i].remove);
    }
    CHECK(fs_path_op(&client, FS_MKDIR, "home/carl") == FS_DENIED);
    CHECK(fs_path_op(&client, FS_MKDIR, "home/bob") == FS_DENIED);
    CHECK(fs_path_op(&client, FS_MKDIR, "home/bob/deep") == FS_OK);
    CHECK(put("home/bob/mine", 'b') == FS_OK);
    CHECK(fs_rename(&client, "home/bob/mine", "home/bob/deep/mine", 0) == FS_OK);
    CHECK(fs_rename(&client, "home/bob/deep/mine", "mine", 0) == FS_DENIED);
    CHECK(fs_rename(&client, "home/bob/deep/mine", "home/ann/public/mine", 0) == FS_DENIED);
    CHECK(fs_rename(&client, "home/bob/deep/mine", "home/ann/public/poem", FS_REPLACE) == FS_DENIED);
    CHECK(fs_rename(&client, "home/ann/public/poem", "home/bob/poem", 0) == FS_DENIED);
    CHECK(fs_rename(&client, "system.txt", "home/bob/system", 0) == FS_DENIED);
    CHECK(fs_rename(&client, "home/bob", "home/bob/deep/home", 0) == FS_DENIED);
    CHECK(fs_rename(&client, "home", "home/bob/home", 0) == FS_DENIED);
    check_others(in_root);
}

/* What is no name, or longer than one may be. */
static void by_user(void)
{
    static const char *const wrong[] = {
        "bob/public", "..", ".", "b.b", "bob ", "b\xc3\xb6", "BOB~1", "*", "abcdefghijklmnopqrstuvwxyz-01234"};
    enum fs_status status;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        client.user = wrong[i];
        get("system.txt", &status);
        CHECK_NUMBER(wrong[i], status, FS_BAD_REQUEST);
    }
    client.user = "nobody-else";
    CHECK(get("system.txt", &status) == 's' && get("home/ann/public/poem", &status) == 'p');
    CHECK(put("home/nobody-else/x", 'b') == FS_DENIED && put("x", 'b') == FS_DENIED);
}

/* Without other names for what is ann's the rest would say little: one who may do everything reads it by these. */
static void by_alias(void)
{
    enum fs_status status;
    for (const char *const *path = backend_aliases; *path; path++) {
        client.user = NULL;
        CHECK_NUMBER(*path, get(*path, &status), 'a');
        client.user = "bob";
        get(*path, &status);
        CHECK_NUMBER(*path, status, FS_DENIED);
    }
}

/* As it may be typed: other capitals, the name of eight letters that this or another system may have made. */
static void odd_part(char *to)
{
    static const char *const parts[] = {
        "home",  "home",   "home",     "bob",         "bob", "ann",
        "ann",   "public", "mine",     "poem",        "x",   "system.txt",
        "..",    ".",      "HOME~1",   "ANN~1",       "",    "letter to nobody.txt",
        "notes", "diary",  "ANNA-B~1", "LETTER~1.TXT"};
    strcpy(to, parts[random_below(sizeof parts / sizeof *parts)]);
    if (random_below(4) == 0)
        for (; *to != 0; to++)
            *to = (char)(*to >= 'a' && *to <= 'z' && random_below(2) ? *to - 32 : *to);
}

static void odd_path(char *path)
{
    static const char *const begins[] = {"", "home/", "home/bob/", "home/bob/", "home/ann/", "Home~1/"};
    strcpy(path, begins[random_below(sizeof begins / sizeof *begins)]);
    for (unsigned left = 1 + random_below(PARTS); left > 0; left--) {
        odd_part(path + strlen(path));
        strcat(path, left > 1 ? "/" : "");
    }
}

static unsigned tries(unsigned in_root, unsigned *shown)
{
    char path[128], other[128];
    enum fs_status status;
    unsigned changes = 0;
    for (unsigned i = 0; i < TRIES && !test_state.failing; i++) {
        odd_path(path);
        odd_path(other);
        char content = get(path, &status);
        CHECK_NUMBER(path, content == 'a', false);
        *shown += content == 'p' || content == 's';
        switch (random_below(4)) {
        case 0: status = put(path, 'b'); break;
        case 1: status = fs_path_op(&client, FS_MKDIR, path); break;
        case 2: status = fs_path_op(&client, FS_REMOVE, path); break;
        default: status = fs_rename(&client, path, other, random_below(2) ? FS_REPLACE : 0);
        }
        if (status != FS_OK)
            continue;
        changes++;
        check_others(in_root);
    }
    return changes;
}

static void by_any_name(void)
{
    unsigned shown = 0;
    client.user = NULL;
    unsigned in_root = entries("");
    client.user = "bob";
    unsigned changes = tries(in_root, &shown);
    CHECK(changes > TRIES / 100 && shown > TRIES / 2000);
    printf("# %u tries: bob has changed %u times something, and read %u times what he may\n", TRIES, changes,
           shown);
}

void owners_check(void)
{
    test_run("owners, by name", by_name);
    test_run("owners, names of users", by_user);
    test_run("owners, other names", by_alias);
    test_run("owners, by any name", by_any_name);
}
