"""Bit-vector terms: a thin layer over z3 that keeps every term simplified, so that equal things mostly are the same
thing and the solver is asked only about the rest."""
from dataclasses import dataclass
from functools import lru_cache

import z3

TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


@lru_cache(maxsize=None)  # to make one takes z3's Python part longer than most of what is then done with it
def number(value, bits=64):
    return z3.BitVecVal(value, bits)


@lru_cache(maxsize=None)
def variable(name, bits=64):
    return z3.BitVec(name, bits)


def simple(term):
    return z3.simplify(term)


def value_of(term):
    """The number that a term is; None when it depends on the state."""
    return term.as_long() if z3.is_bv_value(term) else None


def truth_of(condition):
    return True if z3.is_true(condition) else False if z3.is_false(condition) else None


class Function:
    """A function of which nothing is known: of each arguments a variable of its own. That equal arguments have equal results is left to
    who asks (questions.py), mostly nobody: z3 takes much longer for functions than for variables."""

    def __init__(self, name, bits):
        self.name, self.bits, self.known = name, bits, {}

    def __call__(self, *arguments):
        arguments = tuple(map(simple, arguments))
        key = tuple(a.get_id() for a in arguments)
        if key not in self.known:
            name = f"{self.name} #{len(self.known)}"
            made = variable(name, self.bits) if self.bits else z3.Bool(name)
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
    names, seen, waiting = set(), set(), [term]
    while waiting:
        t = waiting.pop()
        if t.get_id() in seen:
            continue
        seen.add(t.get_id())
        if z3.is_const(t) and t.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            name = t.decl().name()
            names.add(name)
            waiting += APPLIED[name].arguments if name in APPLIED else ()
        waiting += t.children()
    return names


def same(a, b):
    return a is b or a.eq(b)


def extract(term, low, bits):
    """The bits from `low` on."""
    if low == 0 and term.size() == bits:
        return term
    return simple(z3.Extract(low + bits - 1, low, term))


def extend(term, bits, signed=False):
    if term.size() == bits:
        return term
    return simple((z3.SignExt if signed else z3.ZeroExt)(bits - term.size(), term))


def join(parts):
    """One term of several, the lowest first."""
    return parts[0] if len(parts) == 1 else simple(z3.Concat(*reversed(parts)))


def linear(address):
    """An address as (atoms, constant): it is the sum of both. Equal atoms, equal key."""
    value = value_of(address)
    if value is not None:
        return (), value
    summands = address.children() if z3.is_app_of(address, z3.Z3_OP_BADD) else [address]
    constant, atoms = 0, []
    for s in summands:
        value = value_of(s)
        if value is None:
            atoms.append(s)
        else:
            constant += value
    return tuple(sorted(a.get_id() for a in atoms)), constant % (1 << 64)


def signed(value, bits=64):
    return value - (1 << bits) if value >> (bits - 1) else value
