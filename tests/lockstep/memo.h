/* What the specification has said so far, as trees: what was read, one place after the other, and at the end what follows. */
#ifndef BATON_LOCKSTEP_MEMO_H
#define BATON_LOCKSTEP_MEMO_H

#include <stdbool.h>
#include <stdint.h>

/* What follows: a place gets a value, or another's; a number is told, or a place's; more is to be asked; an input is taken. */
enum act { SET, COPY, TELL, TELL_PLACE, ASK, TAKE };
struct follows {
    uint32_t act, place;
    uint64_t what;
};
struct leaf {
    const struct follows *first, *end;
};

enum { PLACES_MOST = 1 << 11 };

/* How many places there are by now. */
unsigned memo_places(void);
/* What follows from that row; `first` is NULL if nobody has said it yet. */
struct leaf memo_ask(unsigned question, const uint32_t *row);
/* May the answer be another one where these places, a bit for each, have other values? */
bool memo_depends(unsigned question, const uint64_t *changed);
/* The row after what follows, and the places that have changed. */
void memo_apply(struct leaf leaf, const uint32_t *from, uint32_t *to, uint64_t *changed);
/* The number that is told. */
uint64_t memo_number(const struct follows *f, const uint32_t *row);
uint64_t memo_value_at(uint32_t place, const uint32_t *row);

#endif
