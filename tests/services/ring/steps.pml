/* The rules of user/services/ring/ring.pml, one at a time: from each state of one side and of the other's words, while the other side
   changes some of those at any moment of the rule's. For each end that it comes to, a line of numbers; steps.c writes those of ring.h.
   No dying: where one may die is the model's own. Numbers and their order are those of steps.c. */
#define STEPS
#define DEATHS 0
#define TAKEN result = 1
byte result;
#include "../../../user/services/ring/ring.pml"
#define UP_TO_1(x) if :: x = 0 :: x = 1 fi
#define UP_TO_2(x) if :: x = 0 :: x = 1 :: x = 2 fi
#define UP_TO_3(x) if :: x = 0 :: x = 1 :: x = 2 :: x = 3 fi

mtype:op = { BEGIN, ACCEPT, READIED, PUBLISH, SLEEP, SLEEP_LONG, PUT, GET } /* numbers: from the last, which is 1 */
mtype:op op;
bool under_way;
byte at, late, known, away, asked, reborn, other_epoch, move, seen;

inline choose()
{
    atomic {
        UP_TO_3(at); UP_TO_2(late); UP_TO_2(known); UP_TO_2(away);
        if
        :: op == PUBLISH -> UP_TO_3(asked)
        :: else
        fi;
        if
        :: op == GET -> UP_TO_3(other_epoch)
        :: op == PUT
        :: else -> UP_TO_1(reborn)
        fi;
        (me == 0 -> late <= away && known + away <= SIZE : late + away <= SIZE && known <= away);
        !(op == BEGIN && (late > 0 || known > 0)) && !((op == SLEEP || op == SLEEP_LONG) && late > 0);
        !(op == PUT && (me == 1 || known == 0)) && !(op == GET && (me == 0 || known == 0));
        published = MINUS(at, late);
        index[me] = published;
        index[OTHER] = (me == 0 -> MINUS(at, away) : (at + away) % MODULUS);
        mine[OTHER] = index[OTHER];
        wanted[OTHER] = asked;
        life[me] = 2;
        life[OTHER] = 1 + reborn;
        if
        :: op == BEGIN -> life[me] = 1; published = 0
        :: else -> mine[me] = at; limit = (at + known) % MODULUS; peer = 1
        fi;
        if
        :: op == GET ->
            first[at % SIZE] = at;
            second[at % SIZE] = at;
            first[1 - at % SIZE] = (at + 1) % MODULUS; /* one that need not be dropped */
            second[1 - at % SIZE] = (at + 1) % MODULUS;
            put_by[1 - at % SIZE] = 1;
            put_for[1 - at % SIZE] = 2;
            put_by[at % SIZE] = 1 + other_epoch % 2;
            put_for[at % SIZE] = 2 + other_epoch / 2
        :: else
        fi;
        under_way = true
    }
}

inline tell()
{
    atomic {
        under_way = false;
        c_code {
            int me = Pone->me, slot = now.at % 2;
            printf("= %d %d %d %d %d %d %d %d %d %d %d :", now.op, me, now.at, now.late, now.known, now.away, now.asked, now.reborn,
                   now.other_epoch, now.move, now.seen);
            printf(" %d %d %d %d %d %d %d %d", now.mine[me], Pone->published, Pone->limit, Pone->peer, now.life[me], now.index[me],
                   now.wanted[me], now.result);
            printf(" %d %d %d %d\n", now.first[slot], now.second[slot], now.put_by[slot], now.put_for[slot]);
        };
        false /* the other side's moves after this are nothing to us */
    }
}

proctype one(bit me)
{
    byte limit, published, peer, i, before, count;
    choose();
    if
    :: op == BEGIN -> begin()
    :: op == ACCEPT -> atomic { accept() }
    :: op == READIED -> ready(); result = count
    :: op == PUBLISH -> publish(); result = signal[OTHER]
    :: op == SLEEP -> count = 1; sleep(); result = 1
    :: op == SLEEP_LONG -> count = SIZE; sleep(); result = 1
    :: op == PUT -> put()
    :: op == GET -> get()
    fi;
    goto ended;
again: /* it is accepted, or does not sleep */
    result = (op == READIED -> 9 : 0);
start:
ended:
    tell()
}

proctype other(bit me)
{
    atomic {
        under_way && op != PUT && op != GET ->
            if
            :: (me == 0 -> away > 0 : away + late < SIZE) -> index[OTHER] = (index[OTHER] + 1) % MODULUS; move = 1
            :: life[OTHER]++; move = 2
            :: (me == 0 -> away > 0 : away + late < SIZE) ->
                life[OTHER]++;
                index[OTHER] = (index[OTHER] + 1) % MODULUS;
                move = 8
            :: op == PUBLISH -> UP_TO_3(wanted[OTHER]); move = 3 + wanted[OTHER]
            :: move = 7 /* it only looks */
            fi;
            seen = (life[me] * MODULUS + index[me]) * MODULUS + wanted[me]
    }
}

init
{
    bit me;
    atomic {
        if :: op = BEGIN :: op = ACCEPT :: op = READIED :: op = PUBLISH :: op = SLEEP :: op = SLEEP_LONG :: op = PUT :: op = GET fi;
        UP_TO_1(me);
        run one(me);
        run other(me);
        me = 0
    }
}
