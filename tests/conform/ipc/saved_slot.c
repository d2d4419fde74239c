/* The slot with a saved right to answer: moved, swapped, deleted, used again; and how the right ends. */
#include "ipc/saved.h"

static void remove_slot(uint64_t slot)
{
    EXPECT_IS(cap_delete(own_cnode(), slot), 0);
}

static void moved(void)
{
    uint64_t slot = temp_slot(), to = temp_slot(), inner = temp_object(TYPE_CNODE, 2);
    struct step *call = call_saved(A, slot);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), slot), 0);
    expect_type(slot, ERR_BAD_CAP);
    EXPECT_IS(cap_move(cap_at(inner), 3, own_cnode(), to), 0);
    EXPECT_IS(cap_move(own_cnode(), slot, cap_at(inner), 3), 0);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(to), 1), ERR_BAD_CAP);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 2), 0);
    EXPECT_MESSAGE(call, 0, 2);
    expect_type(slot, ERR_BAD_CAP);
}

/* With another saved reply, with a capability of another type, with an empty slot. */
static void swapped(void)
{
    uint64_t slot = temp_slot(), second = temp_slot(), ep = temp_endpoint();
    struct step *first_call = call_saved(A, slot), *second_call = call_saved(C, second);
    EXPECT_IS(cap_swap(own_cnode(), slot, own_cnode(), second), 0);
    EXPECT_IS(cap_swap(own_cnode(), slot, own_cnode(), ep), 0);
    expect_type(slot, TYPE_ENDPOINT);
    EXPECT_IS(cap_swap(own_cnode(), second, own_cnode(), temp_slot()), 0);
    expect_type(second, ERR_BAD_CAP);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(ep), 1), 0);
    EXPECT_MESSAGE(second_call, 0, 1);
    EXPECT_WAITS(first_call);
}

static void swapped_and_used(void)
{
    uint64_t slot = temp_slot(), second = temp_slot();
    struct step *first_call = call_saved(A, slot), *second_call = call_saved(C, second);
    EXPECT_IS(cap_swap(own_cnode(), slot, own_cnode(), second), 0);
    EXPECT_IS(cap_swap(own_cnode(), slot, own_cnode(), slot), 0);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 1), 0);
    EXPECT_MESSAGE(second_call, 0, 1);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0); /* it finds its slot where the swap put it */
    expect_type(second, ERR_BAD_CAP);
    go(A);
    EXPECT_CANCELED(first_call);
}

static void not_copied(void)
{
    uint64_t slot = temp_slot(), to = temp_slot();
    struct step *call = call_saved(A, slot);
    EXPECT_IS(cap_copy(own_cnode(), to, own_cnode(), slot, RIGHT_ALL), ERR_WRONG_TYPE);
    EXPECT_IS(cap_mint(own_cnode(), to, own_cnode(), slot, RIGHT_ALL, 1), ERR_WRONG_TYPE);
    EXPECT_IS(cap_revoke(own_cnode(), slot), 0); /* nothing was derived from it */
    expect_type(to, ERR_BAD_CAP);
    expect_type(slot, TYPE_REPLY);
    EXPECT_WAITS(call);
}

static void deleted(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_saved(A, slot);
    remove_slot(slot);
    EXPECT_CANCELED(call);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 1), ERR_BAD_CAP);
}

static void deleted_with_its_cnode(void)
{
    uint64_t inner = temp_object(TYPE_CNODE, 4), slot = temp_slot();
    struct step *call = call_saved(A, slot), *other = call_saved(C, temp_slot());
    EXPECT_IS(cap_move(cap_at(inner), 9, own_cnode(), slot), 0);
    remove_slot(inner);
    EXPECT_CANCELED(call);
    EXPECT_WAITS(other);
}

static void caller_stopped(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_saved(A, slot);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    expect_type(slot, ERR_BAD_CAP);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 1), ERR_BAD_CAP);
    go(A);
    EXPECT_CANCELED(call);
    EXPECT_RESULT(act(A, SYS_NULL, 0, 2), 0);
}

/* The slot is free again for the next. */
static void slot_used_again(void)
{
    uint64_t slot = temp_slot();
    for (uint64_t i = 0; i < 3; i++) {
        struct step *call = call_saved(A, slot);
        EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), i), 0);
        EXPECT_MESSAGE(call, 0, i);
    }
    struct step *call = call_saved(A, slot);
    EXPECT_IS(cap_copy(own_cnode(), slot, own_cnode(), zoo(TYPE_ENDPOINT), RIGHT_ALL), ERR_OCCUPIED);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 5), 0);
    EXPECT_MESSAGE(call, 0, 5);
    EXPECT_IS(cap_copy(own_cnode(), slot, own_cnode(), zoo(TYPE_ENDPOINT), RIGHT_ALL), 0);
}

static const struct test list[] = {
    {"moved", moved},
    {"swapped", swapped},
    {"swapped_and_used", swapped_and_used},
    {"not_copied", not_copied},
    {"deleted", deleted},
    {"deleted_with_its_cnode", deleted_with_its_cnode},
    {"caller_stopped", caller_stopped},
    {"slot_used_again", slot_used_again},
};

CASE_SET(522, ipc_saved_slot_cases)
{
    CASES_SPACES("ipc/saved", list);
}
