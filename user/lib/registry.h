/* One array of pointers that many files fill, each where it defines its own entries: nobody keeps a list that could lose one.
   user.ld makes the array, sorted by the three digits of the place; entries with the same place are sorted by name. */
#ifndef LIB_REGISTRY_H
#define LIB_REGISTRY_H

#define REGISTERED(place, name) __attribute__((used, section(".registry." #place "." #name)))
#define REGISTRY_PLACE_IS_GOOD(place)                                                                          \
    _Static_assert(sizeof #place == sizeof "000", "a place has three digits: places are sorted as text")

#endif
