"""What was done to a kernel, and how it answered: written down while the comparison with the specification goes on, and then done to
kernels that are broken on purpose, in C (tape.c). The specification, which says what comes next, is gone through only once, and again only
for the inputs that show a difference."""
import bisect
import multiprocessing
from array import array
from functools import partial
from typing import NamedTuple

from tests.lockstep import kernel, pair
from tests.model import step
from tests.model.state import REGISTERS

RESTORE, KEEP, STEP, VIEW = range(4)  # an entry begins with one of them and two numbers; of a step the input follows
ENTRY_WORDS = 3
TYPES = {number: kind for kind, number in kernel.KINDS.items()}


class Recorder(kernel.Kernel):
    def __init__(self, library):
        super().__init__(library)
        self.words = array("Q")
        self.restore, self.keep = (partial(self._noted, what, f) for what, f in ((RESTORE, self.restore), (KEEP, self.keep)))

    def _noted(self, what, f, which):
        self.words.extend((what, which, 0))
        f(which)

    def step_encoded(self, words, now):
        how = super().step_encoded(words, now)
        self.words.extend((STEP, now, self.ended))
        self.words.extend(words)
        return how

    def numbers(self):
        self.words.extend((VIEW, self.digest(), 0))
        return super().numbers()


class Tape(NamedTuple):
    words: array
    parts: list  # of the comparison: where its entries end, and its name


class Difference(NamedTuple):
    """What another kernel did that the first one did not."""

    name: str  # of the part that shows it
    before: list  # inputs from the boot on, and those from there to the difference
    inputs: list
    differs: str


def recorded(library, parts):
    """The Tape of a kernel, and why it does not do as the specification says, or None. parts: of the comparison, such as run.parts."""
    host, ends = Recorder(library), []
    for name, why in parts(host):
        ends.append((len(host.words), name))
        if why:
            return None, f"{name}: {why}"
    return Tape(host.words, ends), None


def _decoded(words):
    """The input that kernel.encoded() has made these of."""
    kind = TYPES[words[0] & (kernel.FAST - 1)]
    regs = {register: words[6 + n] for n, register in enumerate(REGISTERS) if words[5] >> n & 1}
    if kind is step.Call:
        return step.Call(regs.pop("rax"), regs)
    if kind is step.Exception_:
        return step.Exception_(*words[1:5], regs)
    return kind(*words[1:1 + len(kind._fields)])


def _way(words, at, end):
    """From `at`, where the boot's state comes back, to the entry at `end`: the inputs until START was kept; those from there on; and the
    state, START or another one, that came back or was kept last."""
    kept, now, base = {kernel.FIRST: ([], [])}, ([], []), kernel.FIRST
    while at <= end:
        what, number = words[at], words[at + 1]
        at += ENTRY_WORDS
        if what == STEP:
            now = now[0], [*now[1], at]
            at += kernel.WORDS
        elif what == KEEP:
            kept[number] = now = (now[1], []) if number == kernel.START else now
        elif what == RESTORE:
            now = kept[number]
        base = number if what in (KEEP, RESTORE) else base
    before, inputs = ([_decoded(words[n:n + kernel.WORDS]) for n in part] for part in now)
    return before, inputs, base


def _after(state, inputs):
    for i in inputs:
        state = step.step(state, i)[0]
    return state


def replayed(tape, host, first):
    """What another kernel does that is not on the tape: a Difference, its inputs as few as possible, or None. first: the specification's
    state at the boot."""
    words = tape.words
    at, how = host.replay(words)
    if at == len(words):
        return None
    ends = [0, *(end for end, _ in tape.parts)]
    part = bisect.bisect_right(ends, at) - 1
    before, inputs, base = _way(words, ends[part], at)
    begun = _after(first, before)
    differs = (how or "the machine does not end") if words[at] == STEP else pair.disagreement(_after(begun, inputs), host)
    if base == kernel.START:  # others are the shortest already, as the search goes by breadth
        inputs, differs = pair.shortest(begun, host, inputs)
    return Difference(tape.parts[part][1], before, inputs, differs)


def in_a_process(f, *arguments):
    """What f returns, called in a process of its own, of which each has one kernel; None if that dies."""
    reader, writer = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=lambda: writer.send(f(*arguments)))
    process.start()
    writer.close()
    try:
        return reader.recv()
    except EOFError:
        return None
    finally:
        process.join()
