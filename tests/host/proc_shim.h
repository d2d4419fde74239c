/* Before user/services/proc/ on the host: the SDK of a component that makes processes, with the message in memory of the test's (proc_test.c). */
#ifndef PROC_SHIM_H
#define PROC_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#define BATON_HOST_MICROKIT_H /* in place of microkit.h, */
#define BATON_SDK_POOL_H      /* and of baton/pool.h */
#define clone process_clone   /* the C library has one, too */

typedef uint64_t seL4_Word;
typedef uint16_t seL4_Uint16;
typedef uint32_t seL4_Uint32;
typedef bool seL4_Bool;
enum { seL4_False = false };
typedef unsigned int microkit_channel, microkit_child;
typedef struct {
    seL4_Word label, count;
} microkit_msginfo;
typedef struct {
    seL4_Word id, length;
} seL4_BootInfoHeader;
enum { seL4_Fault_UnknownSyscall = 2, seL4_Fault_UserException, seL4_Fault_VMFault = 6 };
enum { seL4_UnknownSyscall_FaultIP, seL4_VMFault_Addr, seL4_UserException_Number, seL4_UnknownSyscall_Syscall };

extern struct {
    seL4_Word msg[120];
} message;
#define BATON_IPC_BUFFER (&message)
extern seL4_Word microkit_notifications;
void microkit_notify(microkit_channel ch);
microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo);

static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, seL4_Uint16 words)
{
    return (microkit_msginfo){label, words};
}

static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo m)
{
    return m.label;
}

static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo m)
{
    return m.count;
}

static inline void microkit_mr_set(unsigned i, seL4_Word word)
{
    message.msg[i] = word;
}

static inline seL4_Word microkit_mr_get(unsigned i)
{
    return message.msg[i];
}

#endif
