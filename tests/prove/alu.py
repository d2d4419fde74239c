"""What the arithmetic instructions compute: a result, and the flags that it leaves (SDM vol. 1, 3.4.3.1, and vol. 2).

Flags are functions that are called when they are read. A missing flag is undefined: reading it is an error. AF and
PF are always missing: nothing that is proved here reads them."""
import z3

from tests.prove.terms import FALSE, extract, number, simple


def top(term):
    return simple(z3.Extract(term.size() - 1, term.size() - 1, term) == 1)


def of_result(result, **more):
    """ZF and SF follow from the result."""
    flags = {"zf": lambda: simple(result == 0), "sf": lambda: top(result)}
    flags.update(more)
    return flags


def add(a, b):
    r = simple(a + b)
    return r, of_result(r, cf=lambda: simple(z3.ULT(r, a)), of=lambda: simple(z3.And(top(a) == top(b), top(r) != top(a))))


def sub(a, b):
    r = simple(a - b)
    return r, {"zf": lambda: simple(a == b), "sf": lambda: top(r), "cf": lambda: simple(z3.ULT(a, b)),
               "of": lambda: simple(z3.And(top(a) != top(b), top(r) != top(a)))}


def with_carry(operation):
    """adc and sbb, in one bit more."""
    def result(a, b, carry):
        bits = a.size()
        wide = [z3.ZeroExt(1, x) for x in (a, b, z3.If(carry, number(1, bits), number(0, bits)))]
        sum_ = wide[0] + wide[1] + wide[2] if operation == "adc" else wide[0] - wide[1] - wide[2]
        r = simple(z3.Extract(bits - 1, 0, sum_))
        differ = top(a) == top(b) if operation == "adc" else top(a) != top(b)
        return r, of_result(r, cf=lambda: top(simple(sum_)), of=lambda: simple(z3.And(differ, top(r) != top(a))))
    return result


def logic(operation):
    def result(a, b):
        r = simple(operation(a, b))
        return r, of_result(r, cf=lambda: FALSE, of=lambda: FALSE)
    return result


def shift(name, a, count, amount):
    """`amount` is the count when it is a number, else None: then the flags are taken as undefined."""
    r = simple({"shl": lambda: a << count, "shr": lambda: z3.LShR(a, count), "sar": lambda: a >> count}[name]())
    if amount == 0:
        return r, None
    if amount is None:
        return r, {}
    last = a.size() - amount if name == "shl" else amount - 1
    if not 0 <= last < a.size():
        return r, of_result(r)
    return r, of_result(r, cf=lambda: simple(extract(a, last, 1) == 1))


def highest_bit(a):
    """The index of the highest bit that is set; a is not 0."""
    bits = a.size()
    r = number(0, bits)
    for i in range(1, bits):
        r = z3.If(z3.Extract(i, i, a) == 1, number(i, bits), r)
    return simple(r)


def lowest_bit(a):
    bits = a.size()
    r = number(0, bits)
    for i in range(bits - 1, -1, -1):
        r = z3.If(z3.Extract(i, i, a) == 1, number(i, bits), r)
    return simple(r)


def _less(f):
    return z3.Xor(f("sf"), f("of"))


CONDITIONS = {
    "e": lambda f: f("zf"), "ne": lambda f: z3.Not(f("zf")),
    "b": lambda f: f("cf"), "ae": lambda f: z3.Not(f("cf")),
    "a": lambda f: z3.Not(z3.Or(f("cf"), f("zf"))), "be": lambda f: z3.Or(f("cf"), f("zf")),
    "s": lambda f: f("sf"), "ns": lambda f: z3.Not(f("sf")),
    "o": lambda f: f("of"), "no": lambda f: z3.Not(f("of")),
    "l": _less, "ge": lambda f: z3.Not(_less(f)),
    "le": lambda f: z3.Or(f("zf"), _less(f)), "g": lambda f: z3.Not(z3.Or(f("zf"), _less(f))),
}
