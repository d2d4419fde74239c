#pragma once
/* --mutant N: of an image in which many mutants of a fast path lie beside each other (tests/mutant_images.py). The places where the path
   is entered lead to the one that is chosen. */
#include <stdint.h>

enum { NO_MUTANT = UINT32_MAX };

/* pre: world_init; no other one has run in this process. */
void mutant_choose(uint64_t n);
