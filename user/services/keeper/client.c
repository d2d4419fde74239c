/* The keeper's client. */
#include "keeper/protocol.h"

bool keeper_find(microkit_channel keeper, const char *name, seL4_Word *child)
{
    seL4_Word words[8] = {0};
    for (unsigned i = 0; i < 63 && name[i] != 0; i++)
        words[i / 8] |= (seL4_Word)(unsigned char)name[i] << i % 8 * 8;
    for (unsigned i = 0; i < 8; i++)
        microkit_mr_set((seL4_Uint8)i, words[i]);
    bool found =
        microkit_msginfo_get_label(microkit_ppcall(keeper, microkit_msginfo_new(KEEPER_FIND, 8))) == SERVICE_OK;
    *child = found ? microkit_mr_get(0) : 0;
    return found;
}

bool keeper_kill(microkit_channel keeper, seL4_Word child)
{
    microkit_mr_set(0, child);
    return microkit_msginfo_get_label(microkit_ppcall(keeper, microkit_msginfo_new(KEEPER_KILL, 1))) ==
           SERVICE_OK;
}

bool keeper_lives(microkit_channel keeper, seL4_Word child, seL4_Word *lives, bool *runs)
{
    microkit_mr_set(0, child);
    if (microkit_msginfo_get_label(microkit_ppcall(keeper, microkit_msginfo_new(KEEPER_LIVES, 1))) !=
        SERVICE_OK)
        return false;
    *lives = microkit_mr_get(0);
    *runs = microkit_mr_get(1) != 0;
    return true;
}
