/* What ring 3 can find of others after a run: with KPTI all of the window is mapped for it, and Meltdown reads
 * it. */
#ifndef BARRIERS_RESIDUE_H
#define BARRIERS_RESIDUE_H

#include "rules.h"

/* Wipes the window's stacks, so that what is found afterwards is this run's. pre: the state is built, and
 * nothing pushed */
void residue_wipe(void);
/* False: a register of a thread stands where it must not. */
bool residue_none(const struct run *run, char *why);

#endif
