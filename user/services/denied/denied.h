/* What was refused: a list that one component writes, in a region of its own, and others may read. Who refuses notes it there, so nobody can
   write in another's name, and a request that is not refused costs nothing. README.md has the rules. */
#ifndef SERVICES_DENIED_H
#define SERVICES_DENIED_H

#include <stdint.h>

#define DENIED_WHYS(X)                                        \
    X(SENSE, "it makes no sense")                             \
    X(RIGHT, "that was not granted")                          \
    X(OWNER, "it is not this user's")                         \
    X(READ_ONLY, "it may only be read")                       \
    X(NOTHING, "it has no such thing")                        \
    X(FULL, "no room is left for it")                         \
    X(PASSWORD, "name or password is wrong")                  \
    X(MEMORY, "it has no such memory, or not to do that")     \
    X(NO_CALL, "the kernel has no such call")                 \
    X(PRIVILEGE, "only the kernel may, or it has no such port")
#define DENIED_NUMBER(name, text) DENIED_##name,
enum denied_why { DENIED_WHYS(DENIED_NUMBER) DENIED_WHY_COUNT };

enum {
    DENIED_TEXT = 76,
    DENIED_OWNERS = 256,
    DENIED_SHARES = 8 /* of one who has asked, at most that part of the lines is kept once all are used */
};

/* Zero at first. The number is stored last, and 0 before anything else of the line changes. */
struct denial {
    uint64_t number; /* how many had been refused with this one */
    uint32_t times;  /* it is one line, however often the same is refused */
    uint32_t who;    /* a channel, a process, ... */
    uint16_t owner;  /* below DENIED_OWNERS: whose that is; those take turns in losing lines */
    uint16_t why;    /* enum denied_why */
    char what
        [DENIED_TEXT]; /* ended by a NUL; ? stands for control characters, and three dots end what is longer */
};

struct denials {
    uint64_t all; /* so many were refused, those that are not kept included */
    uint64_t apart[7];
    struct denial line[];
};
_Static_assert(sizeof(struct denial) == 96 && sizeof(struct denials) == 64, "the layout is the protocol");

/* Where the description maps the list, and how long that is; NULL: nothing is kept. */
extern struct denials *denied_page;
extern uint64_t denied_size;

/* pre: what is a short word. The text, if there is any, stands behind it, and a blank between. */
void denied(uint32_t who, uint32_t owner, enum denied_why why, const char *what, const char *text,
            uint32_t bytes);
/* ... or a number. The client of a channel is its own owner. */
void denied_number(uint32_t who, uint32_t owner, enum denied_why why, const char *what, uint64_t number);

static inline uint64_t denied_lines(uint64_t size)
{
    return size > sizeof(struct denials) ? (size - sizeof(struct denials)) / sizeof(struct denial) : 0;
}

#endif
