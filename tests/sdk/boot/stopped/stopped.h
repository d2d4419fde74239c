/* What callers ask of the keeper and of the server. */
#ifndef STOPPED_H
#define STOPPED_H

#include <microkit.h>

enum { STOP = 1, RESUME, RESTART, PAUSE };         /* of the keeper, about its child */
enum { ANSWER = 0, DIE, STOP_MYSELF, WORDS = 20 }; /* of the server */
enum { CHILD = 3, TO_KEEPER = 9 };

#endif
