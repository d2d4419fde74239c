"""Every state that some inputs lead to, the nearest first: breadth first, each state once."""
from tests.lockstep import kernel as host
from tests.lockstep import pair
from tests.lockstep.keys import key
from tests.model import communicating, step
from tests.model.numbers import ABI
from tests.model.state import MESSAGE

SENDS = {call.number for call in ABI.calls.values() if any(register == "message" for register, _, _, _ in call.args)}
FAST = [ABI.calls[name].number for name in ("CALL", "REPLY_RECV")]  # by what tests/host/user_cpu.c has of the fast paths, too
SHAKEN_EACH = 4  # transitions: this one also as a step of communicating threads
AGAIN = -1  # in place of an input's number


class Explorer:
    """Of each state only the one before it and the input between are kept: both sides go the way once more."""

    def __init__(self, start, kernel, alphabet, coverage):
        self._start, self._kernel, self._alphabet, self._coverage = start, kernel, list(alphabet), coverage
        self._before, self._seen = [(0, 0)], {key(start)}
        self._encoded, self._way = {}, [(0, start)]
        self.transitions = self.depth = 0

    @property
    def states(self):
        return len(self._before)

    def _input(self, n, s):
        """The n-th of the alphabet, as the running thread would make it: its message says who sent it."""
        i = step.Again() if n == AGAIN else self._alphabet[n]
        if callable(i):
            return i(s)
        if isinstance(i, step.Call) and i.number in SENDS:
            return step.Call(i.number, {**i.regs, **{r: (s.current << 8) + n * 16 + at for at, r in enumerate(MESSAGE)}})
        return i

    def _kernel_takes(self, n, i, s, fast=False):
        name = n, s.current, s.now, fast
        if name not in self._encoded:
            self._encoded[name] = host.encoded(i, fast)
        return self._kernel.step_encoded(self._encoded[name], i.now if isinstance(i, step.Time) else s.now)

    def _line(self, state):
        """The states on the way to it, from the first."""
        line = [state]
        while line[-1]:
            line.append(self._before[line[-1]][0])
        return line[::-1]

    def _visit(self, state):
        """The specification's state; the kernel's is kept as HERE."""
        line, same = self._line(state), 0
        while same < min(len(line), len(self._way)) and self._way[same][0] == line[same]:
            same += 1
        del self._way[same:]
        for at in line[same:]:
            s = self._way[-1][1]
            self._way.append((at, step.step(s, self._input(self._before[at][1], s))[0]))
        self._kernel.restore(host.START)
        for (_, s), (at, _) in zip(self._way, self._way[1:]):
            n = self._before[at][1]
            self._kernel_takes(n, self._input(n, s), s)
        self._kernel.keep(host.HERE)
        return self._way[-1][1]

    def inputs(self, state, last):
        """The way to a state, and what came last."""
        found, s = [], self._start
        for at in self._line(state)[1:]:
            found.append(self._input(self._before[at][1], s))
            s = step.step(s, found[-1])[0]
        return [*found, self._input(last, s)]

    def _look(self, state, s, n):
        """One transition; what differs."""
        i = self._input(n, s)
        if not step.allowed(s, i):
            return ""
        after, outcome = step.step(s, i)
        for fast in (False, True) if isinstance(i, step.Call) and i.number in FAST else (False,):
            self._kernel.restore(host.HERE)
            differs = self._kernel_takes(n, i, s, fast) or pair.disagreement(after, self._kernel)
            if differs:
                return differs
        self.transitions += 1
        self._coverage.note(s, i, after, outcome)
        if self.transitions % SHAKEN_EACH == 0 and not communicating.same(s, i, after):
            return "what it does to others depends on the schedule"
        differs = pair.broken_by(s, i, after, outcome)
        if differs:
            return differs
        name = key(after)
        if name not in self._seen:
            self._seen.add(name)
            self._before.append((state, n))
            return pair.broken(after)
        return ""

    def run(self, most):
        """Until there are so many states, or no more: None, or (the inputs, what differs)."""
        state = 0
        while state < len(self._before) and len(self._before) < most:
            s = self._visit(state)
            self.depth = len(self._way)
            for n in range(AGAIN, len(self._alphabet)):
                differs = self._look(state, s, n)
                if differs:
                    return self.inputs(state, n), differs
            state += 1
        return None
