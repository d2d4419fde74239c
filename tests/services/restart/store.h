/* A service for the test: numbers that outlive it. Writing and reading may be done twice; appending may not. */
#ifndef TEST_STORE_H
#define TEST_STORE_H

#include "ring/session.h"

enum {
    STORE_WRITE = 1,
    STORE_READ,
    STORE_APPEND,
    STORE_COUNT
}; /* a: place or value; b: value, or what was read */
enum { STORE_PLACES = 64, STORE_LIST = 900 };

/* In memory of its own, which a restart leaves as it is. */
struct kept {
    uint64_t place[STORE_PLACES];
    uint64_t count; /* it tells how much of the list there is, so that it is written last */
    uint64_t list[STORE_LIST];
};

/* What the killer has done. */
struct score {
    uint64_t kills, refused, done;
};

#endif
