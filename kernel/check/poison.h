/* What the checking build does with memory that was an object's, and asks of where capabilities lie. */
#ifndef BATON_POISON_H
#define BATON_POISON_H

#include <stdbool.h>
#include "debug/checking.h"

struct slot;
struct tcb;

/* The object of this capability, its last, is no more: its memory is filled with what is neither zero, an
   address, a present entry of a page table nor a capability, so that whoever looks at it once more in the same
   entry is found out. */
void poison(const struct slot *s);

static inline void object_gone(const struct slot *s)
{
    if (CHECKING)
        poison(s);
}

/* An entry that has deleted anything makes and moves no capability: who looked one up before may hold what is
   no more (delete.h). Each says what it does; who breaks that rule panics. */
void entry_forget(void);
void entry_note_deletion(void);
void entry_assert_none(void);

static inline void entry_begins(void)
{
    if (CHECKING)
        entry_forget();
}

static inline void entry_deletes(void)
{
    if (CHECKING)
        entry_note_deletion();
}

static inline void entry_makes(void)
{
    if (CHECKING)
        entry_assert_none();
}

/* A slot that a deletion step may have freed is looked at. */
void slot_assert_lives(const struct slot *s);

static inline void slot_lives(const struct slot *s)
{
    if (CHECKING)
        slot_assert_lives(s);
}

/* Does the slot lie in an object that there is a capability to? Between the two calls the capabilities on the
   list are looked at one by one: live_begin() forgets what was live, live_add() notes the object of one. */
void live_begin(void);
void live_add(const struct slot *s);
bool live_slot(const struct slot *s);

#endif
