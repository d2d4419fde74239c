/* The RAM file system's server: memory behind it, one client before it. */
#include <microkit.h>
#include "../fs/serve.h"
#include "ramfs.h"

enum { CLIENT = 1 };

void *client_rings, *client_data, *memory;
seL4_Word memory_size;
static struct fs_session session;

void init(void)
{
    ramfs_start(memory, memory_size);
    fs_session_start(&session, client_rings, client_data);
    microkit_notify(CLIENT);
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (fs_session_serve(&session))
        microkit_notify(CLIENT);
}
