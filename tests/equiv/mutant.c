#include "mutant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "machine.h"

/* In the image: where the mutants are entered, for each of them as many words as are chosen; and where the last one ends. */
void mutant_choose(uint64_t n)
{
    uint64_t table = image_symbol("mutants"), end = image_symbol("mutants_end");
    uint64_t chosen = image_symbol("mutant_chosen"), words = (image_symbol("mutant_chosen_end") - chosen) / 8;
    if (n >= (end - table) / 8 / words) {
        fprintf(stderr, "equiv: the image has no mutant %lu\n", n);
        exit(2);
    }
    const uint64_t *entered = image_at(table + 8 * words * n);
    memcpy(image_at(chosen), entered, 8 * words);
    machine_knows(entered[0], entered[words]);
}
