"""What the solver is asked, and what it has learned: one place for all that is explored under the same assumptions.

Most questions are whether something can be at all, and most answers are no. A no is sought where it costs least: first under weaker
assumptions, which follow from the real ones, and with functions of which nothing is known. Only a yes is asked for again."""
import itertools

from tests.prove import smt
from tests.prove.facts import Facts
from tests.prove.smt import simple
from tests.prove.solver import Solver
from tests.prove.terms import APPLIED, names_in

# For one question, in z3's own units of work, the same on a slow machine: the hardest takes 11 million (z3 4.8.12, 3 s).
WORK_MAX = 400_000_000


class Undecided(Exception):
    """The solver has no answer."""


def holds(solver, *terms):
    answer = solver.check(*terms)
    if answer is None:
        raise Undecided(f"the solver gave up after {WORK_MAX} units of its work")
    return answer


def _congruent(applied):
    """The same function of the same arguments is the same."""
    for one, other in itertools.combinations(applied, 2):
        if one.function is other.function:
            equal = smt.And(*(a == b for a, b in zip(one.arguments, other.arguments)))
            yield smt.Implies(equal, one.variable == other.variable)


class Growing:
    """A solver for a path that grows, and its branches."""

    def __init__(self, assumptions):
        self.solver, self.asserted = Solver(assumptions, WORK_MAX), []

    def holds(self, terms):
        """What the last question began with stays: the solver has it translated, and has learned from it."""
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0].ast == pair[1].ast, zip(self.asserted, terms)))
        self.solver.pop(len(self.asserted) - same)
        for term in terms[same:]:
            self.solver.push(term)
        self.asserted = terms
        return holds(self.solver)

    def model(self, preferences):
        """Of what holds, with as many of the preferences as possible."""
        best, before = self.solver.model(), self.solver.scopes
        for preference in preferences:
            self.solver.push(preference)
            if self.solver.check():
                best = self.solver.model()
            else:
                self.solver.pop(1)
        self.solver.pop(self.solver.scopes - before)
        return best


class Questions:
    def __init__(self, assumptions, weaker=None):
        self.weaker = assumptions if weaker is None else weaker
        self.quick = Growing(self.weaker)
        self.whole = self.quick if weaker is None else Growing(assumptions)
        # By the identities of terms, which live as long as they are kept here.
        self.answers, self.applied, self.known = {}, {}, {(): (Facts([*self.weaker, *assumptions]), ())}

    def facts(self, path):
        """What is known in each state of the path."""
        key = tuple(term.ast for term in path)
        if key not in self.known:
            self.known[key] = Facts(path[-1:], self.facts(path[:-1])), list(path)
        return self.known[key][0]

    def model(self, path, *conditions):
        """A state where all of it holds; None when there is none."""
        if any(smt.is_false(self.facts(path).of(simple(condition))) for condition in conditions):
            return None
        terms = [*path, *conditions]
        key = tuple(term.ast for term in terms)
        if key not in self.answers:
            self.answers[key] = self._model(terms) if self.quick.holds(terms) else None, terms
        return self.answers[key][0]

    def shown(self, path, conditions, preferences, long=False):
        """The same for people: with as many of the preferences as possible. A long question is better asked of a solver that need not keep
        anything: it simplifies more."""
        conditions = [*map(simple, conditions)]
        if any(smt.is_false(self.facts(path).of(condition)) for condition in conditions):
            return None
        terms = [*path, *conditions]
        possible = holds(Solver([*self.weaker, *terms, *self._congruences(terms)], WORK_MAX)) if long else self.quick.holds(terms)
        return self._model(terms, preferences) if possible else None

    def _applied(self, term):
        """Names of results of functions that a term speaks of."""
        if term.ast not in self.applied:
            self.applied[term.ast] = names_in(term) & APPLIED.keys(), term
        return self.applied[term.ast][0]

    def _congruences(self, terms):
        names = sorted({name for term in terms for name in self._applied(term)})
        return list(_congruent([APPLIED[name] for name in names]))

    def _model(self, terms, preferences=()):
        if not self.whole.holds(terms):
            return None
        more = self._congruences(terms)
        return self.whole.model(preferences) if not more or self.whole.holds([*terms, *more]) else None
