/* Tells the server its secret, in 120 words. */
#include "stale.h"

void init(void)
{
    for (int i = 0; i < 120; i++)
        microkit_mr_set((seL4_Uint8)i, SECRET);
    microkit_ppcall(0, microkit_msginfo_new(0, 120));
    call_with_secrets(BASE_ENDPOINT_CAP, 0);
    call_with_secrets(BASE_ENDPOINT_CAP, 3);
    call_with_secrets(BASE_ENDPOINT_CAP + 1, 0);
    call_with_secrets(BASE_ENDPOINT_CAP + 1, 2);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
