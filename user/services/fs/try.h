/* What a file system asks of itself: an error ends the function that meets it. */
#ifndef SERVICES_FS_TRY_H
#define SERVICES_FS_TRY_H

#include "protocol.h"

#define TRY(call)                           \
    do {                                    \
        enum fs_status try_status = (call); \
        if (try_status != FS_OK)            \
            return try_status;              \
    } while (0)

#endif
