/* A session for each client. */
#include "clients.h"
#include "serve.h"
#include "service.h"

static struct fs_session session[FS_CLIENTS];
static unsigned channel[FS_CLIENTS], clients;

void fs_clients_start(void *rings, void *data)
{
    for (unsigned i = 0; i < FS_CLIENTS; i++)
        if ((microkit_notifications >> (FS_FIRST_CLIENT + i) & 1) != 0) {
            channel[clients] = FS_FIRST_CLIENT + i;
            fs_session_start(&session[clients], (char *)rings + i * FS_CLIENT_APART,
                             (char *)data + i * FS_CLIENT_APART);
            session[clients++].who = FS_FIRST_CLIENT + i;
        }
}

void fs_clients_signal(void)
{
    for (unsigned i = 0; i < clients; i++)
        microkit_notify(channel[i]);
}

bool fs_clients_serve(void)
{
    bool more = false;
    for (unsigned i = 0; i < clients; i++) {
        if (fs_session_serve(&session[i]))
            microkit_notify(channel[i]);
        more |= session[i].unfinished;
    }
    return more;
}
