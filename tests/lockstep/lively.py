"""Runs of the specification alone that a program of ring 3 can have: mostly messages and signals, with capabilities that have badges, page
faults, and what else fast paths do."""
import random

from tests.lockstep import alphabet, start, visible, world
from tests.lockstep.alphabet import SELF, E, F, N, T, U
from tests.lockstep.generate import Generator
from tests.lockstep.random_runs import IDLE
from tests.lockstep.stage import PAGE_FAULT, READ_OF_NOTHING, Stage
from tests.lockstep.start import ENDPOINTS, FRAMES, NOTIFICATION, ROOT, THREADS, USER, at, call, retype
from tests.model import step
from tests.model.numbers import CONST, FAULTS, RIGHT, TYPE
from tests.model.state import RECEIVING

LENGTH, TICK_EACH = 160, 60  # a tick at the latest behind so many: what is done between two must not take as long as that
OFTEN_IDLE = 0.05, 0  # a step behind which nobody is ready, which is mostly the last
BADGED, FAULTING, SIGNALLING, PAGE = 44, 45, 46, 47  # slots: of the endpoints and the notification, with badges; of a frame
ABSENT = USER + 0x5000  # where that frame goes


def _badged(priorities, frames):
    """The other threads' faults come with a badge, too. frames: those of their buffers, or 0."""
    yield retype(TYPE.FRAME, 12, PAGE, 1)
    for slot, source, badge in ((BADGED, ENDPOINTS[0], 0x51), (FAULTING, ENDPOINTS[1], 0x152), (SIGNALLING, NOTIFICATION, 0x6)):
        yield call("CAP_MINT", rdi=ROOT, rsi=slot, rdx=ROOT, r8=source, r9=0xff, r10=badge)
    for thread, priority, frame in zip(THREADS, priorities, frames):
        yield call("THREAD_SUSPEND", rdi=at(thread))
        yield call("THREAD_CONFIGURE", rdi=at(thread), rsi=ROOT, rdx=at(CONST.CAP_SELF_SPACE), r8=at(FAULTING),
                   r9=priority | 3 << 8, r10=at(frame))
        yield step.Again()
        yield call("THREAD_RESUME", rdi=at(thread))


def _queue():
    """Two wait to send, and the answer to the first takes the other's message."""
    yield from (call("CALL", rdi=at(BADGED)) for _ in range(2))
    yield from (call(name, rdi=E) for name in ("RECV", "REPLY_RECV"))


def _long():
    """From one of those with buffers to the other, and back; the first thread has none."""
    yield call("WAIT", rdi=N)
    yield from (call(name, rdi=endpoint) for name, endpoint in (("RECV", E), ("LONG_CALL", at(BADGED)), ("LONG_REPLY_RECV", E)))


def _if_received(i, endpoint, number, answer="REPLY_RECV"):
    """That input, if somebody waits there to receive; else its thread is the one who does."""
    def choose(s):
        queue = next((s.objects[cap.object].queue for (holder, index), cap in s.slots.items()
                      if holder == world.ARENA and index == number and cap.type == TYPE.ENDPOINT), ())
        if queue and s.objects[queue[0]].state == RECEIVING:
            return i
        return call(answer if s.objects[s.current].caller else "RECV", rdi=endpoint) if s.current else i
    return choose


def fast():
    """What fast paths do."""
    touch = step.Exception_(FAULTS.PAGE, ABSENT, READ_OF_NOTHING, PAGE_FAULT, {})
    calls = [call(name, rdi=at(BADGED)) for name in ("CALL", "CALL", "SEND")]
    yield _if_received(call("LONG_CALL", rdi=at(BADGED)), E, ENDPOINTS[0], "LONG_REPLY_RECV")
    yield from (_if_received(i, E, ENDPOINTS[0]) for i in calls)
    yield from (_if_received(touch, F, ENDPOINTS[1]) for _ in range(3))
    yield from (touch, *calls)
    for endpoint in (E, F):
        yield from (call(name, rdi=endpoint) for name in ("RECV", "REPLY_RECV", "REPLY_RECV", "REPLY_RECV", "LONG_REPLY_RECV"))
    yield from (call(name, rdi=at(SIGNALLING)) for name in ("SIGNAL", "SIGNAL", "CAP_IDENTIFY"))
    yield from (call(name, rdi=N) for name in ("WAIT", "WAIT", "WAIT", "SIGNAL", "YIELD"))
    yield from (call("NOTIFICATION_BIND", rdi=thread, rsi=N) for thread in (T, U, SELF))
    yield call("MEMORY_MAP", rdi=at(PAGE), rsi=at(CONST.CAP_SELF_SPACE), rdx=ABSENT, r8=RIGHT.READ)
    yield call("MEMORY_UNMAP", rdi=at(PAGE))
    yield from (call("THREAD_RESUME", rdi=thread) for thread in (T, U, SELF))


ALPHABETS = alphabet.messages, alphabet.signals, alphabet.capabilities, fast
OFTEN = (6, 3, 1, 0), (1, 1, 0, 18)  # by runs, as the next two
OFTEN_KNOWN = 0.7, 0.9


PRIORITIES = (2, 2), (2, 2), (3, 2), (1, 3)  # of the other threads at first; they have buffers only the first time


def _begin(number, kind):
    yield from alphabet.ready(PRIORITIES[number]) if number else start.large()
    if kind:
        yield from _badged(PRIORITIES[number], (0, 0) if number else FRAMES)
        yield from {0: _long, 2: _queue}.get(number, tuple)()


class Run:
    """One."""

    def __init__(self, first, seed, coverage):
        self._coverage, self._random, self._kind = coverage, random.Random(seed), int(seed % 3 > 0)
        self._letters = [[i for i in letters() if not isinstance(i, step.Tick)] for letters in ALPHABETS]
        self._generator = Generator(self._random, coverage)
        self._state, self._stage, self.inputs = first, Stage(first), []
        self._alive = 0
        for i in _begin(seed % 4, self._kind):
            self._take(i)
        tries, idle = 4 * LENGTH, 0
        while tries and idle < IDLE and len(self.inputs) < LENGTH:
            tries, idle = tries - 1, 0 if self._state.current else idle + 1
            self._take(self._next(), OFTEN_IDLE[self._kind])
        del self.inputs[self._alive:]  # while nobody runs a timer that is left would go on

    def _next(self):
        """A tick when it is due, and seldom else."""
        itself = self._stage.by_itself(self._state)
        if itself is not None:
            return itself
        due = len(self.inputs) // TICK_EACH > sum(isinstance(i, step.Tick) for i in self.inputs)
        if self._random.random() < (0.5 if due else 0.03):
            return step.Tick()
        known = self._random.choices(self._letters, OFTEN[self._kind])[0]
        return visible.choose(self._state, self._random, known, self._generator, len(self.inputs),
                              OFTEN_KNOWN[self._kind])

    def _take(self, i, idle=1.0):
        """If it is possible; where it leaves nobody to go on only that often."""
        if not step.allowed(self._state, i):
            return
        after, outcome = step.step(self._state, i)
        if self._state.current and not after.current and self._random.random() > idle or after.ended:
            return
        if not self._stage.refuses(self._state, i, after, outcome):
            self._coverage.note(self._state, i, after, outcome)
            self._state = after
            self.inputs.append(i)
            in_ring_3 = after.current and self._stage.by_itself(after) is None
            self._alive = len(self.inputs) if in_ring_3 else self._alive
