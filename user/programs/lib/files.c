/* Files, by messages to the process server. */
#include <string.h>
#include "program.h"

enum { SERVER = 1, HEAD = 5 };

/* Asks, and waits for the answer; *value becomes its second word. What was refused for want of a right is FS_READ_ONLY. */
static enum fs_status ask(enum fs_op op, unsigned flags, seL4_Word fid, seL4_Word offset, seL4_Word bytes,
                          const void *text, seL4_Word *value)
{
    const seL4_Word head[HEAD] = {op, flags, fid, offset, bytes};
    seL4_Word words = HEAD + (text ? (bytes + 7) / 8 : 0);
    memcpy(BATON_IPC_BUFFER->msg, head, sizeof head);
    if (text)
        memcpy(&BATON_IPC_BUFFER->msg[HEAD], text, bytes);
    microkit_msginfo answer =
        baton_ppcall(baton_address(SERVER), microkit_msginfo_new(PROC_FILE, (seL4_Uint16)words));
    while (microkit_msginfo_get_label(answer) == PROC_LATER) {
        program_wait();
        answer = baton_ppcall(baton_address(SERVER), microkit_msginfo_new(PROC_FILE, 0));
    }
    if (microkit_msginfo_get_label(answer) != SERVICE_OK)
        return FS_READ_ONLY;
    *value = seL4_GetMR(1);
    return (enum fs_status)seL4_GetMR(0);
}

static enum fs_status by_path(enum fs_op op, const char *path, unsigned flags, seL4_Word *value)
{
    size_t bytes = strlen(path);
    return bytes > PROC_TEXT ? FS_BAD_NAME : ask(op, flags, 0, 0, bytes, path, value);
}

enum fs_status program_open(const char *path, unsigned flags, seL4_Word *fid)
{
    return by_path(FS_OPEN, path, flags, fid);
}

enum fs_status program_path(enum fs_op op, const char *path)
{
    seL4_Word none;
    return by_path(op, path, 0, &none);
}

enum fs_status program_close(seL4_Word fid)
{
    seL4_Word none;
    return ask(FS_CLOSE, 0, fid, 0, 0, NULL, &none);
}

static size_t part_of(size_t bytes)
{
    return bytes < PROC_TEXT ? bytes : PROC_TEXT;
}

enum fs_status program_read_file(seL4_Word fid, seL4_Word offset, void *to, size_t *bytes)
{
    size_t wanted = *bytes;
    for (*bytes = 0; *bytes < wanted;) {
        seL4_Word came = 0;
        enum fs_status status = ask(FS_READ, 0, fid, offset + *bytes, part_of(wanted - *bytes), NULL, &came);
        if (status != FS_OK || came == 0)
            return status;
        memcpy((char *)to + *bytes, &BATON_IPC_BUFFER->msg[2], came);
        *bytes += came;
    }
    return FS_OK;
}

enum fs_status program_write_file(seL4_Word fid, seL4_Word offset, const void *from, size_t *bytes)
{
    size_t wanted = *bytes;
    for (*bytes = 0; *bytes < wanted;) {
        seL4_Word put = 0;
        enum fs_status status =
            ask(FS_WRITE, 0, fid, offset + *bytes, part_of(wanted - *bytes), (const char *)from + *bytes, &put);
        if (status != FS_OK)
            return status;
        *bytes += put;
    }
    return FS_OK;
}
