/* The one volume that a server has. */
#ifndef SERVICES_FAT_BACKEND_H
#define SERVICES_FAT_BACKEND_H

#include "fat.h"

extern struct fat fat;
extern enum fs_status fat_state; /* why it is not mounted, or OK */

#endif
