"""The protocols: what each thread does, and what must come of it whatever the order. The first thread of start.small() and the two that it
makes; all are as urgent as each other, and the scheduler is abstracted away (tests/model/communicating.py)."""
from typing import NamedTuple

from tests.lockstep import world
from tests.lockstep.alphabet import NEW, OTHER, E, N, T
from tests.lockstep.start import ENDPOINTS, NOTIFICATION, ROOT, THREADS, call
from tests.model import deletion, notifications, waits
from tests.model.state import AWAITING, READY, RUNNING

FIRST, SECOND, THIRD = range(3)
NAMES = ("first", "second", "third")


class Script(NamedTuple):
    """What a thread does, one after the other; each place has a choice of calls. again: then from the beginning."""

    places: tuple  # lists of calls
    again: bool = False


class Protocol(NamedTuple):
    name: str
    scripts: tuple
    claim: str  # in linear temporal logic, of the words below
    words: dict  # name: a function of the state and of how far each script has come
    before: tuple = ()  # what the first thread does before
    steps: int = deletion.STEPS_PER_ENTRY  # of a deletion, in one entry
    broken: dict = {}  # name: (a room of the specification, its function, another in its place), which must be seen


def loop(*calls):
    return Script(tuple([c] for c in calls), True)


def once(*places):
    """A place is a call, or a list of those of which it makes one."""
    return Script(tuple(p if isinstance(p, list) else [p] for p in places))


def thread(s, who):
    slot = world.ROOT_TCB if who == FIRST else s.slots.get((world.ARENA, THREADS[who - 1]))
    return s.objects.get(slot if who == FIRST else slot.object if slot else None)


def able(who):
    return lambda s, at: getattr(thread(s, who), "state", None) in (READY, RUNNING)


def awaits(who):
    return lambda s, at: getattr(thread(s, who), "state", None) == AWAITING


def done(*who):
    """Their scripts are at an end, and they are in no call."""
    return lambda s, at: all(at[w] is None and able(w)(s, at) for w in who)


def _none_derived(s, _at):
    return (world.ARENA, ENDPOINTS[0]) not in s.parent.values()


def _both(name, to, source, **more):
    return call(name, rdi=ROOT, rsi=to, rdx=ROOT, r8=source, r9=0xff, **more)


def delete(slot):
    return call("CAP_DELETE", rdi=ROOT, rsi=slot)


def _keep_bits(s, name, bits):
    """A signal that wakes nobody."""
    s.objects[name].pending |= bits


def _no_wake(s, name):
    s.objects[name].caller = 0


PROTOCOLS = (
    Protocol("call and reply, and the end of either side",
             (loop(call("CALL", rdi=E)), loop(call("REPLY_RECV", rdi=E), call("REPLY")),
              once([delete(THREADS[0]), delete(ENDPOINTS[0]), call("THREAD_SUSPEND", rdi=T)],
                   [call("THREAD_SET_ENTRY", rdi=T), call("NULL")], [call("THREAD_RESUME", rdi=T), call("NULL")])),
             "[] (waits -> <> (!waits || stopped))",
             {"waits": awaits(FIRST), "stopped": lambda s, at: thread(s, SECOND) is not None and thread(s, SECOND).state == 0},
             broken={"no wake": (waits, "drop_caller", _no_wake)}),
    Protocol("a signal and a wait", (once(call("SIGNAL", rdi=N)), once(call("WAIT", rdi=N)), once(call("YIELD"), call("NULL"))),
             "<> woken", {"woken": done(FIRST, SECOND, THIRD)}, broken={"lost": (notifications, "signal", _keep_bits)}),
    Protocol("a signal to a bound thread, and a message",
             (once(call("SIGNAL", rdi=N)), once(call("RECV", rdi=E), call("RECV", rdi=E)), once(call("SEND", rdi=E))),
             "<> both", {"both": done(FIRST, SECOND, THIRD)}, (call("NOTIFICATION_BIND", rdi=T, rsi=N),),
             broken={"lost": (notifications, "signal", _keep_bits)}),
    Protocol("a signal and a wait, and the end of the notification",
             (once(call("SIGNAL", rdi=N)), once(call("WAIT", rdi=N)), once(delete(NOTIFICATION))),
             "<> over", {"over": done(FIRST, SECOND, THIRD)},
             broken={"nobody told": (deletion, "_cancel_one", lambda s, name: True)}),
    Protocol("a revocation in steps, and who copies meanwhile",
             (once(call("CAP_REVOKE", rdi=ROOT, rsi=ENDPOINTS[0])),
              once(_both("CAP_COPY", NEW + 3, NEW), _both("CAP_COPY", NEW + 4, OTHER)),
              once(_both("CAP_MOVE", NEW + 5, OTHER), delete(NEW))),
             "<> (over && gone)", {"over": done(FIRST, SECOND, THIRD), "gone": _none_derived},
             tuple(_both("CAP_COPY", slot, ENDPOINTS[0]) for slot in (NEW, OTHER, NEW + 2)), steps=1,
             broken={"stops early": (deletion, "_next_child", lambda s, slot, mine: None)}),
)
