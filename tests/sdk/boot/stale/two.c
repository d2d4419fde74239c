/* Looks for the secret of the other: in what the server's answers bring, and by messages that claim more words than they have. */
#include "stale.h"

void init(void)
{
    say(": words that came without being sent: ", (seL4_Word)words_back(BASE_ENDPOINT_CAP, 0));
    say(": of an answer with one word: ", (seL4_Word)words_back(BASE_ENDPOINT_CAP, 1 << 12));
    say(": of an answer with three: ", (seL4_Word)words_back(BASE_ENDPOINT_CAP, 3 << 12));
    words_back(BASE_ENDPOINT_CAP, 120); /* the server finds no words of one's there */
}

void notified(microkit_channel ch)
{
    (void)ch;
}
