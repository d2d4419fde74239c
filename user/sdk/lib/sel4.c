/* The calls that components make by seL4's names. */
#include "own.h"

seL4_MessageInfo_t seL4_Call(seL4_CPtr endpoint, seL4_MessageInfo_t info)
{
    return baton_message(cap_at(endpoint), info.words[0], SYS_CALL, SYS_LONG_CALL);
}

void seL4_Send(seL4_CPtr endpoint, seL4_MessageInfo_t info)
{
    baton_message(cap_at(endpoint), info.words[0], SYS_SEND, SYS_LONG_SEND);
}

void seL4_NBSend(seL4_CPtr endpoint, seL4_MessageInfo_t info)
{
    if (cap_identify(cap_at(endpoint)) == TYPE_NOTIFICATION)
        seL4_Signal(endpoint);
    else
        baton_message(cap_at(endpoint), info.words[0], SYS_SEND_NB, SYS_SEND_NB);
}

/* Puts the words in the buffer, and clears those that the message counts but that did not come. */
static seL4_MessageInfo_t take(long outcome, const struct msg *m, seL4_Word *badge)
{
    seL4_IPCBuffer *buffer = BATON_IPC_BUFFER;
    seL4_MessageInfo_t info = {{outcome == GOT_MESSAGE || outcome == GOT_LONG ? m->label : 0}};
    seL4_Word came = MSG_WORDS + (outcome == GOT_LONG ? buffer->kernel[0] : 0);
    if (badge != NULL)
        *badge = outcome < 0 ? 0 : m->badge;
    for (seL4_Word i = 0; i < MSG_WORDS; i++)
        buffer->msg[i] = m->word[i];
    for (seL4_Word i = came; i < seL4_MessageInfo_get_length(info) && i < seL4_MsgMaxLength; i++)
        buffer->msg[i] = 0;
    return info;
}

seL4_MessageInfo_t seL4_Recv(seL4_CPtr source, seL4_Word *badge, seL4_CPtr reply)
{
    struct msg m = {0};
    (void)reply;
    bool notification = cap_identify(cap_at(source)) == TYPE_NOTIFICATION;
    long outcome = ipc(notification ? SYS_WAIT : SYS_RECV, cap_at(source), &m);
    return take(outcome, &m, badge);
}

seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr source, seL4_MessageInfo_t info, seL4_Word *badge, seL4_CPtr reply)
{
    struct msg m = {.label = info.words[0]};
    seL4_IPCBuffer *buffer = BATON_IPC_BUFFER;
    seL4_Word count = seL4_MessageInfo_get_length(info);
    (void)reply;
    for (seL4_Word i = 0; i < MSG_WORDS && i < count; i++)
        m.word[i] = buffer->msg[i];
    buffer->kernel[0] =
        count > MSG_WORDS ? (count < seL4_MsgMaxLength ? count : seL4_MsgMaxLength) - MSG_WORDS : 0;
    buffer->kernel[1] = 0; /* no capabilities */
    long outcome = ipc(count > MSG_WORDS ? SYS_LONG_REPLY_RECV : SYS_REPLY_RECV, cap_at(source), &m);
    return take(outcome, &m, badge);
}

static seL4_Error error_of(long result)
{
    switch (result) {
    case ERR_BAD_CAP: return seL4_FailedLookup;
    case ERR_WRONG_TYPE:
    case ERR_NO_RIGHT: return seL4_InvalidCapability;
    case ERR_BAD_ARGUMENT: return seL4_InvalidArgument;
    default: return result < 0 ? seL4_IllegalOperation : seL4_NoError;
    }
}

seL4_Error seL4_TCB_Suspend(seL4_TCB thread)
{
    return error_of(thread_suspend(cap_at(thread)));
}

seL4_Error seL4_TCB_Resume(seL4_TCB thread)
{
    long result = thread_resume(cap_at(thread));
    return result == ERR_IN_USE ? seL4_NoError : error_of(result);
}

static struct thread_registers *kernel_registers(void)
{
    return (struct thread_registers *)((struct ipc_buffer *)BATON_IPC_BUFFER)->word;
}

/* The kernel leaves the registers in the buffer's words, in the order that the context has, too. */
_Static_assert(offsetof(seL4_UserContext, fs_base) == sizeof(struct thread_registers), "same order");

static seL4_Word bytes_of(seL4_Word count)
{
    seL4_Word bytes = count * sizeof(seL4_Word);
    return bytes < sizeof(struct thread_registers) ? bytes : sizeof(struct thread_registers);
}

static void copy(void *to, const void *from, seL4_Word bytes)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

seL4_Error seL4_TCB_ReadRegisters(seL4_TCB thread, seL4_Bool suspend, seL4_Uint8 arch_flags, seL4_Word count,
                                  seL4_UserContext *registers)
{
    (void)arch_flags;
    long result = suspend ? thread_suspend(cap_at(thread)) : 0;
    if (result == 0)
        result = thread_read_registers(cap_at(thread));
    if (result == 0)
        copy(registers, kernel_registers(), bytes_of(count));
    return error_of(result);
}

seL4_Error seL4_TCB_WriteRegisters(seL4_TCB thread, seL4_Bool resume, seL4_Uint8 arch_flags, seL4_Word count,
                                   seL4_UserContext *registers)
{
    (void)arch_flags;
    long result = thread_suspend(cap_at(thread));
    if (result == 0)
        result = thread_read_registers(cap_at(thread));
    if (result < 0)
        return error_of(result);
    copy(kernel_registers(), registers, bytes_of(count));
    result = thread_write_registers(cap_at(thread));
    if (result == 0 && resume)
        result = thread_resume(cap_at(thread));
    return error_of(result);
}
