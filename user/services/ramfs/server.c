/* The RAM file system's server: memory behind it, clients before it. */
#include "../fs/clients.h"
#include "archive.h"
#include "service.h"

void *client_rings, *client_data, *memory;
seL4_Word memory_size;
const void *archive; /* NULL: it begins empty */
seL4_Word archive_size;

void init(void)
{
    ramfs_start(memory, memory_size);
    if (archive)
        archive_unpack(archive, archive_size);
    fs_clients_start(client_rings, client_data);
    service_signal_all();
}

void notified(microkit_channel ch)
{
    (void)ch;
    fs_clients_serve();
}
