/* The part of a message that does not fit into registers. */
#include "ipc/ipc.h"

#include "abi/ipc_buffer.h"
#include "arch/arch.h"
#include "object/cnode.h"
#include "object/derive.h"

_Static_assert((int)IPC_BUFFER_OWN == (int)MSG_WORDS,
               "the program's words and word[] are all words of a message");

/* Ring 3 can write the buffer at any time: each number is read once. */
static uint64_t read_limited(const uint64_t *number, uint64_t limit)
{
    uint64_t value = *(const volatile uint64_t *)number;
    return value < limit ? value : limit;
}

static bool pass_cap(struct tcb *to, const struct tcb *from, unsigned i)
{
    long error;
    uint64_t index = to->buffer->receive_index + i;
    struct slot *s = cap_lookup(from, from->buffer->cap[i]);
    if (!s || !slot_copyable(s))
        return false;
    struct slot *place = cnode_slot(to, to->buffer->receive_cnode, index, &error);
    if (!place || !slot_empty(place))
        return false;
    derive_copy(place, s, slot_rights(s));
    return true;
}

void transfer_long(struct tcb *to, const struct tcb *from)
{
    uint64_t words = read_limited(&from->buffer->words, IPC_BUFFER_WORDS);
    uint64_t caps =
        from->send_long == LONG_WORDS_AND_CAPS ? read_limited(&from->buffer->caps, IPC_BUFFER_CAPS) : 0;
    unsigned passed = 0;
    arch_copy_words(to->buffer->word, from->buffer->word, words);
    while (passed < caps && pass_cap(to, from, passed))
        passed++;
    to->buffer->words = words;
    to->buffer->caps = passed;
}
