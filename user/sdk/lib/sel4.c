/* Messages and signals by seL4's names. */
#include "own.h"

/* A message that came to nothing: was it because the slot has no endpoint? */
static seL4_MessageInfo_t sent(seL4_Word call, seL4_CPtr endpoint, seL4_MessageInfo_t answer)
{
    if (seL4_MessageInfo_get_label(answer) != BATON_LABEL_NO_ANSWER)
        return answer;
    long type = cap_identify(cap_at(endpoint));
    if (type != TYPE_ENDPOINT)
        baton_refused(call, endpoint, type < 0 ? type : ERR_WRONG_TYPE);
    return answer;
}

seL4_MessageInfo_t seL4_Call(seL4_CPtr endpoint, seL4_MessageInfo_t info)
{
    return sent(SYS_CALL, endpoint, baton_message(cap_at(endpoint), info.words[0], SYS_CALL, SYS_LONG_CALL));
}

/* The first words of the buffer as a message in registers; how many are left in the buffer, is there, too. */
static struct msg put(seL4_MessageInfo_t info)
{
    struct msg m = {.label = info.words[0]};
    seL4_IPCBuffer *buffer = BATON_IPC_BUFFER;
    seL4_Word count = seL4_MessageInfo_get_length(info);
    for (seL4_Word i = 0; i < MSG_WORDS && i < count; i++)
        m.word[i] = buffer->msg[i];
    buffer->kernel[0] =
        count > MSG_WORDS ? (count < seL4_MsgMaxLength ? count : seL4_MsgMaxLength) - MSG_WORDS : 0;
    buffer->kernel[1] = 0; /* no capabilities */
    return m;
}

/* To what is no endpoint: a signal, or the acknowledgement of an interrupt. */
static bool sent_otherwise(seL4_CPtr to)
{
    switch (cap_identify(cap_at(to))) {
    case TYPE_NOTIFICATION: seL4_Signal(to); return true;
    case TYPE_IRQ_HANDLER: seL4_IRQHandler_Ack(to); return true;
    default: return false;
    }
}

static void send(seL4_CPtr to, seL4_MessageInfo_t info, uint64_t call, uint64_t call_if_long)
{
    if (sent_otherwise(to))
        return;
    struct msg m = put(info);
    baton_refused(call, to,
                  ipc(seL4_MessageInfo_get_length(info) > MSG_WORDS ? call_if_long : call, cap_at(to), &m));
}

void seL4_Send(seL4_CPtr to, seL4_MessageInfo_t info)
{
    send(to, info, SYS_SEND, SYS_LONG_SEND);
}

/* Of a long message only the words in registers go: the kernel has no call that would not wait with the others. */
void seL4_NBSend(seL4_CPtr to, seL4_MessageInfo_t info)
{
    send(to, info, SYS_SEND_NB, SYS_SEND_NB);
}

/* Puts the words in the buffer, clears those that the message counts and that did not come, and lets it count no more than there are. */
static seL4_MessageInfo_t take(long outcome, const struct msg *m, seL4_Word *badge)
{
    seL4_IPCBuffer *buffer = BATON_IPC_BUFFER;
    seL4_MessageInfo_t info = {{outcome == GOT_MESSAGE || outcome == GOT_LONG ? m->label : 0}};
    if (seL4_MessageInfo_get_length(info) > seL4_MsgMaxLength)
        info.words[0] = (info.words[0] & ~0x7full) | seL4_MsgMaxLength;
    seL4_Word came = MSG_WORDS + (outcome == GOT_LONG ? buffer->kernel[0] : 0);
    if (badge != NULL)
        *badge = outcome < 0 ? 0 : m->badge;
    for (seL4_Word i = 0; i < MSG_WORDS; i++)
        buffer->msg[i] = m->word[i];
    for (seL4_Word i = came; i < seL4_MessageInfo_get_length(info); i++)
        buffer->msg[i] = 0;
    return info;
}

static seL4_MessageInfo_t receive(seL4_CPtr source, seL4_Word *badge, uint64_t recv, uint64_t wait)
{
    struct msg m = {0};
    bool notification = cap_identify(cap_at(source)) == TYPE_NOTIFICATION;
    long outcome = ipc(notification ? wait : recv, cap_at(source), &m);
    baton_refused(notification ? wait : recv, source, outcome);
    return take(outcome, &m, badge);
}

seL4_MessageInfo_t seL4_Recv(seL4_CPtr source, seL4_Word *badge, seL4_CPtr reply)
{
    (void)reply;
    return receive(source, badge, SYS_RECV, SYS_WAIT);
}

seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr source, seL4_Word *badge, seL4_CPtr reply)
{
    (void)reply;
    return receive(source, badge, SYS_RECV_NB, SYS_POLL);
}

seL4_MessageInfo_t seL4_Wait(seL4_CPtr source, seL4_Word *badge)
{
    return receive(source, badge, SYS_RECV, SYS_WAIT);
}

seL4_MessageInfo_t seL4_NBWait(seL4_CPtr source, seL4_Word *badge)
{
    return receive(source, badge, SYS_RECV_NB, SYS_POLL);
}

seL4_MessageInfo_t seL4_Poll(seL4_CPtr source, seL4_Word *badge)
{
    return seL4_NBWait(source, badge);
}

seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr to, seL4_MessageInfo_t info, seL4_CPtr source, seL4_Word *badge,
                                   seL4_CPtr reply)
{
    seL4_NBSend(to, info);
    return seL4_Recv(source, badge, reply);
}

seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr source, seL4_MessageInfo_t info, seL4_Word *badge, seL4_CPtr reply)
{
    (void)reply;
    struct msg m = put(info);
    bool is_long = seL4_MessageInfo_get_length(info) > MSG_WORDS;
    long outcome = ipc(is_long ? SYS_LONG_REPLY_RECV : SYS_REPLY_RECV, cap_at(source), &m);
    baton_refused(SYS_REPLY_RECV, source, outcome);
    return take(outcome, &m, badge);
}
