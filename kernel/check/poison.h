#ifndef BATON_POISON_H
#define BATON_POISON_H

#include <stdbool.h>

struct slot;

/* Does the slot lie in an object that there is a capability to? Between the two calls the capabilities on the list
   are looked at one by one: live_begin() forgets what was live, live_add() notes the object of one capability. */
void live_begin(void);
void live_add(const struct slot *s);
bool live_slot(const struct slot *s);

#endif
