"""What the arithmetic instructions compute: a result, and the flags that it leaves (SDM vol. 1, 3.4.3.1, and vol. 2).

Flags are functions that are called when they are read. A missing flag is undefined: reading it is an error. AF and
PF are always missing: nothing that is proved here reads them."""
from tests.prove import smt
from tests.prove.smt import FALSE, number, simple, value_of
from tests.prove.terms import extract



def top(term):
    return simple(smt.Extract(term.bits - 1, term.bits - 1, term) == 1)


def of_result(result, **more):
    """ZF and SF follow from the result."""
    flags = {"zf": lambda: simple(result == 0), "sf": lambda: top(result)}
    flags.update(more)
    return flags


def add(a, b):
    r = simple(a + b)
    return r, of_result(r, cf=lambda: simple(smt.ULT(r, a)), of=lambda: simple(smt.And(top(a) == top(b), top(r) != top(a))))


def sub(a, b):
    r = simple(a - b)
    return r, {"zf": lambda: simple(a == b), "sf": lambda: top(r), "cf": lambda: simple(smt.ULT(a, b)),
               "of": lambda: simple(smt.And(top(a) != top(b), top(r) != top(a)))}


def with_carry(operation):
    """adc and sbb, in one bit more."""
    def result(a, b, carry):
        bits = a.bits
        wide = [smt.ZeroExt(1, x) for x in (a, b, smt.If(carry, number(1, bits), number(0, bits)))]
        sum_ = wide[0] + wide[1] + wide[2] if operation == "adc" else wide[0] - wide[1] - wide[2]
        r = simple(smt.Extract(bits - 1, 0, sum_))
        differ = top(a) == top(b) if operation == "adc" else top(a) != top(b)
        return r, of_result(r, cf=lambda: top(simple(sum_)), of=lambda: simple(smt.And(differ, top(r) != top(a))))
    return result


def logic(operation):
    def result(a, b):
        r = simple(operation(a, b))
        return r, of_result(r, cf=lambda: FALSE, of=lambda: FALSE)
    return result


def sar(a, amount):
    """By a number. z3 makes parts of a term of the other shifts itself; what is equal should look equal, or the solver has to find out."""
    return smt.SignExt(amount, smt.Extract(a.bits - 1, amount, a)) if 0 < amount < a.bits else a >> amount


def both(a, b):
    """The bits that both have: of 64 that end in 32 where one has no more, so that it is the same by whichever instruction."""
    if a.bits == 64 and 0 in (value_of(extract(x, 32, 32)) for x in (a, b)):
        return smt.ZeroExt(32, extract(a, 0, 32) & extract(b, 0, 32))
    return a & b


def shift(name, a, count, amount):
    """`amount` is the count when it is a number, else None: then the flags are taken as undefined."""
    r = simple({"shl": lambda: a << count, "shr": lambda: smt.LShR(a, count),
                "sar": lambda: a >> count if amount is None else sar(a, amount)}[name]())
    if amount == 0:
        return r, None
    if amount is None:
        return r, {}
    last = a.bits - amount if name == "shl" else amount - 1
    if not 0 <= last < a.bits:
        return r, of_result(r)
    return r, of_result(r, cf=lambda: simple(extract(a, last, 1) == 1))


def rotate(a, by):
    """To the left. Of ones and a 0, as compilers take a bit out, it is that 0 which moves: as BTR has it, which they use elsewhere."""
    if value_of(a) == (1 << a.bits) - 2 and a.bits & (a.bits - 1) == 0:
        return ~(number(1, a.bits) << (by & (a.bits - 1)))
    return smt.RotateLeft(a, by)


def highest_bit(a):
    """The index of the highest bit that is set; a is not 0."""
    bits = a.bits
    r = number(0, bits)
    for i in range(1, bits):
        r = smt.If(smt.Extract(i, i, a) == 1, number(i, bits), r)
    return simple(r)


def lowest_bit(a):
    bits = a.bits
    r = number(0, bits)
    for i in range(bits - 1, -1, -1):
        r = smt.If(smt.Extract(i, i, a) == 1, number(i, bits), r)
    return simple(r)


def _less(f):
    return smt.Xor(f("sf"), f("of"))


CONDITIONS = {
    "e": lambda f: f("zf"), "ne": lambda f: smt.Not(f("zf")),
    "b": lambda f: f("cf"), "ae": lambda f: smt.Not(f("cf")),
    "a": lambda f: smt.Not(smt.Or(f("cf"), f("zf"))), "be": lambda f: smt.Or(f("cf"), f("zf")),
    "s": lambda f: f("sf"), "ns": lambda f: smt.Not(f("sf")),
    "o": lambda f: f("of"), "no": lambda f: smt.Not(f("of")),
    "l": _less, "ge": lambda f: smt.Not(_less(f)),
    "le": lambda f: smt.Or(f("zf"), _less(f)), "g": lambda f: smt.Not(smt.Or(f("zf"), _less(f))),
}
