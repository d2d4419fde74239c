"""What follows from conditions without a question to the solver: the truth of what they are made of, and what variables are equal to. With
that put in their places most further questions answer themselves."""
from tests.prove import smt
from tests.prove.parts import is_variable, low_bits, taken_apart, variables_in
from tests.prove.smt import FALSE, TRUE, simple, truth_of, value_of

ROUNDS = 3  # what is put in can hold what can be replaced


def _defined(a, b):
    """Of two equal terms what can stand for what, if a number or a variable is among them."""
    for one, other in ((a, b), (b, a)):
        if value_of(other) is not None or is_variable(one) and variables_in(one).isdisjoint(variables_in(other)):
            return [(one, other), *_aligned(one, other)]
    return []


def _aligned(part, known):
    """A variable whose low bits are known is the rest of it, and these."""
    variable, bits = low_bits(part) or (None, 0)
    return [(variable, smt.Concat(smt.Extract(variable.bits - 1, bits, variable), known))] if variable is not None else []


def facts(condition, truth=True):
    """(term, what it is) in each state where the condition is true, or false."""
    kind, parts = taken_apart(condition)
    found = [(condition, TRUE if truth else FALSE)]
    if kind == "not":
        return facts(parts[0], not truth)
    if kind == ("and" if truth else "or"):
        return [fact for part in parts for fact in facts(part, truth)]
    if kind == "equal" and truth and parts[0].bits:
        found += _defined(*parts)
    if kind == "at most" and not truth:  # so it is more
        found += [(simple(smt.ULE(parts[1], parts[0])), TRUE), (simple(parts[0] == parts[1]), FALSE)]
    return found


def _two(condition):
    """Of a condition that says that one of two holds, these."""
    kind, parts = taken_apart(condition)
    return tuple(parts) if kind == "or" and len(parts) == 2 else None


class Facts:
    """Of conditions that all hold."""

    def __init__(self, conditions, before=None):
        self.found, self.known = before.found if before else [], {}
        self.either = [*(before.either if before else []), *(parts for parts in map(_two, conditions) if parts)]
        self._add(fact for condition in conditions for fact in facts(condition))
        for one, other in (*self.either, *((b, a) for a, b in self.either)):
            if smt.is_false(self.of(one)):
                self._add(facts(other))

    def _add(self, more):
        unsaid = {term.ast: (term, what) for term, what in (*self.found, *more) if value_of(term) is None and truth_of(term) is None}
        self.found, self.known = list(unsaid.values()), {}

    def of(self, term):
        """The term as it is where they hold."""
        if term.ast not in self.known:
            now = before = simple(term)
            for _ in range(ROUNDS):
                now = simple(smt.substitute(before, self.found)) if self.found else before
                if now.ast == before.ast:
                    break
                before = now
            self.known[term.ast] = now, term
        return self.known[term.ast][0]
