#pragma once
/* Which operations were compared, and how often each reason was met. */
#include <stdbool.h>

/* complete: every reason that can occur must have occurred, or the states are too few or too tame. */
void report(bool complete);
