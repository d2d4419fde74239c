"""What fast paths do that random runs (lively.py) do not come to: a sequence for each, which a program of ring 3 can have. Three threads,
of which the first begins; the comments say who runs then."""
from tests.lockstep.alphabet import SELF, E, N, T, U
from tests.lockstep.explore import SENDS
from tests.lockstep.stage import Stage
from tests.lockstep.start import ENDPOINTS, ENTRY, NOTIFICATION, ROOT, at, call, retype, small
from tests.lockstep.visible import with_message
from tests.model import step
from tests.model.numbers import CONST, TYPE

BADGED, SIGNALLING, FOURTH, STATES = 44, 46, 47, (48, 49)  # slots: endpoint and notification with a badge; a thread; extended state
BASES = {SELF: (0x1000, 0x2000), T: (0x3000, 0x4000), U: (0x5000, 0x6000)}  # of FS and GS


def _mint(slot, source, badge):
    return call("CAP_MINT", rdi=ROOT, rsi=slot, rdx=ROOT, r8=source, r9=0xff, r10=badge)


def _waits_and_is_signalled():
    """Of threads as urgent as each other: the next one waits, and whoever comes then wakes it, which is ready behind all others."""
    yield from (call("YIELD"), call("WAIT", rdi=N), call("SIGNAL", rdi=at(SIGNALLING)))


def signal_crowded():
    """While one other is ready, three times; and while two are."""
    yield from small()
    yield _mint(SIGNALLING, NOTIFICATION, 0x6)
    for _ in range(3):
        yield from _waits_and_is_signalled()
    yield retype(TYPE.TCB, 0, FOURTH, 1)
    yield call("THREAD_CONFIGURE", rdi=at(FOURTH), rsi=ROOT, rdx=at(CONST.CAP_SELF_SPACE), r9=0x202)
    yield call("THREAD_SET_ENTRY", rdi=at(FOURTH), rsi=ENTRY)
    yield call("THREAD_RESUME", rdi=at(FOURTH))
    for _ in range(4):
        yield from _waits_and_is_signalled()


def call_queued():
    """The first thread, which is the least urgent, is preempted by its own signal; whom that wakes calls, and it goes on."""
    calls, preempted = call("CALL", rdi=at(BADGED)), [call(name, rdi=N) for name in ("WAIT", "SIGNAL")]
    yield from small((3, 3))
    yield _mint(BADGED, ENDPOINTS[0], 0x51)
    yield from (calls, *preempted)  # T, and then U waits
    yield calls  # U, behind T
    yield from (call(name, rdi=E) for name in ("RECV", "REPLY_RECV"))  # the first, which answers T, and has U's
    yield from (*preempted, calls)  # T, where nobody else waits
    yield call("REPLY_RECV", rdi=E)  # the first


def _has(thread, state=None):
    """It is stopped, or runs."""
    yield call("THREAD_SET_TLS", rdi=thread, rsi=BASES[thread][0], rdx=BASES[thread][1])
    if state:
        yield call("THREAD_SET_FPU", rdi=thread, rsi=at(state))


def extended():
    """T has bases and extended state, U bases; the first thread, which answers them and is more urgent, has neither, then bases, then both:
    so there are calls and answers from one to another of each kind."""
    calls = [call("CALL", rdi=at(BADGED)), call("REPLY_RECV", rdi=E)]
    yield retype(TYPE.EXTENDED_STATE, 0, STATES[0], 2)
    yield from small()
    yield _mint(BADGED, ENDPOINTS[0], 0x51)
    for thread, state in ((T, STATES[0]), (U, None)):
        yield call("THREAD_SUSPEND", rdi=thread)
        yield from _has(thread, state)
        yield call("THREAD_RESUME", rdi=thread)
    yield call("THREAD_SET_PRIORITY", rdi=SELF, rsi=0x303)
    yield from (call("RECV", rdi=E), call("YIELD"), call("WAIT", rdi=N))  # U waits
    yield from 2 * calls  # T, whom state is taken from and given back
    yield from (calls[0], call("SIGNAL", rdi=N), calls[1])  # and U is ready
    yield from (*calls, call("WAIT", rdi=N))  # T, and U goes on
    yield from (*2 * calls, calls[0])  # U, whom bases are taken from and given back
    yield from _has(SELF)
    yield from (calls[1], *calls, calls[0])  # both have bases
    yield from _has(SELF, STATES[1])
    yield from (calls[1], *calls, calls[0])  # only the first thread has state
    yield from (call("SIGNAL", rdi=N), calls[1])  # and T is ready
    yield from (*calls, call("WAIT", rdi=N))  # U, and T goes on
    yield from 2 * calls  # both have state


EVERY = signal_crowded, call_queued, extended


def inputs(first, sequence, coverage):
    """Those of one of EVERY, each of which must be possible; messages say which of them it was."""
    s, stage, taken = first, Stage(first), []
    for n, i in enumerate(sequence()):
        i = with_message(i, n) if i.number in SENDS else i
        while i is not None:
            after, outcome = step.step(s, i)
            assert step.allowed(s, i) and not stage.refuses(s, i, after, outcome), (sequence.__name__, len(taken), i)
            coverage.note(s, i, after, outcome)
            s = after
            taken.append(i)
            i = stage.by_itself(s)
    return taken
