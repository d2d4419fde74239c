"""Every state that some inputs lead to, the nearest first, by the million: breadth.c goes through them, with what memo.py has of the
specification."""
import ctypes

from scripts.base.common import BatonError
from tests.lockstep import kernel as host
from tests.lockstep import pair, traced
from tests.lockstep.deep import FIELDS, Progress
from tests.lockstep.explore import FAST, SENDS
from tests.lockstep.memo import COPY, SET, TAKE, Memo
from tests.model import communicating, step
from tests.model.state import MESSAGE, Thread

DONE, UNKNOWN, SAMPLE, DIFFERS, BROKEN = range(5)
BY_BOTH, NOW = 0x200, (1 << 64) - 1
# A step of the specification without notes is made after so many transitions; it takes a millisecond, so seldom in a run of hours.
SAMPLE_EACH, SAMPLE_EACH_OF_HOURS = 1009, 10007
ALL_BITS, AT_ONCE = (1 << 64) - 1, 5000000  # of a key; transitions, then it is kept how far it is


class Breadth(ctypes.Structure):
    """As breadth.h has it."""
    _fields_ = [*((name, ctypes.c_uint64) for name in ("states", "transitions", "depth", "most", "state", "input", "question")),
                *((name, ctypes.POINTER(ctypes.c_uint32)) for name in ("row", "before", "after")), ("how", ctypes.c_int64),
                *((name, ctypes.c_uint64) for name in ("key_bits", "exactly", "lost")),
                *((name, ctypes.c_uint32) for name in ("inputs", "first_input", "first_rule", "rules", "pieces", "every", "now_at")),
                ("plain", ctypes.c_uint32),
                ("plains", ctypes.c_uint32 * 16)]


class Wide:
    """For explorations by one kernel: what was learned in one serves in the next."""

    def __init__(self, kernel, coverage):
        self._kernel, self._c, self._coverage = kernel, kernel.library, coverage
        self._memo, self._encoded = Memo(kernel.library), {}
        self._c.breadth_begin.restype = ctypes.POINTER(Breadth)
        self._c.breadth_begin.argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_uint64)
        self._c.breadth_go.argtypes = (ctypes.c_uint64,)
        self._letters = self._start = None

    @property
    def learned(self):
        """How often the specification was asked."""
        return self._memo.learned

    # ---- inputs
    @staticmethod
    def _input(n, i, s):
        """The n-th of the alphabet, as the running thread would make it: its message says who sent it."""
        if callable(i):
            return i(s)
        if isinstance(i, step.Call) and i.number in SENDS:
            return step.Call(i.number, {**i.regs, **{r: (s.current << 8) + n * 16 + at for at, r in enumerate(MESSAGE)}})
        return i

    def _number(self, i):
        """Of an input, as breadth.c has it."""
        name = repr(i)
        if name not in self._encoded:
            self._encoded[name] = len(self._encoded)
            words = host.encoded(i)
            words[0] |= BY_BOTH if isinstance(i, step.Call) and i.number in FAST else 0
            self._c.breadth_input(self._encoded[name], words)
        return self._encoded[name]

    def _answer(self, n, letter):
        def answer(s):
            i = self._input(n, letter, s)
            if not step.allowed(s, i):
                return []
            takes = TAKE, self._number(i), i.now if isinstance(i, step.Time) else NOW
            step.apply(s, i)
            return [takes, *self._memo.after(s.trace, s)]
        return answer

    # ---- the specification itself
    def _check(self, n, row, after):
        """Does it say what is remembered? The transition also counts, and is looked at as one of communicating threads."""
        s = traced.state(self._memo.places, row)
        i = self._input(n, self._letters[n], s)
        if not step.allowed(s, i):
            return ""
        said, outcome = step.step(s, i)
        if {place: value for place, value in enumerate(after) if value} != self._memo.places.row(said):
            return "what is remembered of the specification is not what it says"
        self._coverage.note(s, i, said, outcome)
        differs = pair.broken_by(s, i, said, outcome)
        return differs or ("" if communicating.same(s, i, said) else "what it does to others depends on the schedule")

    def _row(self, pointer):
        return pointer[:len(self._memo.places.names)]

    def inputs(self, state, last):
        """The way to a state, and what came last."""
        before, by, line = ctypes.c_uint32(), ctypes.c_uint32(), [last]
        while state:
            self._c.breadth_back(ctypes.byref(before), ctypes.byref(by), ctypes.c_uint64(state))
            line.append(by.value)
            state = before.value
        found, s = [], self._start
        for n in reversed(line):
            found.append(self._input(n, self._letters[n], s))
            s = step.step(s, found[-1])[0]
        return found

    def _differs(self, at):
        """What does, after the transition that the kernel has just made."""
        if at.how:
            return f"{host.ENDS[at.how]}: {self._c.lockstep_console().decode()}"
        s = traced.state(self._memo.places, self._row(at.after))
        return pair.disagreement(s, self._kernel) or "what is remembered of a state's numbers is not what they are"

    def _learn(self, n, question, row):
        follows = self._memo.learn(question, row)
        if not 0 <= n < len(self._letters):
            return ""
        after = row + [0] * (len(self._memo.places.names) - len(row))
        for act, place, what in follows:
            if act in (SET, COPY):
                after[place] = what if act == SET else row[what]
        return self._check(n, row, after)

    # ---- all of them
    def run(self, name, letters, start, most, kept=None, exactly=False, key_bits=ALL_BITS, at_once=AT_ONCE):
        """From the kept START, until there are so many states, or no more: what breadth.h tells, and None or (the inputs, what differs).
        kept: the files of deep.py, from which it goes on; they are told every at_once transitions."""
        self._letters, self._start = [step.Again(), *letters], start
        first = [self._memo.question((name, n), self._answer(n, letter)) for n, letter in enumerate(self._letters)][0]
        self._kernel.restore(host.START)
        row = self._memo.places.row(start)
        words = (ctypes.c_uint32 * len(self._memo.places.names))()
        for place, value in row.items():
            words[place] = value
        begun = kept.begun if kept else {}
        if begun.get("states", 0) >= most:
            raise BatonError(f"there are {begun['states']} states already", "take more: --states")
        at = self._c.breadth_begin(words, len(words), most, kept.file if kept else -1, begun.get("states", 0)).contents
        self._set(at, first, start, kept)
        for field in FIELDS if begun else ():
            setattr(at, field, begun[field])
        at.exactly, at.key_bits = exactly, key_bits
        try:
            return at, self._in_parts(at, first, kept, Progress(name, at, begun), at_once)
        finally:
            self._c.breadth_end()

    def _in_parts(self, at, first, kept, progress, at_once):
        """Between two transitions it may be cut off in any way; one that is told to end keeps all that it has."""
        while True:
            try:
                found = self._go(at, first, at.transitions + at_once)
            finally:
                if kept:
                    kept.save(at, progress.seconds)
            if found or at.state == at.states or at.states >= at.most:
                return found
            progress.tell(at)

    def _set(self, at, first, start, kept):
        place = self._memo.places.number
        at.first_input, at.inputs, at.every = first, len(self._letters), SAMPLE_EACH_OF_HOURS if kept else SAMPLE_EACH
        at.first_rule, at.rules, at.pieces = self._memo.rules[0], len(self._memo.rules), self._memo.pieces
        at.now_at = place(("now",))
        plain = [place(("dying",)), *(place((name, "again")) for name, thing in start.objects.items() if isinstance(thing, Thread))]
        at.plain = len(plain)
        at.plains[:len(plain)] = plain

    def _go(self, at, first, until):
        while True:
            stop = self._c.breadth_go(until)
            if stop == DONE:
                return None
            if stop == UNKNOWN:
                differs = self._learn(at.question - first, at.question, self._row(at.row))
                if differs:
                    return self.inputs(at.state, at.question - first), differs
                continue
            n = at.input - 1 if stop == SAMPLE else at.input
            differs = self._why(stop, n, at)
            if differs:
                return self.inputs(at.state, n), differs

    def _why(self, stop, n, at):
        if stop == SAMPLE:
            return self._check(n, self._row(at.before), self._row(at.after))
        if stop == BROKEN:
            return pair.broken(traced.state(self._memo.places, self._row(at.after)))
        return self._differs(at)
