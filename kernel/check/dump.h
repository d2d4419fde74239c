/* What exists, for people to read: each line begins with "dump ". Interrupts are off meanwhile, for as long as
   the console takes. */
#ifndef BATON_DUMP_H
#define BATON_DUMP_H

struct tcb;

/* what: DUMP_THREADS and so on, or DUMP_ALL. At most `most` things of each kind are shown, and then how many
   more there are. */
void dump(unsigned what, unsigned most);

#endif
