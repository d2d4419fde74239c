"""Sequences that bring to light by ring 3 what random inputs seldom do: each goes from the boot on, and a program of ring 3 can have it."""
from tests.lockstep import scenarios
from tests.lockstep.alphabet import E
from tests.lockstep.stage import PAGE_FAULT, READ_OF_NOTHING
from tests.lockstep.start import ENDPOINTS, NOTIFICATION, ROOT, USER, at, call, retype, small
from tests.model import step
from tests.model.numbers import CONST, FAULTS, RIGHT, TYPE

FIRST, BADGED = 44, 43  # slots: of what the sequence makes
DEADLINES = 4, 7, 4, 9, 2, 8, 5, 6  # all before a tick is near
TOUCH = step.Exception_(FAULTS.PAGE, USER, READ_OF_NOTHING, PAGE_FAULT, {})


def timers():
    """Several, with deadlines up and down, come one by one."""
    yield retype(TYPE.NOTIFICATION, 0, NOTIFICATION, 1)
    yield retype(TYPE.TIMER, 0, FIRST, len(DEADLINES))
    for n, deadline in enumerate(DEADLINES):
        yield call("CAP_MINT", rdi=ROOT, rsi=BADGED, rdx=ROOT, r8=NOTIFICATION, r9=0xff, r10=1 << n)
        yield call("TIMER_BIND", rdi=at(FIRST + n), rsi=at(BADGED))
        yield call("CAP_DELETE", rdi=ROOT, rsi=BADGED)
        yield call("TIMER_SET", rdi=at(FIRST + n), rsi=deadline)
    for now in range(1, max(DEADLINES) + 1):
        yield from (step.Time(now), call("POLL", rdi=at(NOTIFICATION)))


def neighbours():
    """What is in the last slot of a CNode is not in the first one of the next."""
    yield retype(TYPE.ENDPOINT, 0, ENDPOINTS[0], 1)
    yield retype(TYPE.CNODE, 1, FIRST, 2)
    for cnode, index in ((FIRST, 1), (FIRST + 1, 0), (FIRST + 1, 1)):
        yield call("CAP_COPY", rdi=at(cnode), rsi=index, rdx=ROOT, r8=ENDPOINTS[0], r9=0xff)


def table_gone():
    """A thread reads where a page was, whose table has gone: it faults, and another one runs."""
    yield retype(TYPE.PAGE_TABLE, 0, FIRST, 3)
    yield retype(TYPE.FRAME, 12, FIRST + 3, 1)
    for table in range(FIRST, FIRST + 3):
        yield call("MEMORY_MAP", rdi=at(table), rsi=at(CONST.CAP_SELF_SPACE), rdx=USER)
    yield call("MEMORY_MAP", rdi=at(FIRST + 3), rsi=at(CONST.CAP_SELF_SPACE), rdx=USER, r8=RIGHT.READ)
    yield from small()
    yield call("CAP_DELETE", rdi=ROOT, rsi=FIRST + 2)
    yield from (call("YIELD"), TOUCH, call("RECV", rdi=E))


EVERY = neighbours, timers, table_gone, scenarios.turns, scenarios.debts
