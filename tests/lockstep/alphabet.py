"""What an exploration tries in every state: each of these inputs. A message says who sent it, and which of the inputs it was."""
from tests.lockstep.start import CNODE, ENDPOINTS, ENTRY, NOTIFICATION, PRIORITY, ROOT, THREADS, TIMER, at, call, retype, small
from tests.model import step
from tests.model.numbers import CONST, FAULTS, TYPE
from tests.model.state import MESSAGE

SAVED, NEW, OTHER, MADE = 40, 41, 42, 43  # slots that are empty at the start
LATER = 5  # until a timer's deadline
SELF = at(CONST.CAP_SELF_TCB)
E, F = (at(slot) for slot in ENDPOINTS)
T, U = (at(slot) for slot in THREADS)
N, M = at(NOTIFICATION), at(TIMER)


def ready(priorities=(PRIORITY, PRIORITY)):
    """The start of an exploration: a slice is one tick."""
    yield from small(priorities)
    for thread in (SELF, T, U):
        yield call("THREAD_SET_SLICE", rdi=thread, rsi=1)
    yield call("YIELD")


def _later(s):
    return s.now + LATER


def messages():
    """Threads, endpoints, replies, faults."""
    for endpoint in (E, F):
        for name in ("SEND", "CALL", "RECV", "REPLY_RECV"):
            yield call(name, rdi=endpoint)
    yield from (call("SEND_NB", rdi=E), call("RECV_NB", rdi=E), call("REPLY"), call("REPLY_SAVE", rdi=ROOT, rsi=SAVED))
    yield from (call("REPLY", rdi=at(SAVED)), call("CAP_DELETE", rdi=ROOT, rsi=SAVED), call("YIELD"), step.Tick())
    for thread in (T, U):
        yield from (call("THREAD_SUSPEND", rdi=thread), call("THREAD_RESUME", rdi=thread))
        yield call("THREAD_SET_ENTRY", rdi=thread, rsi=ENTRY)
        yield from (call("THREAD_SET_PRIORITY", rdi=thread, rsi=priority | 3 << 8) for priority in (1, 3))
    yield step.Exception_(FAULTS.PAGE, 0xbad000, 6, 14, {})
    yield step.Call(0x1f, dict.fromkeys(MESSAGE, 0))


def signals():
    """Notifications, bound threads, timers, what cuts a wait off."""
    yield from (call(name, rdi=N) for name in ("WAIT", "POLL", "SIGNAL"))
    yield from (call("NOTIFICATION_BIND", rdi=thread, rsi=n) for thread in (T, SELF) for n in (N, 0))
    yield from (call(name, rdi=E) for name in ("RECV", "CALL", "SEND", "REPLY_RECV"))
    yield from (call("TIMER_BIND", rdi=M, rsi=target) for target in (N, T, 0))
    yield from (call("TIMER_CANCEL", rdi=M), call("YIELD"), step.Tick())
    yield lambda s: call("TIMER_SET", rdi=M, rsi=_later(s))
    yield lambda s: step.Time(_later(s))
    yield from (call(name, rdi=thread) for thread in (T, SELF) for name in ("THREAD_SUSPEND", "THREAD_RESUME"))
    yield from (call("THREAD_SET_PRIORITY", rdi=T, rsi=priority | 3 << 8) for priority in (1, 3))
    yield call("CAP_DELETE", rdi=ROOT, rsi=NOTIFICATION)


def together():
    """Messages and signals: a wait for either is cut off by the other, timers and faults meet."""
    found = list(messages())
    yield from found
    yield from (i for i in signals() if i not in found)


def further():
    """Also of the third thread, and of priorities and slices, what these have of the second alone."""
    found = list(together())
    yield from found
    yield from (call("NOTIFICATION_BIND", rdi=U, rsi=n) for n in (N, 0))
    yield from (call("TIMER_BIND", rdi=M, rsi=U), call("CAP_DELETE", rdi=ROOT, rsi=TIMER))
    yield from (call("THREAD_SET_PRIORITY", rdi=SELF, rsi=priority | 3 << 8) for priority in (1, 3))
    yield from (call("THREAD_SET_SLICE", rdi=thread, rsi=2) for thread in (SELF, T, U))
    yield from (call("SEND_NB", rdi=F), call("RECV_NB", rdi=F))


def _both(name, to, source, **more):
    return call(name, rdi=ROOT, rsi=to, rdx=ROOT, r8=source, **more)


def capabilities():
    """Copies, badges, derivation, deletion, retype."""
    for source in (ENDPOINTS[0], NOTIFICATION, NEW):
        yield from (_both("CAP_COPY", OTHER, source, r9=0xff), _both("CAP_MINT", OTHER, source, r9=0xff, r10=2))
    yield from (_both("CAP_MINT", NEW, ENDPOINTS[0], r9=0xff, r10=1), _both("CAP_COPY", NEW, ENDPOINTS[0], r9=2))
    yield from (_both("CAP_COPY", NEW, CNODE), _both("CAP_COPY", NEW, THREADS[0]))
    yield from (_both("CAP_MOVE", NEW, ENDPOINTS[0]), _both("CAP_MOVE", NEW, OTHER), _both("CAP_SWAP", NEW, OTHER))
    yield call("CAP_MOVE", rdi=at(CNODE), rsi=0, rdx=ROOT, r8=NEW)
    yield call("CAP_COPY", rdi=at(CNODE), rsi=1, rdx=ROOT, r8=ENDPOINTS[0], r9=0xff)
    for slot in (NEW, OTHER, ENDPOINTS[0], CNODE, NOTIFICATION, THREADS[0]):
        yield call("CAP_DELETE", rdi=ROOT, rsi=slot)
    for slot in (NEW, OTHER, ENDPOINTS[0], CNODE, CONST.CAP_SELF_CNODE):
        yield call("CAP_REVOKE", rdi=ROOT, rsi=slot)
    yield from (call("CAP_CANCEL_BADGED", rdi=ROOT, rsi=NEW), call("CAP_IDENTIFY", rdi=at(NEW)))
    yield from (call(name, rdi=at(slot)) for slot in (NEW, OTHER) for name in ("CALL", "SEND"))
    yield from (call("RECV", rdi=E), call("SIGNAL", rdi=at(OTHER)), call("WAIT", rdi=N))
    yield from (retype(TYPE.ENDPOINT, 0, MADE, 1), retype(TYPE.TCB, 0, MADE, 1), retype(TYPE.UNTYPED, 11, NEW, 1))
    yield from (retype(TYPE.TCB, 0, OTHER, 2, NEW), call("CAP_DELETE", rdi=ROOT, rsi=MADE))
