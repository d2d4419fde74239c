"""All paths from an address on: each conditional jump whose condition depends on the state is followed both ways, when
the solver finds that both can be."""

from tests.prove import smt
from tests.prove.instructions import Branch, Stop
from tests.prove.machine import Cpu

STEPS_MAX = 4000  # instructions of one path: the loops of the C path end well before, or the preconditions are too weak


class PathTooLong(Exception):
    """A loop that does not end."""


class Asked:
    """Answers about one state, for the memory."""

    def __init__(self, explorer, state):
        self.explorer, self.state = explorer, state

    def some(self, term):
        """A number that the term can be there, found without a question when a model of the path is known."""
        if self.state.witness is None:
            self.state.witness = self.explorer.model(self.state.path)
        return self.state.witness.number(term) if self.state.witness else 0

    def refuted(self, condition):
        """Does the model of the path that is known show, without a question, that it need not be so?"""
        return self.state.witness is not None and not self.state.witness.holds(condition)

    def always(self, condition):
        return not self.refuted(condition) and self.explorer.model(self.state.path, smt.Not(condition)) is None


class Explorer:
    """Explores from a start where the assumptions of these questions hold. `stops` maps addresses to how a path that arrives there has
    ended."""

    def __init__(self, image, questions, stops=None, preferences=()):
        self.questions, self.model = questions, questions.model
        self.stops = stops or {}
        self.cpu = Cpu(image, lambda state: Asked(self, state))
        self.last = None
        self.preferences = preferences  # what a state that is shown to people should be like, if it can

    def shown(self, path, *conditions):
        """A model that people will look at."""
        return self.questions.shown(path, conditions, self.preferences)

    def differs(self, path, condition):
        """The same of a condition that compares two whole states."""
        return self.questions.shown(path, (condition,), self.preferences, long=True)

    def _run(self, state):
        """Runs to the end of the path, or to a branch: returns the states that go on."""
        while state.rip not in self.stops:
            if len(state.code) > STEPS_MAX:
                raise PathTooLong(f"a path of more than {STEPS_MAX} instructions, at 0x{state.rip:x}")
            try:
                self.cpu.step(state)
            except Stop as stop:
                state.end = stop.kind
                return []
            except Branch as branch:
                return self._both(state, branch)
        state.end = self.stops[state.rip]
        return []

    def _both(self, state, branch):
        """The states that go on after a branch. A witness, a model of the path, shows one side of it without a query."""
        if state.witness is None:
            state.witness = self.model(state.path)
        if state.witness is None:
            return []  # the assumptions contradict each other
        taken = state.witness.holds(branch.condition)
        sides = {True: (branch.condition, branch.target), False: (smt.Not(branch.condition), branch.otherwise)}
        other = sides[not taken]
        witness = self.model(state.path, other[0])
        if witness is None:
            state.rip = sides[taken][1]
            return [state]
        second = state.copy()
        second.witness = witness
        for s, (condition, target) in ((state, sides[taken]), (second, other)):
            s.path.append(condition)
            s.rip = target
        return [state, second]

    def paths(self, start):
        """Each state in which a path from there ends, as soon as it is known."""
        waiting = [start]
        while waiting:
            state = self.last = waiting.pop()
            waiting += self._run(state)
            if state.end:
                yield state
