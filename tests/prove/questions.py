"""What the solver is asked, and what it has learned: one place for all that is explored under the same assumptions.

Most questions are whether something can be at all, and most answers are no. A no is sought where it costs least: first under weaker
assumptions, which follow from the real ones, and with functions of which nothing is known. Only a yes is asked for again."""
import itertools

import z3

from tests.prove.terms import APPLIED, names_in

# For one question, in z3's own units of work, the same on a slow machine: the hardest takes 11 million (z3 4.8.12, 3 s).
WORK_MAX = 400_000_000


class Undecided(Exception):
    """The solver has no answer."""


def _solver(assumptions):
    solver = z3.SolverFor("QF_BV")
    solver.set("rlimit", WORK_MAX)
    solver.add(*assumptions)
    return solver


def _holds(solver):
    answer = solver.check()
    if answer == z3.unknown:
        raise Undecided(f"the solver gave up after {WORK_MAX} units of its work")
    return answer == z3.sat


def _congruent(applied):
    """The same function of the same arguments is the same."""
    for one, other in itertools.combinations(applied, 2):
        if one.function is other.function:
            equal = z3.And(*(a == b for a, b in zip(one.arguments, other.arguments)))
            yield z3.Implies(equal, one.variable == other.variable)


class Growing:
    """A solver for a path that grows, and its branches."""

    def __init__(self, assumptions):
        self.solver, self.asserted = _solver(assumptions), []

    def holds(self, terms):
        """What the last question began with stays: the solver has it translated, and has learned from it."""
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0].eq(pair[1]), zip(self.asserted, terms)))
        self.solver.pop(len(self.asserted) - same)
        for term in terms[same:]:
            self.solver.push()
            self.solver.add(term)
        self.asserted = terms
        return _holds(self.solver)

    def model(self, preferences):
        """Of what holds, with as many of the preferences as possible."""
        best, before = self.solver.model(), self.solver.num_scopes()
        for preference in preferences:
            self.solver.push()
            self.solver.add(preference)
            if self.solver.check() == z3.sat:
                best = self.solver.model()
            else:
                self.solver.pop()
        self.solver.pop(self.solver.num_scopes() - before)
        return best


class Questions:
    def __init__(self, assumptions, weaker=None):
        self.weaker = assumptions if weaker is None else weaker
        self.quick, self.whole = Growing(self.weaker), Growing(assumptions)
        self.answers, self.applied = {}, {}  # by the identities of terms, which live as long as they are kept here

    def model(self, path, *conditions):
        """A state where all of it holds; None when there is none."""
        terms = [*path, *conditions]
        key = tuple(term.get_id() for term in terms)
        if key not in self.answers:
            self.answers[key] = self._model(terms) if self.quick.holds(terms) else None, terms
        return self.answers[key][0]

    def shown(self, path, conditions, preferences, long=False):
        """The same for people: with as many of the preferences as possible. A long question is better asked of a solver that need not keep
        anything: it simplifies more."""
        # z3 4.13 cannot push a scope upon a term with `distinct`, as != makes it.
        terms = [*path, *map(z3.simplify, conditions)]
        possible = _holds(_solver([*self.weaker, *terms])) if long else self.quick.holds(terms)
        return self._model(terms, preferences) if possible else None

    def _applied(self, term):
        """Names of results of functions that a term speaks of."""
        if term.get_id() not in self.applied:
            self.applied[term.get_id()] = names_in(term) & APPLIED.keys(), term
        return self.applied[term.get_id()][0]

    def _model(self, terms, preferences=()):
        if not self.whole.holds(terms):
            return None
        names = sorted({name for term in terms for name in self._applied(term)})
        more = list(_congruent([APPLIED[name] for name in names]))
        return self.whole.model(preferences) if not more or self.whole.holds([*terms, *more]) else None
