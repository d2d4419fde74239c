/* All clients of a file server: one for each channel from FS_FIRST_CLIENT on that the description gives it. The rings and buffers of the
   first are where the description says, those of each further one FS_CLIENT_APART behind those of the one before. */
#ifndef SERVICES_FS_CLIENTS_H
#define SERVICES_FS_CLIENTS_H

#include <stdbool.h>

enum { FS_FIRST_CLIENT = 1, FS_CLIENTS = 8, FS_CLIENT_APART = 0x100000 };

void fs_clients_start(void *rings, void *data);
void fs_clients_signal(void); /* all: a last life may have owed them one */
/* Answers what all have asked, at most a round of each, and signals those that want it. True: something is unfinished (backend.h), so once more. */
bool fs_clients_serve(void);

#endif
