"""Capability slots as the kernel's headers lay them out, and the tree of derivation, said without the kernel's own functions."""
from tests.prove import smt
from tests.prove.smt import number, simple
from tests.prove.terms import extract

LINK = 0x0000ffffffffffe0  # of `prev`: its other bits are type and rights
UPPER = 0x1ffff << 47  # what all addresses in the kernel's half have there


class Slot:
    """What a slot holds: as it was at first, or with an End, now."""

    def __init__(self, proof, place, end=None):
        self.proof, self.place, self.c = proof, simple(place), proof.c
        words = [end.word(self.place + 8 * i) if end else proof.memory.initial(simple(self.place + 8 * i)) for i in range(4)]
        self.object, self.data, self.prev, self.next = words
        self.type, self.rights = (extract(self.prev, shift, 8) for shift in (self.c.SLOT_TYPE_SHIFT, self.c.SLOT_RIGHTS_SHIFT))
        self.before, self.after = simple(self.prev & LINK), simple(self.next & ~self.c.SLOT_FLAGS)  # `before` without its upper bits

    def has(self, flag):
        return self.next & self.c[f"SLOT_{flag}"] != 0

    def is_a(self, *types):
        return smt.Or(*(self.type == self.c[f"TYPE_{name}"] for name in types))

    def usable(self):
        """Neither empty nor one whose object is being taken apart."""
        return smt.And(self.type != self.c.TYPE_NULL, self.type & self.c.TYPE_DYING == 0)

    def same_object(self, other):
        return smt.And(self.type == other.type, self.object == other.object)

    def holds(self, other):
        """What the other one held: object, data, type and rights."""
        return smt.And(self.same_object(other), self.data == other.data, self.rights == other.rights)

    def flags(self):
        """Those of what it holds, not of its place."""
        return self.next & self.c.SLOT_FLAGS & ~self.c.SLOT_IN_TCB


def linked(word, place):
    """The word of a slot leads back to that place."""
    return word == place & LINK


def is_parent(p, child):
    """docs/invariants.md, `derived`, and which of the capabilities to one object count: an original has all of them, one with a badge those
    with the same that are not the first of their line."""
    c = p.c
    size = smt.ZeroExt(58, extract(p.data, 0, 6))
    holds = smt.ULT(child.object - p.object, number(1) << size)
    handler = smt.And(smt.Not(p.same_object(child)), p.is_a("IRQ_CONTROL"), child.type & ~c.TYPE_DYING == c.TYPE_IRQ_HANDLER)
    line = smt.And(p.data == child.data, child.has("BADGED"), smt.Not(child.has("FIRST_BADGED")))
    other = smt.Or(smt.And(p.same_object(child), smt.Implies(p.has("BADGED"), line)), handler)
    return smt.And(p.has("REVOCABLE"), smt.If(p.is_a("UNTYPED"), holds, other))
