/* A session for each client. */
#include "clients.h"
#include "serve.h"
#include "service.h"

static struct fs_session session[FS_CLIENTS];

static bool is_client(unsigned i)
{
    return (microkit_notifications >> (FS_FIRST_CLIENT + i) & 1) != 0;
}

void fs_clients_start(void *rings, void *data)
{
    for (unsigned i = 0; i < FS_CLIENTS; i++)
        if (is_client(i))
            fs_session_start(&session[i], (char *)rings + i * FS_CLIENT_APART,
                             (char *)data + i * FS_CLIENT_APART);
}

void fs_clients_serve(void)
{
    for (unsigned i = 0; i < FS_CLIENTS; i++)
        if (is_client(i) && fs_session_serve(&session[i]))
            microkit_notify(FS_FIRST_CLIENT + i);
}
