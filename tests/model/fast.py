"""When a fast path must be taken: stated once, in the words of the specification, which has no paths and needs none of this. No pointers
and no layout: what a path depends on and the specification does not have is named in below.py, with the way in which it may decide.
tests/fast holds what `make equiv` and `make prove` say for themselves to it, tests/replay the booted machine."""
from typing import NamedTuple

from tests.model import schedule, transfer
from tests.model.below import FAULTED, NOTIFIED, RETURNED, SECOND, slow
from tests.model.numbers import ABI, BUFFER, CONST, FAULTS, RIGHT, SLOTS, TYPE, VECTOR_FIRST
from tests.model.state import CALL, HANDLERS, RECEIVING, SENDING, SHORT, Handler
from tests.model.step import Call, Exception_, Irq

PAGE_FAULT = 14
NUMBER = {name: call.number for name, call in ABI.calls.items()}


class Clock(NamedTuple):
    """The clock's interrupt, which is a tick, or finds timers due, or both, or neither."""

    now: int
    tick: bool


def _self(s, below, but=()):
    return [f"running thread: {why}" for why in slow(s, below, s.current, but)]


def _partner(s, below, name, but=()):
    return [f"partner: {why}" for why in slow(s, below, name, but)]


def _if(condition, why):
    return [why] if condition else []


# ---- capabilities
def capability(s, address, kind=None, right=0):
    """(it, what is against it). Only an index of the root CNode will do."""
    root = s.thread_slot(s.current, "cspace")
    if address & 31 or not root or address >> 5 >= 1 << s.objects[root.object].radix:
        return None, ["not an index of the root CNode"]
    return _usable(s.slots.get((root.object, address >> 5)), kind, right)


def _usable(cap, kind, right=0):
    if not cap:
        return cap, ["empty slot"]
    if cap.dying:
        return cap, ["capability being taken apart"]
    return cap, (_if(kind and cap.type != kind, "of another type") or _if(right and not cap.rights & right, "the right is missing"))


# ---- who may run
def _hand_over(s, below, partner, known=()):
    """The CPU goes to the partner, if nobody more urgent is ready."""
    return (_self(s, below, known) + _partner(s, below, partner, (*known, FAULTED))
            + _if(s.objects[partner].priority < schedule.highest(s), "somebody as urgent, or more, is ready"))


def _message(s, below, partner):
    """Extended state and bases are switched; but no third thread's state is saved."""
    mine, its = (s.thread_slot(name, "extended") for name in (s.current, partner))
    third = its and not mine and not below.clears and below.held != its.object
    return _hand_over(s, below, partner, SECOND) + _if(third, "the CPU does not hold the partner's state")


def _long(s, below, partner):
    """Words from buffer to buffer; nothing of either is switched."""
    mine = transfer.buffer_of(s, s.current)
    return (_hand_over(s, below, partner) + _if(s.objects[partner].fault, f"partner: {FAULTED}")
            + (_if(not mine, "running thread: no IPC buffer") or _if(mine.memory.get(BUFFER.caps), "capabilities are to be passed"))
            + _if(not transfer.buffer_of(s, partner), "partner: no IPC buffer"))


def _block(s, below, how=(RETURNED, NOTIFIED)):
    """The running thread waits; the next one was left by a fast path, and is the only one of its priority."""
    if not s.ready:
        return _self(s, below) + ["nobody is ready"]
    line = s.ready[schedule.highest(s)]
    return _self(s, below) + _if(len(line) > 1 or below.left(line[0]) not in how, "the next thread was not left by a fast path")


def _first_of_all(s, priority):
    """May a thread of this priority stand in line before all others? Of priority 0 none does, not even where nobody is ready."""
    return _if(priority <= max(schedule.highest(s), 0), "somebody as urgent, or more, is ready")


def _wake(s, below, name):
    """It, or the running thread, becomes the first of all that are ready."""
    in_line = min(s.objects[name].priority, s.objects[s.current].priority)
    return _self(s, below) + _partner(s, below, name) + _first_of_all(s, in_line)


# ---- messages
def queue_at(s, endpoint):
    """(who waits there, do they send?)"""
    queue = s.objects[endpoint].queue
    return queue, bool(queue) and s.objects[queue[0]].state == SENDING


def _send(s, below, endpoint, may):
    queue, send = queue_at(s, endpoint)
    if not queue or send:
        return ["senders wait" if send else "nobody waits to receive"]
    return may(s, below, queue[0])


def _call(s, below, address):
    """The one that waits to receive runs; or the running thread waits to send, and the next in line runs."""
    cap, against = capability(s, address, TYPE.ENDPOINT, RIGHT.SEND)
    if against:
        return against
    queue, send = queue_at(s, cap.object)
    return _block(s, below, (RETURNED,)) if send or not queue else _message(s, below, queue[0])


def _long_call(s, below, address):
    cap, against = capability(s, address, TYPE.ENDPOINT, RIGHT.SEND)
    return against or _send(s, below, cap.object, _long)


def receives(s, address):
    """(the endpoint, what is against its having the running thread as the only one that waits there)"""
    cap, against = capability(s, address, TYPE.ENDPOINT, RIGHT.RECV)
    if against:
        return None, against
    queue, send = queue_at(s, cap.object)
    return cap.object, _if(queue, "senders wait" if send else "others wait there")


def _recv(s, below, address):
    return receives(s, address)[1] or (["somebody waits for its reply"] if s.objects[s.current].caller else _block(s, below))


def _reply_recv(s, below, address):
    endpoint, against = receives(s, address)
    to = s.objects[s.current].caller
    if against == ["senders wait"]:
        return _takes_call(s, below, endpoint, to)
    if against or not to:
        return against or _block(s, below)
    if not s.objects[to].fault:
        return _message(s, below, to)
    return _hand_over(s, below, to) + _if(s.objects[to].fault[0] == FAULTS.SYSCALL, "partner: its fault was a system call")


def _takes_call(s, below, endpoint, to):
    """The first of the senders calls, and no more; the answered thread, more urgent, runs, and the running one becomes the first of all
    that are ready."""
    if not to:
        return _self(s, below) + ["nobody waits for its reply"]
    me, first = s.objects[s.current], s.objects[endpoint].queue[0]
    return (_self(s, below) + _partner(s, below, to)
            + _if(s.objects[to].priority <= me.priority, "senders wait, and the answered thread is not more urgent")
            + _first_of_all(s, me.priority)
            + _if(below.cancels_at(endpoint) == first, "a cancellation stands at the first sender")
            + _if((s.objects[first].kind, s.objects[first].long) != (CALL, SHORT), "the first sender does more or less than call"))


def _long_reply_recv(s, below, address):
    against, to = receives(s, address)[1], s.objects[s.current].caller
    return against or (_long(s, below, to) if to else ["nobody waits for its reply"])


def _page_fault(s, below):
    handler = s.slots.get((s.current, SLOTS["fault"]))
    against = _usable(handler, None)[1]
    return against or _send(s, below, handler.object, _hand_over)


# ---- signals
def _bound(s, below, name):
    """Of a thread that is bound and has not been signalled, where nobody waits."""
    t = s.objects[name]
    if name == s.current:
        return ["the bound thread is the running one"]
    if t.state not in (SENDING, RECEIVING):
        return _if(below.left(name), "the bound thread was left ready by a fast path")
    if t.state == SENDING:
        return ["senders wait"]
    return _wake(s, below, name) if s.objects[t.at].queue[0] == name else ["the bound thread waits behind others"]


def _waiter(s, below, name):
    """It may also go behind others of its priority, if it is no more urgent than the running thread."""
    crowded = s.objects[name].priority in s.ready and s.objects[name].priority <= s.objects[s.current].priority
    return _self(s, below) + _partner(s, below, name) if crowded else _wake(s, below, name)


def looks_for(s, below, n):
    """The bound thread, if a signal has to look for it."""
    return n.bound if n.bound and not below.signalled(n.bound) else 0


def _signal(s, below, address):
    cap, against = capability(s, address, TYPE.NOTIFICATION, RIGHT.SIGNAL)
    if against:
        return against
    n = s.objects[cap.object]
    bound = looks_for(s, below, n)
    return _waiter(s, below, n.queue[0]) if n.queue else _bound(s, below, bound) if bound else []


def _wait(s, below, address):
    """Bits are pending, or the next in line runs. A signal need look for nobody else."""
    cap, against = capability(s, address, TYPE.NOTIFICATION, RIGHT.WAIT)
    if against:
        return against
    n = s.objects[cap.object]
    if n.queue or looks_for(s, below, n):
        return ["others wait there" if n.queue else "a thread is bound to the notification"]
    return [] if n.pending else _block(s, below)


def _target(s, below, cap):
    """An interrupt wakes somebody more urgent, who runs at once."""
    against = _usable(cap, TYPE.NOTIFICATION, RIGHT.SIGNAL)[1]
    if against:
        return against
    n = s.objects[cap.object]
    bound = 0 if n.queue else looks_for(s, below, n)
    woken = n.queue[0] if n.queue else bound
    if not woken:
        return ["nobody waits to receive"]
    if bound and bound != s.current and s.objects[bound].state not in (SENDING, RECEIVING):
        return ["the bound thread waits at no endpoint"]
    against = _bound(s, below, bound) if bound else _wake(s, below, woken)
    return against + _if(s.objects[woken].priority <= s.objects[s.current].priority, "the waiter is not more urgent")


def _device(s, below, vector):
    name = HANDLERS + vector - VECTOR_FIRST
    handler = s.objects.get(name)
    if not isinstance(handler, Handler) or not handler.used:
        return ["no handler has that vector"]
    level = handler.line is not None and handler.line & CONST.IRQ_LEVEL
    return (_if(handler.pending, "the handler's last interrupt is pending") + _if(level, "its line is level triggered")
            + _target(s, below, s.slots.get((name, 0))))


def _clock(s, below, i):
    armed = sorted((t.deadline, name) for name, t in s.objects.items() if getattr(t, "deadline", None) is not None)
    if not armed:
        return ["no timer is armed"]
    return (_if(len(armed) > 1, "others are armed as well") + _if(armed[0][0] > i.now, "the first timer is not due yet")
            + _if(i.tick, "a tick is due") + _target(s, below, s.slots.get((armed[0][1], 0))))


# ---- the rest
def _yield(s, below, _address):
    """Nobody is as urgent, or the next of the same priority was left by a fast path."""
    highest = schedule.highest(s)
    stays = highest < s.objects[s.current].priority
    return _self(s, below) + _if(not stays and below.left(s.ready[highest][0]) != RETURNED,
                                 "the next thread was not left by a fast path")


def _identify(s, _below, address):
    return capability(s, address)[1]


CALLS = {NUMBER["NULL"]: lambda *_: [], NUMBER["CALL"]: _call, NUMBER["LONG_CALL"]: _long_call, NUMBER["RECV"]: _recv,
         NUMBER["REPLY_RECV"]: _reply_recv, NUMBER["LONG_REPLY_RECV"]: _long_reply_recv, NUMBER["SIGNAL"]: _signal,
         NUMBER["WAIT"]: _wait, NUMBER["YIELD"]: _yield, NUMBER["CAP_IDENTIFY"]: _identify}
NONE = "an operation without a fast path"


def why_not(s, i, below):
    """What is against a fast path for this input, Clock for the clock's interrupt: all of it, as far as one thing makes sense beside
    another. Nothing: it must be taken."""
    if not s.current:
        return ["nobody runs"]
    if isinstance(i, Clock):
        return _clock(s, below, i)
    if isinstance(i, Irq):
        return _device(s, below, i.vector)
    if isinstance(i, Exception_):
        return _page_fault(s, below) if i.vector == PAGE_FAULT else [NONE]
    if not isinstance(i, Call) or i.number not in CALLS:
        return [NONE]
    return CALLS[i.number](s, below, {**s.objects[s.current].regs, **i.regs}["rdi"])
