/* What processes are refused: by this server, a file server, or the processor. */
#include <string.h>
#include "process.h"

static uint32_t owner(const struct process *p)
{
    return p->grants / PROC_USER % PROC_EVERYBODY;
}

static void note(const struct process *p, enum denied_why why, const char *what, const char *text,
                 uint32_t bytes)
{
    denied(p->pid, owner(p), why, what, text, bytes);
}

void refuse(const struct process *p, seL4_Word label, enum denied_why why)
{
    static const char *const calls[] = {"write",  "read",   "memory", "exit",    "files",   "clone",
                                        "wait",   "window", "show",   "event",   "connect", "listen",
                                        "opened", "accept", "send",   "receive", "shut"};
    if (label - PROC_WRITE < sizeof calls / sizeof *calls)
        note(p, why, calls[label - PROC_WRITE], NULL, 0);
    else
        denied_number(p->pid, owner(p), why, "call", label);
}

void refuse_file(const struct process *p, unsigned op, unsigned place, const char *path, uint32_t bytes,
                 enum denied_why why)
{
    static const char *const ops[] = {"files", "open", "close", "read from", "write to",
                                      "stat",  "list", "mkdir", "rm"};
    static const char disk[] = FS_DISK_NAME;
    uint32_t head = 0;
    char whole[DENIED_TEXT + sizeof disk + 1];
    bytes = bytes < DENIED_TEXT ? bytes : DENIED_TEXT;
    whole[head++] = '/';
    if (place == FS_ON_DISK) {
        memcpy(whole + head, disk, sizeof disk - 1);
        head += sizeof disk - 1;
        whole[head++] = '/';
    }
    if (path)
        memcpy(whole + head, path, bytes);
    note(p, why, op < sizeof ops / sizeof *ops ? ops[op] : "files", whole, path ? head + bytes : 0);
}

void refuse_fault(const struct process *p, seL4_Word label, seL4_Word address)
{
    enum { GENERAL_PROTECTION = 13 };
    char hex[18] = "0x";
    unsigned digits = 1;
    while (digits < 16 && address >> 4 * digits != 0)
        digits++;
    for (unsigned i = 0; i < digits; i++)
        hex[2 + i] = "0123456789abcdef"[address >> 4 * (digits - 1 - i) & 15];
    if (label == seL4_Fault_VMFault)
        note(p, DENIED_MEMORY, "touch", hex, 2 + digits);
    else if (label == seL4_Fault_UnknownSyscall)
        note(p, DENIED_NO_CALL, "system call", hex, 2 + digits);
    else if (label == seL4_Fault_UserException &&
             microkit_mr_get(seL4_UserException_Number) == GENERAL_PROTECTION)
        note(p, DENIED_PRIVILEGE, "instruction at", hex, 2 + digits);
}

/* What a user may not, a file was not opened for, or there may be no more of. What is wrong otherwise is no refusal. */
void refuse_status(const struct process *p, unsigned op, const char *path, enum fs_status status)
{
    enum denied_why why = status == FS_DENIED      ? DENIED_OWNER
                          : status == FS_READ_ONLY ? DENIED_READ_ONLY
                                                   : DENIED_FULL;
    if (status == FS_DENIED || status == FS_READ_ONLY || status == FS_TOO_MANY)
        refuse_file(p, op, p->file_place, path, p->file_path, why);
}
