/* For tests of user/services/proc/: its client, of whom signals are counted; processes that ask; and a file server that answers at once or,
   when it is slow, only as it is told to. */
#ifndef TESTS_HOST_PROC_SERVED_H
#define TESTS_HOST_PROC_SERVED_H

#include <string.h>
#include "fs/client.h"
#include "fs/serve.h"
#include "proc/process.h"
#include "ramfs/ramfs.h"
#include "ring/text.h"
#include "../test.h"

enum { CLIENT = 0, FILES = 1, DISK = 2 };

typeof(message) message;
seL4_Word microkit_notifications;
extern struct text_ring *output_page;                         /* calls.c */
extern void *file_rings, *file_data, *disk_rings, *disk_data; /* files.c */
extern char *region;                                          /* lives.c */
void init(void);
void notified(microkit_channel ch);
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo);
/* proc/memory.c */
extern unsigned signals, pieces, image_needs;
extern bool no_memory;
extern const char *image_wrong;
extern char arguments_seen[PROC_ARGUMENT_BYTES];
/* What processes have in their memory, all of them the same; NULL: nothing. */
extern void *(*memory_seen_at)(seL4_Word vaddr, bool change);

struct memory {
    _Alignas(64) char rings[FS_REGION];
    char data[FS_DATA_REGION];
};
static struct memory in_memory;
static struct text_ring output_text;
static struct fs_session served;
static microkit_channel served_at; /* FILES or DISK */
static bool slow;                  /* it answers only when serve() is called */
static unsigned notes;             /* signals to the client */

void microkit_notify(microkit_channel ch)
{
    notes += ch == CLIENT;
    if (ch == served_at && !slow)
        fs_session_serve(&served);
}

static inline void serve(void)
{
    for (unsigned i = 0; i < 2 * FS_RING; i++) { /* what is closed then is asked then */
        fs_session_serve(&served);
        files_look();
    }
}

static inline unsigned open_fids(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FS_FIDS; i++)
        count += served.fid[i] != 0;
    return count;
}

static inline seL4_Word ask_client(seL4_Word label, seL4_Uint16 count, seL4_Word one, seL4_Word two,
                                   seL4_Word three)
{
    message.msg[0] = one, message.msg[1] = two, message.msg[2] = three;
    return protected(CLIENT, microkit_msginfo_new(label, count)).label;
}

/* The server begins, and so does a file server that answers at once. */
static inline void begin_served(void)
{
    static _Alignas(RAM_BLOCK) char blocks[64 * RAM_BLOCK];
    static char shared[PROC_REGION];
    memset(processes, 0, sizeof *processes * PROCESSES);
    ramfs_start(blocks, sizeof blocks);
    fs_session_start(&served, in_memory.rings, in_memory.data);
    slow = no_memory = false, served_at = FILES;
    file_rings = in_memory.rings, file_data = in_memory.data;
    output_page = &output_text;
    region = shared;
    image_wrong = NULL;
    pieces = image_needs = signals = 0;
    init();
}

/* A process with these arguments. */
static inline struct process *spawned_with(const char *words, unsigned bytes, seL4_Word grants)
{
    memcpy(region + PROC_ARGUMENTS, words, bytes);
    CHECK_NUMBER("spawn", ask_client(PROC_SPAWN, 3, 100, bytes, grants), SERVICE_OK);
    return process_of(message.msg[0]);
}

static inline microkit_msginfo ask(struct process *p, enum fs_op op, unsigned flags, const char *path)
{
    const seL4_Word words[] = {op, flags, 0, 0, strlen(path)};
    memcpy(message.msg, words, sizeof words);
    memcpy(message.msg + 5, path, strlen(path));
    return files_ask(p, 5 + (strlen(path) + 7) / 8);
}

#endif
