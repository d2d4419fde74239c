/* Does with each of two file systems what a user does in a day, and checks that it is there. */
#include <microkit.h>
#include <string.h>
#include "fs/client.h"

enum { FAT = 0, RAM = 1, INPUT = 1, LONG = 100000 };

void *fat_rings, *fat_data, *ram_rings, *ram_data;
static struct fs_client client;
static unsigned char bytes[LONG], back[LONG];
static const char *where;

static void signal_fat(void)
{
    microkit_notify(FAT);
}

static void signal_ram(void)
{
    microkit_notify(RAM);
}

static void wait(void)
{
    seL4_Word badge;
    seL4_Wait(INPUT, &badge);
}

static void say(const char *what, enum fs_status status)
{
#define NAME(name, text) #name,
    static const char *const names[] = {FS_STATUSES(NAME)};
    microkit_dbg_puts(where);
    microkit_dbg_puts(what);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(names[status]);
    microkit_dbg_puts("\n");
}

static enum fs_status put(const char *path, const void *from, uint32_t length)
{
    uint64_t fid;
    enum fs_status status = fs_open(&client, path, FS_WRITABLE | FS_CREATE, &fid);
    if (status != FS_OK)
        return status;
    status = fs_write(&client, fid, 0, from, &length);
    fs_close(&client, fid);
    return status;
}

/* IO: what is there is something else. */
static enum fs_status same(const char *path, const void *as, uint32_t length)
{
    uint64_t fid;
    uint32_t found = sizeof back;
    enum fs_status status = fs_open(&client, path, 0, &fid);
    if (status != FS_OK)
        return status;
    status = fs_read(&client, fid, 0, back, &found);
    fs_close(&client, fid);
    return status != FS_OK ? status : found == length && memcmp(back, as, length) == 0 ? FS_OK : FS_IO;
}

static unsigned entries(const char *path)
{
    struct ring_entry request = {.op = FS_LIST}, answer;
    uint64_t fid;
    unsigned count = 0;
    if (fs_open(&client, path, 0, &fid) != FS_OK)
        return 0;
    for (request.a = fid; fs_ask(&client, &request, &answer) == FS_OK && answer.length != 0;
         request.b = answer.b)
        for (uint32_t at = 0; at < answer.length; count++) {
            struct fs_entry entry;
            memcpy(&entry, client.data + at, sizeof entry);
            at += (uint32_t)(sizeof entry + entry.name_length + 7) & ~7u;
        }
    fs_close(&client, fid);
    return count;
}

static void work(void)
{
    uint64_t fid;
    for (uint32_t i = 0; i < LONG; i++)
        bytes[i] = (unsigned char)(i * 7 + (i >> 8));
    say("a folder", fs_path_op(&client, FS_MKDIR, "from Baton"));
    say("a short file", put("from Baton/A name of many letters.txt", "written in ring 3\n", 18));
    say("a long file", put("from Baton/long.bin", bytes, LONG));
    say("it is there", same("from Baton/long.bin", bytes, LONG));
    say("another name", fs_rename(&client, "from Baton/long.bin", "long one.bin", 0));
    say("for the bin", put("from Baton/short-lived", bytes, 5000));
    say("it goes", fs_path_op(&client, FS_REMOVE, "from Baton/short-lived"));
    say("nothing there", fs_open(&client, "from Baton/short-lived", 0, &fid));
    say("a way out", fs_open(&client, "from Baton/../x", 0, &fid));
    say("sync", fs_sync(&client));
    say("one file is in the folder", entries("from Baton") == 1 ? FS_OK : FS_IO);
    say("it still is there", same("long one.bin", bytes, LONG));
}

void init(void)
{
    where = "fat: "; /* the first: once it has answered, nobody below it prints in the middle of our lines */
    fs_connect(&client, fat_rings, fat_data, signal_fat, wait);
    say("what the host wrote", same("from the host.txt", "written by mtools\n", 18));
    work();
    where = "ram: ";
    fs_connect(&client, ram_rings, ram_data, signal_ram, wait);
    work();
    microkit_dbg_puts("client: that is all\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
