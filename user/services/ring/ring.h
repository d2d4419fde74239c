/* The ring of all services: one side puts entries, the other takes them, through memory that both can write. So neither believes what
   it finds there: its own index it keeps to itself, the other's is read once and checked before it is used, and an entry is copied
   before anybody looks at it. A side that lies loses its own entries, and nothing else. README.md has the rules. */
#ifndef SERVICES_RING_H
#define SERVICES_RING_H

#include <stdbool.h>
#include <stdint.h>

/* What one side writes and the other reads, in a cache line of its own. */
struct ring_side {
    uint32_t index;  /* entries put, or taken, so far: it only grows */
    uint32_t wanted; /* a signal, please, when your index goes beyond this */
    uint32_t life;   /* one more at each start of this side */
    uint32_t apart[13];
};

/* In the shared memory, zero at first; the entries follow. */
struct ring {
    struct ring_side producer, consumer;
};

/* What services send. Rings of other things (bytes of text) use all of this file but ring_put() and ring_get(). */
struct ring_entry {
    uint64_t id; /* the asker's, and the answer has it too */
    uint16_t op, status;
    uint32_t buffer, length, flags; /* a buffer's number in the region of data, and bytes of it */
    uint64_t a, b, c, d;
    uint64_t epoch; /* in which lives of both sides it was put: ring_put() says, ring_get() checks */
};
_Static_assert(sizeof(struct ring_entry) == 64 && sizeof(struct ring) == 128, "the layout is the protocol");

/* The other side began a new life: drop or resend what the old one had, then ring_accept(). Or its index makes no sense. */
enum { RING_RESTARTED = -1, RING_BROKEN = -2 };

/* One side's own knowledge, in memory of its own. */
struct ring_end {
    struct ring_side *own, *peer;
    void *slots;
    uint32_t mask;      /* the number of entries, a power of two, less one */
    uint32_t ahead;     /* this side may be by so many: the producer; the consumer by 0 */
    uint32_t mine;      /* index of the next entry, */
    uint32_t published; /* of the first that the other does not know of, */
    uint32_t limit;     /* and of the first that is not ready */
    uint32_t life, peer_life;
    uint64_t epoch; /* both lives, as this side knows them: the consumer's in the upper half */
};

/* From now on this life of the other side counts. If the indices make no sense together, the ring becomes empty. What the dead one may have written
   over this side's own words is mended, its life at last: a next life that believed them sees another one then, and accepts in its turn. */
static inline void ring_accept(struct ring_end *e)
{
    uint32_t index = __atomic_load_n(&e->peer->index, __ATOMIC_ACQUIRE);
    e->peer_life = __atomic_load_n(&e->peer->life, __ATOMIC_ACQUIRE);
    e->epoch = e->ahead ? (uint64_t)e->peer_life << 32 | e->life : (uint64_t)e->life << 32 | e->peer_life;
    if (e->ahead + index - e->mine > e->mask + 1)
        e->mine = e->published = index;
    __atomic_store_n(&e->own->index, e->published, __ATOMIC_RELEASE);
    __atomic_store_n(&e->own->life, e->life, __ATOMIC_RELEASE);
    e->limit = e->mine; /* nothing is ready until its index is read again */
}

/* Begins a life. The other side wants a signal afterwards, whatever it asked for: the last life may have owed it one. */
static inline void ring_start(struct ring_end *e, struct ring *shared, uint32_t size, bool produces)
{
    *e = (struct ring_end){.own = produces ? &shared->producer : &shared->consumer,
                           .peer = produces ? &shared->consumer : &shared->producer,
                           .slots = shared + 1,
                           .mask = size - 1,
                           .ahead = produces ? size : 0};
    e->mine = e->published = __atomic_load_n(&e->own->index, __ATOMIC_RELAXED);
    e->life = __atomic_load_n(&e->own->life, __ATOMIC_RELAXED) + 1;
    __atomic_store_n(&e->own->life, e->life, __ATOMIC_RELEASE);
    ring_accept(e);
}

static inline bool ring_restarted(const struct ring_end *e)
{
    return __atomic_load_n(&e->peer->life, __ATOMIC_ACQUIRE) != e->peer_life;
}

/* What the last ring_ready() said, less what was put or taken since. */
static inline uint32_t ring_known(const struct ring_end *e)
{
    return e->limit - e->mine;
}

/* How many entries may be put, or taken, at once; or RING_... The other side's index is read only when all that was known of is used up; its life
   each time, and after the index: an entry that is seen was put in a life that is seen. */
static inline int32_t ring_ready(struct ring_end *e)
{
    if (ring_known(e) != 0)
        return ring_restarted(e) ? RING_RESTARTED : (int32_t)ring_known(e);
    uint32_t index = __atomic_load_n(&e->peer->index, __ATOMIC_ACQUIRE);
    if (ring_restarted(e))
        return RING_RESTARTED;
    if (e->ahead + index - e->mine > e->mask + 1)
        return RING_BROKEN;
    e->limit = e->ahead + index;
    return (int32_t)ring_known(e);
}

/* Of a side that asks in one ring and answers, or is answered, in another: whether the other side began a new life, or lies about an index, in
   either. Then both rings are accepted, and all that was under way in them is no more. */
static inline bool ring_pair_restarted(struct ring_end *requests, struct ring_end *answers)
{
    if (ring_ready(requests) >= 0 && ring_ready(answers) >= 0)
        return false;
    ring_accept(requests);
    ring_accept(answers);
    return true;
}

/* The place of the next entry of so many bytes; it counts when e->mine has grown by one. pre: ring_ready(). */
static inline void *ring_slot(const struct ring_end *e, uint32_t bytes)
{
    return (char *)e->slots + (uint64_t)(e->mine & e->mask) * bytes;
}

/* Shows the other side what was put, or taken: once for a batch. True: it wants a signal. */
static inline bool ring_publish(struct ring_end *e)
{
    uint32_t before = e->published;
    if (before == e->mine)
        return false;
    e->published = e->mine;
    __atomic_store_n(&e->own->index, e->mine, __ATOMIC_SEQ_CST); /* before the next line, as in ring_sleep() */
    return e->mine - 1 - __atomic_load_n(&e->peer->wanted, __ATOMIC_SEQ_CST) < e->mine - before;
}

/* Asks for a signal when so many are ready. False: they are already, or the other side has begun a new life. pre: all is published. */
static inline bool ring_sleep(struct ring_end *e, uint32_t count)
{
    __atomic_store_n(&e->own->wanted, e->mine - e->ahead + count - 1, __ATOMIC_SEQ_CST);
    uint32_t ready = e->ahead + __atomic_load_n(&e->peer->index, __ATOMIC_SEQ_CST) - e->mine;
    return (ready < count || ready > e->mask + 1) && !ring_restarted(e); /* nobody stays awake for a liar */
}

/* False: there is no room now. */
static inline bool ring_put(struct ring_end *e, const struct ring_entry *entry)
{
    if (ring_ready(e) <= 0)
        return false;
    struct ring_entry *slot = ring_slot(e, sizeof *slot);
    *slot = *entry;
    slot->epoch = e->epoch;
    e->mine++;
    return true;
}

typedef uint64_t ring_word __attribute__((may_alias));

/* Copies the next entry of this epoch; those of other lives are dropped. False: there is none now. */
static inline bool ring_get(struct ring_end *e, struct ring_entry *entry)
{
    for (int32_t left = ring_ready(e); left > 0; left--) {
        const volatile ring_word *from = ring_slot(e, sizeof *entry); /* each word once */
        ring_word *to = (ring_word *)(void *)entry;
        for (unsigned i = 0; i < sizeof *entry / 8; i++)
            to[i] = from[i];
        e->mine++;
        if (entry->epoch == e->epoch)
            return true;
    }
    return false;
}

/* Where a buffer lies in the region of data, or NULL: it is not in it. */
static inline void *ring_buffer(void *data, uint32_t buffers, uint32_t bytes, uint32_t buffer, uint32_t length)
{
    return buffer < buffers && length <= bytes ? (char *)data + (uint64_t)buffer * bytes : 0;
}

#endif
