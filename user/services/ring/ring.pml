/* The ring of ring.h for spin: a producer (0) and a consumer (1), which may die and begin anew. Claims, in all interleavings: neither ever
   sees an index that makes no sense; no entry is overwritten before it is taken, or taken half written; what is taken was put at that
   place, in the present lives, and what is dropped was not; nobody sleeps for ever while the other waits for it (an invalid end state).
   Each step has one access to shared memory. tests/services/model_test.py runs it; with one of the words that #ifdef asks for a rule of
   ring.h is broken, and spin must see it. That each rule here is what the function of ring.h does is checked there, too, by
   tests/services/ring. */
#define SIZE 2
#define MODULUS 4 /* of the indices, which wrap */
#ifndef DEATHS
#define DEATHS 1 /* of both together */
#endif
#ifndef TAKEN
#define TAKEN skip /* tests/services/ring/steps.pml sees it by this */
#endif
#define OTHER (1 - me)
#define AHEAD (me == 0 -> SIZE : 0)
#define MINUS(a, b) (((a) + MODULUS - (b)) % MODULUS)
#define READY(other_index) MINUS(AHEAD + other_index, mine[me])

/* Shared: what each side writes for the other, and the entries in two halves. */
byte index[2], wanted[2], life[2];
byte first[SIZE], second[SIZE], put_by[SIZE], put_for[SIZE];
bool signal[2];

/* A side's own; the claims look at it. */
byte mine[2], writing = SIZE;
byte deaths;
#ifdef BUFFERED
chan stores[2] = [1] of { byte }; /* an index that the other side does not see yet */
#endif

#define MAY_DIE if :: atomic { deaths < DEATHS -> deaths++; goto start } :: skip fi

inline publish() /* ring_publish() */
{
    if
    :: atomic { published != mine[me] ->
        before = published;
        published = mine[me];
#ifdef BUFFERED
        stores[me]!mine[me]
#else
        index[me] = mine[me]
#endif
        };
        MAY_DIE;
        d_step {
            if
            :: MINUS(mine[me] + MODULUS - 1, wanted[OTHER]) < MINUS(mine[me], before) -> signal[OTHER] = true
            :: else
            fi;
            before = 0
        }
    :: atomic { published == mine[me] -> skip }
    fi
}

inline accept() /* ring_accept() */
{
    peer = life[OTHER];
    limit = mine[me]
}

inline put() /* ring_put() */
{
    d_step {
        assert(MINUS(mine[0], mine[1]) < SIZE);
#ifdef EARLY
        index[0] = (mine[0] + 1) % MODULUS;
#endif
        writing = mine[0] % SIZE;
        first[mine[0] % SIZE] = mine[0]
    };
    MAY_DIE;
    d_step {
        second[mine[0] % SIZE] = mine[0];
        put_by[mine[0] % SIZE] = life[0];
        put_for[mine[0] % SIZE] = peer;
        writing = SIZE;
        mine[0] = (mine[0] + 1) % MODULUS
    }
}

inline get() /* ring_get() */
{
    do
    :: d_step {
        assert(writing != mine[1] % SIZE);
        i = first[mine[1] % SIZE]
       };
       MAY_DIE;
       atomic {
        assert(writing != mine[1] % SIZE && i == second[mine[1] % SIZE]);
        if
#ifdef NO_EPOCH
        :: true ->
#else
        :: put_by[mine[1] % SIZE] == peer && put_for[mine[1] % SIZE] == life[1] ->
#endif
            assert(i == mine[1] && put_by[mine[1] % SIZE] == peer && put_for[mine[1] % SIZE] == life[1]);
            TAKEN;
            mine[1] = (mine[1] + 1) % MODULUS;
            i = 0;
            break
        :: else -> /* dropped: the next of those known of is looked at without asking */
            assert(put_by[mine[1] % SIZE] != life[0] || put_for[mine[1] % SIZE] != life[1]);
            mine[1] = (mine[1] + 1) % MODULUS;
            i = 0;
            if
            :: limit == mine[1] -> break
            :: else
            fi
        fi
       }
    od
}

inline begin() /* ring_start() */
{
#ifdef BUFFERED
    (len(stores[me]) == 0);
#endif
    atomic {
        i = 0;
        before = 0;
        count = 0;
        if
        :: me == 0 -> writing = SIZE
        :: else
        fi;
#ifdef FROM_PEER
        mine[me] = index[OTHER];
#else
        mine[me] = index[me];
#endif
        published = mine[me];
        life[me]++
    };
    atomic { accept(); signal[OTHER] = true }
}

inline ready() /* ring_ready() */
{
    if
    :: atomic { limit != mine[me] ->
#ifndef LATE_LIFE
        if
        :: life[OTHER] != peer -> accept(); goto again
        :: else
        fi;
#endif
        assert(life[OTHER] == peer); /* what is ready is the living's */
        count = MINUS(limit, mine[me])
       }
    :: atomic { limit == mine[me] ->
#ifdef LIFE_FIRST
        if
        :: life[OTHER] != peer -> accept(); goto again
        :: else
        fi
        };
        d_step {
            i = index[OTHER];
#else
            i = index[OTHER]
        };
        atomic {
            if
            :: life[OTHER] != peer -> i = 0; accept(); goto again
            :: else
            fi;
#endif
            assert(READY(i) <= SIZE);
            count = READY(i);
            limit = (mine[me] + count) % MODULUS;
            i = 0
        }
    fi
}

inline sleep() /* ring_sleep() */
{
    wanted[me] = MINUS(mine[me] + count + MODULUS - 1, AHEAD);
#ifndef NO_RECHECK
    i = index[OTHER];
    if
    :: atomic { READY(i) >= count || life[OTHER] != peer -> i = 0; count = 0; goto again }
    :: atomic { READY(i) < count && life[OTHER] == peer -> i = 0; count = 0 }
    fi;
#endif
    count = 0
}

proctype side(bit me)
{
    byte limit, published, peer, i, before, count;

start:
    begin();

again:
    ready();
    if
    :: count > 0 ->
        count = 0;
        if
        :: me == 0 -> put()
        :: else -> get()
        fi;
        if
        :: publish()
        :: skip
        fi;
        goto again
    :: else
    fi;
    publish();
    /* the producer may want room for more than one */
    if
    :: count = 1
    :: me == 0 -> count = SIZE
    fi;
    sleep();
    MAY_DIE;
    atomic { signal[me] -> signal[me] = false };
    goto again
}

#ifdef BUFFERED
active proctype memory()
{
    byte value;
end:
    do
    :: atomic { stores[0]?value -> index[0] = value }
    :: atomic { stores[1]?value -> index[1] = value }
    od
}
#endif

#ifndef STEPS
init
{
    atomic { run side(0); run side(1) }
}
#endif
