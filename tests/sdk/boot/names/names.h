/* What the programs of this test ask of each other. */
#ifndef NAMES_H
#define NAMES_H

#include <microkit.h>

enum { ECHO = 0, SUM = 1, TAKE = 2, COUNT = 3 }; /* labels of messages to echo */

#endif
