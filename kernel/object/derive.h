/* The derivation tree of capabilities. */
#ifndef BATON_DERIVE_H
#define BATON_DERIVE_H

#include "slot.h"

/* Head of the list that all capabilities are on, but saved replies; itself an empty slot. */
extern struct slot cap_list;

/* Puts a slot on the derivation list, right behind the one that it comes from. pre: filled just now by slot_fill */
void derive_insert(struct slot *from, struct slot *s, unsigned flags);
/* May there be a second capability like this? An untyped's watermark lives in its one capability. A page table
   is mapped by one capability at one place, once: a second one could put it at another level, where its entries
   would be tables themselves. A reply is good for one answer. */
bool slot_copyable(const struct slot *s);
/* pre: slot_copyable(from), `to` is empty, rights are a subset of those of `from`. The copy is not mapped. */
void derive_copy(struct slot *to, struct slot *from, unsigned rights);
/* pre: `to` is empty. `from` is empty afterwards; what was derived from it is derived from `to`. */
void derive_move(struct slot *to, struct slot *from);
/* Exchanges what two slots hold; either may be empty. */
void derive_swap(struct slot *a, struct slot *b);
/* Was `child` derived from `parent`? pre: child follows parent on the list, with only children between. */
bool slot_is_parent(const struct slot *parent, const struct slot *child);
/* Has anything been derived from this capability that still exists? */
bool slot_has_children(const struct slot *s);
/* Is this the only capability to its object? */
/* Is it the first on the list of the capabilities to its object? */
bool slot_first(const struct slot *s);
bool slot_last(const struct slot *s);
/* Takes a slot off the list and empties it. What it stood for is the caller's business (delete.h). */
void derive_remove(struct slot *s);

#endif
