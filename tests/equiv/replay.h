/* A state from a file, as tests/prove writes one that refutes a theorem: lines "name value". */
#ifndef EQUIV_REPLAY_H
#define EQUIV_REPLAY_H

#include "machine.h"

/* Builds the state and the registers of its system call, or of its page fault: then true. Ends the program with
   a message when the file is wrong. */
bool replay_state(const char *path, struct registers *user, struct fault *fault);

#endif
