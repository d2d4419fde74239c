/* What view.c and view_threads.c share: how numbers are told. */
#ifndef BATON_LOCKSTEP_VIEW_H
#define BATON_LOCKSTEP_VIEW_H

#include <string.h>
#include "kernel.h"

#define NONE (~0ull)

struct endpoint;
struct notification;

enum { WORDS_MOST = 1 << 14, CAPS_MOST = 512 };

/* Not among the library's variables, which come back with each state. */
struct view {
    unsigned count, caps, holders;
    uint64_t words[WORDS_MOST];
    const struct slot *all[CAPS_MOST]; /* capabilities, in the order of derivation, and their objects' names */
    uint64_t names[CAPS_MOST];
    struct holder {
        uint64_t name, first, bytes; /* where its slots lie */
    } holder[CAPS_MOST];
};
extern struct view *now_viewed __attribute__((visibility("hidden")));

/* Where so many words are told. */
static inline uint64_t *put_room(unsigned count)
{
    struct view *v = now_viewed;
    if (v->count > WORDS_MOST - count)
        v->count = WORDS_MOST - count; /* the structures are broken */
    uint64_t *at = &v->words[v->count];
    v->count += count;
    return at;
}

static inline uint64_t *put_words(const uint64_t *words, unsigned count)
{
    return memcpy(put_room(count), words, count * sizeof *words);
}

/* Tells these numbers; where the first one is. */
#define PUT(...)                                                                                               \
    put_words((const uint64_t[]){__VA_ARGS__}, sizeof(uint64_t[]){__VA_ARGS__} / sizeof(uint64_t))

/* The object that a slot lies in, and its index there. */
void put_slot(const struct slot *s);
void put_thread(const struct tcb *t);
void put_endpoint(const struct endpoint *ep);
void put_notification(const struct notification *n);
/* The run queues, by falling priority. */
void put_ready(void);

#endif
