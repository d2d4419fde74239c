/* For tests of user/services/proc/: a file server that answers at once or, when it is slow, only as it is told to. Signals to the client are
   counted. */
#ifndef TESTS_HOST_PROC_SERVED_H
#define TESTS_HOST_PROC_SERVED_H

#include "fs/client.h"
#include "fs/serve.h"
#include "proc/process.h"
#include "ramfs/ramfs.h"
#include "ring/text.h"

enum { CLIENT = 0, FILES = 1, DISK = 2 };

typeof(message) message;
seL4_Word microkit_notifications;
extern struct text_ring *output_page;                         /* calls.c */
extern void *file_rings, *file_data, *disk_rings, *disk_data; /* files.c */
extern unsigned signals;                                      /* proc/memory.c: of processes */
void init(void);

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

static void serve(void)
{
    for (unsigned i = 0; i < 2 * FS_RING; i++) { /* what is closed then is asked then */
        fs_session_serve(&served);
        files_look();
    }
}

#endif
