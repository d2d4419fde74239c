"""The specification as what it has said so far: asked once about each way through it, it is asked again only where it would read something
else than before (memo.c; traced.py says what it reads)."""
import ctypes
import hashlib

from tests.lockstep import project
from tests.lockstep.places import Places
from tests.lockstep.traced import Later, Trace, TracedState, known
from tests.model import properties

SET, COPY, TELL, TELL_PLACE, ASK, TAKE = range(6)


def digest(value):
    return int.from_bytes(hashlib.blake2b(repr(value).encode(), digest_size=8).digest(), "little")


class Follows(ctypes.Structure):
    _fields_ = [("act", ctypes.c_uint32), ("place", ctypes.c_uint32), ("what", ctypes.c_uint64)]


class Memo:
    """Questions are numbered; the first ones are of the properties, and of what a state's numbers are made of."""

    def __init__(self, library):
        self._c = library
        library.memo_value.argtypes = (ctypes.c_uint32, ctypes.c_uint64)
        self._questions, self._number, self.learned = [], {}, 0
        self.places = Places(self._tell)
        self.rules = [self.question(("rule", n), self._rule(rule)) for n, rule in enumerate(properties.OF_STATES)]
        self.pieces = self.question("pieces", self._pieces)

    def _tell(self, number, value):
        """A register that means nothing is told as view.c tells it; of what is no number, one that is the same in each run."""
        if not isinstance(value, int):
            value = project.MEANS_NOTHING if value is None else digest(value)
        self._c.memo_value(number, value)

    def question(self, name, answer):
        """answer(traced state): what follows, as for memo.c."""
        if name not in self._number:
            self._number[name] = len(self._questions)
            self._questions.append(answer)
        return self._number[name]

    def learn(self, question, row):
        """What is not known of that row. row: a pointer."""
        trace = Trace(self.places, row)
        found = self._questions[question](TracedState(trace))
        reads = [number for read in trace.reads.items() for number in read]
        self._c.memo_learn(question, len(reads) // 2, (ctypes.c_uint32 * len(reads))(*reads), len(found), (Follows * len(found))(*found),
                           len(self.places.names))
        self.learned += 1
        return found

    @staticmethod
    def after(trace, s):
        """What the specification has made of the state."""
        for place, value in list(trace.writes(s)):
            yield (COPY, place, trace.places.number(value.name)) if isinstance(value, Later) else (SET, place, value)

    @staticmethod
    def _rule(rule):
        return lambda s: [(TELL, 0, rule(s))]

    def _pieces(self, s):
        return [(ASK, self.question(piece, self._piece(*piece)), 0) for piece in project.pieces(s)]

    def _piece(self, tell, about):
        return lambda s: [self._told(number) for part in tell(s, about) for number in part]

    def _told(self, number):
        if isinstance(number, Later):
            return TELL_PLACE, self.places.number(number.name), 0
        return TELL, 0, known(number)
