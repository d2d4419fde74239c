"""Whether the machine took a fast path, and which, beside what tests/model/fast.py says of the entry."""
from tests.fast.kernel import Kernel
from tests.model import below, fast, which
from tests.replay import paths

C = "C"
WHENEVER = 1 << 64  # later than any time


class Lazy(Kernel):
    """Asks the machine only where the answer may be other than no: that it is no elsewhere is looked at with the whole state."""

    def __init__(self, state, *rest):
        super().__init__(*rest)
        self._state = state

    def signalled(self, name):
        return bool(self._state.objects[name].bound) and super().signalled(name)

    def by_c(self, name):
        has = self._state.thread_slot(name, "extended") or self._state.objects[name].bases != (0, 0)
        return bool(has) and super().by_c(name)


class Should:
    """fast: are the fast paths on?"""

    def __init__(self, machine, names, layout, on):
        self._machine, self._names, self._layout, self._on = machine, names, layout, on
        self._places, self._said = paths.places(names), None
        self.checked = self.forgotten = 0

    def _field(self, kind, at, name):
        offset, size = self._layout[0][kind].fields[name]
        return self._machine.number(at + offset, size)

    def below(self, state, kind=Lazy):
        clears = bool(self._machine.number(self._names["mitigations"], 4) & self._layout[1].MITIGATE_FPU)
        more = (state,) if kind is Lazy else ()
        return kind(*more, self._field, self._names, self._layout[1], clears)

    def lies(self, state):
        """The first thing that is not as below.py says that it may be; None."""
        return next(below.lies(state, self.below(state, Kernel)), None)

    # ---- an entry
    def enters(self, state, i):
        """pre: the machine has not done anything yet."""
        self.forgotten += self._said is not None  # ring 3 was interrupted before its first instruction, by whatever path it went on
        under = self.below(state) if self._on else None
        against = fast.why_not(state, i, under) if self._on else ["they are off"]
        self._said = (C if against else which.path(state, i, under)), against

    def clock(self, state):
        """Of the clock it is known later whether it is a tick, and what is due."""
        self.enters(state, fast.Clock(WHENEVER, False))

    def was_clock(self, tick, fired):
        if self._said and self._said[0] != C and (tick or not fired):
            self._said = C, ["a tick is due" if tick else "the first timer is not due yet"]

    def goes_on(self, place, call):
        """What differs, or None."""
        said, self._said = self._said, None
        if said is None:
            return None
        self.checked += 1
        found = paths.name_at(self._places, place, call)
        return None if found == said[0] else f"by {found}, and not by {said[0]}: {'; '.join(said[1]) or 'nothing is against it'}"
