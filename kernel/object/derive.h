/* The derivation tree of capabilities, and what becomes of an object when its last capability goes. */
#ifndef BATON_DERIVE_H
#define BATON_DERIVE_H

#include "slot.h"

/* Puts a filled slot on the derivation list, right behind the slot that it comes from. */
void derive_insert(struct slot *from, struct slot *s, unsigned flags);
/* pre: `to` is empty, rights are a subset of those of `from`. The copy is not mapped. */
void derive_copy(struct slot *to, struct slot *from, unsigned rights);
/* pre: `to` is empty. `from` is empty afterwards; what was derived from it is derived from `to`. */
void derive_move(struct slot *to, struct slot *from);
/* Was `child` derived from `parent`? pre: child follows parent on the list, with only children between. */
bool slot_is_parent(const struct slot *parent, const struct slot *child);
/* Has anything been derived from this capability that still exists? */
bool slot_has_children(const struct slot *s);
/* The last capability to a CNode or TCB stays: deleting what hangs on those takes a preemptible delete. */
bool slot_deletable(const struct slot *s);
/* Empties a slot. The last capability to an object takes the object with it. pre: slot_deletable(s) */
void slot_delete(struct slot *s);

#endif
