/* For those who have nobody to serve meanwhile: a call that may be unfinished (fs/backend.h), as often as it takes. */
#ifndef FILES_WHOLE_H
#define FILES_WHOLE_H

#define WHOLE(call)                     \
    __extension__({                     \
        enum fs_status whole_status;    \
        do                              \
            whole_status = (call);      \
        while (whole_status == FS_UNFINISHED); \
        whole_status;                   \
    })

#endif
