"""Terms that are kept simplified, so that equal things mostly are the same thing and the solver is asked only about the rest."""
from dataclasses import dataclass

from tests.prove import parts, smt
from tests.prove.smt import simple, value_of, variable


class Function:
    """A function of which nothing is known: of each arguments a variable of its own. That equal arguments have equal results is left to
    who asks (questions.py), mostly nobody: z3 takes much longer for functions than for variables."""

    def __init__(self, name, bits):
        self.name, self.bits, self.known = name, bits, {}

    def __call__(self, *arguments):
        arguments = tuple(map(simple, arguments))
        key = tuple(a.ast for a in arguments)
        if key not in self.known:
            name = f"{self.name} #{len(self.known)}"
            made = variable(name, self.bits)
            self.known[key] = APPLIED[name] = Application(self, arguments, made)
        return self.known[key].variable


@dataclass(frozen=True)
class Application:
    function: Function
    arguments: tuple
    variable: object


APPLIED = {}  # the name of the variable: the Application


def names_in(term):
    """The variables that a term speaks of, also as arguments of functions."""
    names, waiting = set(), [term]
    while waiting:
        new = parts.variables_in(waiting.pop()) - names
        names |= new
        waiting += (argument for name in new & APPLIED.keys() for argument in APPLIED[name].arguments)
    return names


def same(a, b):
    return a.ast == b.ast


def extract(term, low, bits):
    """The bits from `low` on."""
    if low == 0 and term.bits == bits:
        return term
    return simple(smt.Extract(low + bits - 1, low, term))


def extend(term, bits, signed=False):
    if term.bits == bits:
        return term
    return simple((smt.SignExt if signed else smt.ZeroExt)(bits - term.bits, term))


def choose(condition, a, b):
    """`a` where the condition holds, else `b`; and `a` where both are equal unless, `b` where both are equal if, that is so."""
    equal = simple(a == b)
    if same(condition, equal):
        return b
    return a if same(condition, simple(smt.Not(equal))) else simple(smt.If(condition, a, b))


def join(terms):
    """One term of several, the lowest first."""
    return terms[0] if len(terms) == 1 else simple(smt.Concat(*reversed(terms)))


def linear(address):
    """An address as (atoms, constant): it is the sum of both. Equal atoms, equal key."""
    value = value_of(address)
    if value is not None:
        return (), value
    if address.sum is ...:
        values = [(term, value_of(term)) for term in parts.summands(address)]
        atoms = tuple(sorted(term.ast for term, value in values if value is None))
        address.sum = atoms, sum(value for _, value in values if value is not None) % (1 << 64)
    return address.sum


def signed(value, bits=64):
    return value - (1 << bits) if value >> (bits - 1) else value
