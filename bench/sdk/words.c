/* Answers calls with the words that came, and 1 added to the first: so it had them in its buffer, and its caller has them from there. */
#include "seen.h"

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    microkit_mr_set(0, microkit_mr_get(0) + 1);
    msginfo.words[0] += ANSWERED;
    return msginfo;
}
