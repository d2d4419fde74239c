/* The file server of owners.c and owners_odd.c, and a client of it. */
#ifndef FILES_SERVER_H
#define FILES_SERVER_H

#include "../../user/services/fs/client.h"
#include "../../user/services/fs/serve.h"

extern struct memory {
    _Alignas(64) char rings[FS_REGION];
    char data[FS_DATA_REGION];
} memory;
extern struct fs_session session;
extern struct fs_client client;

/* Both begin a life; the client may do everything. */
void server_begin(void);

#endif
