/* How a program begins: its file goes into the region that is shared with the process server. */
#include <string.h>
#include "shell.h"

enum { SPAWN_WORDS = 3 };

char *proc_region; /* where the description maps it */

/* The file of this name in the folder bin, or at this path. */
static enum fs_status open_program(const char *name, uint64_t *fid)
{
    char path[LINE + 5] = "/bin/";
    strncat(path, name, LINE - 1);
    const char *there = path_of(strchr(name, '/') ? name : path);
    return there ? file_open(there, 0, fid) : FS_BAD_NAME;
}

/* Its bytes, or 0: it says why. */
static uint32_t read_program(const char *name)
{
    uint64_t fid;
    uint32_t bytes = PROC_ARGUMENTS;
    enum fs_status status = open_program(name, &fid);
    if (is_command(name)) {
        complain("%s: a command can only be the first of a line", name);
        return 0;
    }
    if (status == FS_NOT_FOUND) {
        complain("%s: no such command, and no such program in bin; help lists them", name);
        return 0;
    }
    if (status == FS_OK) {
        status = file_read(fid, 0, proc_region, &bytes);
        file_close(fid);
    }
    if (status != FS_OK)
        complain("%s: %s", name, fs_text(status));
    return status == FS_OK ? bytes : 0;
}

/* They are of one line, shorter than what there is room for. A path becomes one that means the same in every folder, if there is room for
   that, too; if not, it cannot be begun again. */
static uint32_t put_arguments(int count, char **word)
{
    char *to = proc_region + PROC_ARGUMENTS;
    const char *path = strchr(word[0], '/') ? path_of(word[0]) : NULL;
    size_t rest = 0;
    for (int i = 1; i < count; i++)
        rest += strlen(word[i]) + 1;
    bool whole = path && strlen(path) + 2 + rest <= PROC_ARGUMENT_BYTES;
    if (whole)
        *to++ = '/';
    for (int i = 0; i < count; i++) {
        const char *text = i == 0 && whole ? path : word[i];
        size_t bytes = strlen(text) + 1;
        memcpy(to, text, bytes);
        to += bytes;
    }
    return (uint32_t)(to - proc_region - PROC_ARGUMENTS);
}

const char *const right_names[RIGHTS] = {"input", "output", "memory", "files",  "change",
                                         "clone", "system", "window", "network"};

static void say_missing(const char *name, seL4_Word missing)
{
    for (unsigned i = 0; i < RIGHTS; i++)
        if ((missing >> i & 1) != 0)
            complain("%s: it needs %s, and is not granted that", name, right_names[i]);
}

/* Why the process server has not begun it; the answer is copied, for to say it takes the message. */
static void say_why(const char *name, seL4_Word label)
{
    char why[64];
    seL4_Word missing = microkit_mr_get(0);
    memcpy(why, BATON_IPC_BUFFER->msg, sizeof why);
    if (label == PROC_MISSING)
        say_missing(name, missing);
    else if (label == PROC_NO_PROGRAM)
        complain("%s: %.63s", name, why);
    else
        complain("%s: the process server did not answer", name);
}

seL4_Word spawn(int count, char **word, seL4_Word grants)
{
    uint32_t bytes = read_program(word[0]);
    if (bytes == 0)
        return 0;
    seL4_Word arguments = put_arguments(count, word);
    microkit_mr_set(0, bytes);
    microkit_mr_set(1, arguments);
    microkit_mr_set(2, grants);
    strncpy((char *)&BATON_IPC_BUFFER->msg[SPAWN_WORDS], login_name(), PROC_NAME);
    seL4_Word label = microkit_msginfo_get_label(
        microkit_ppcall(PROCESSES, microkit_msginfo_new(PROC_SPAWN, SPAWN_WORDS + PROC_NAME / 8)));
    if (label == SERVICE_OK)
        return microkit_mr_get(0);
    say_why(word[0], label);
    return 0;
}

seL4_Word spawn_again(seL4_Word pid, seL4_Word again)
{
    char name[PROC_ARGUMENT_BYTES];
    if (!ask_proc(PROC_BEGAN, 1, pid, 0))
        return SERVICE_BAD;
    memcpy(name, &BATON_IPC_BUFFER->msg[2], sizeof name);
    name[sizeof name - 1] = 0;
    if (strchr(name, '/') && name[0] != '/') {
        complain("%s: from which folder it was begun is not known", name);
        return SERVICE_BAD;
    }
    uint32_t bytes = read_program(name);
    if (bytes == 0)
        return SERVICE_BAD;
    microkit_mr_set(0, pid);
    microkit_mr_set(1, bytes);
    microkit_mr_set(2, again);
    seL4_Word label =
        microkit_msginfo_get_label(microkit_ppcall(PROCESSES, microkit_msginfo_new(PROC_RESTART, 3)));
    if (label == SERVICE_BAD)
        complain("%s: it has ended", name);
    else if (label != SERVICE_OK && label != PROC_LATER)
        say_why(name, label);
    return label;
}

bool ask_proc(seL4_Word label, seL4_Word words, seL4_Word one, seL4_Word two)
{
    return SERVICE_CALL(PROCESSES, label, (seL4_Uint16)words,
                        (microkit_mr_set(0, one), microkit_mr_set(1, two)));
}
