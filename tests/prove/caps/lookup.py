"""States of a system call that names capabilities by addresses: the thread that makes it, and the slots that the addresses lead to."""
from tests.prove import smt
from tests.prove.smt import number, simple, variable
from tests.prove.caps.proof import Proof
from tests.prove.caps.slots import UPPER, Slot
from tests.prove.caps.words import Function


class Lookup(Proof):
    """A function whose first argument is the thread that makes the call."""

    searches = ("cap_lookup",)

    def __init__(self, kernel, *more):
        self.caller = variable("caller")
        super().__init__(kernel, self.caller, *more)
        self.named = Function("the slot that an address names")
        self.mask = smt.ZeroExt(32, self.first("tcb", self.caller, "cspace_mask"))
        self.cspace = self.first("tcb", self.caller, "cspace")
        self.no_trace()
        self._thread()

    def register(self, name):
        """Of the thread, as the call found it."""
        return self.first("tcb", self.caller, name)

    def _thread(self):
        bits = self.c.TYPE_BITS_TCB
        self.assume("object-aligned", "TCBs are aligned to their size", self.caller & ((1 << bits) - 1) == 0)
        self.assume("objects-apart", "the running thread's TCB lies in RAM that is not the kernel's image",
                    self.in_ram(self.caller, 1 << bits))

    def in_ram(self, place, size):
        """In the kernel's half, where no image is."""
        size = number(size) if isinstance(size, int) else size
        return smt.And(smt.UGE(place, self.c.PHYSMAP), smt.ULE(place, self.image.start), smt.ULE(size, self.image.start - place))

    def apart(self, place, size, object_=None, extent=None):
        """It does not lie in that object; nor, where none is named, in what is no slot of the running thread's TCB."""
        start, extent = (self.caller, self.c.TCB_SLOTS_AT) if object_ is None else (object_, extent)
        return smt.Or(smt.UGE(place, start + extent), smt.ULE(place + size, start))

    def _is_a_slot(self, place):
        """In an object, or a variable of the image; not where it says whether the trace is on."""
        return smt.And(self.memory.elsewhere(place, 32), place & UPPER == UPPER, self.apart(place, 32), self.apart(
            place, 32, number(self.image.symbol("trace_on")), 1))

    # ---- addresses of capabilities
    def cap_lookup(self, state):
        """What the function gives: stated where an address is spoken of."""
        return self.named(simple(state.registers["rsi"]))

    def address(self, register):
        """The slots that the address in a register can name: the root CNode's, which the code looks at by itself, and any other."""
        address = self.register(register)
        root = self.memory.call(f"{register}'s slot in the root CNode", (self.cspace + (address & self.mask), None))
        deep = self.named(address)
        in_root = address & self.mask == address
        self.assume("cspace-cached", "a thread's root CNode is an object, or the one empty slot of a thread that has none",
                    root & 31 == 0, self.memory.off_stack(root, 32))
        self.assume("cap_lookup", "an address of a slot of the root CNode leads to it, any other to some slot or to none: to which, these "
                    "theorems do not say", smt.Implies(in_root, deep == root), smt.Or(deep == 0, smt.And(
                        deep & 31 == 0, self.memory.off_stack(deep, 32))))
        return in_root, root, deep

    def refused(self, address, kind, then):
        """What a call ends with that needs a capability of that type there, and goes on with its slot."""
        (in_root, root, deep), c = address, self.c
        first, other = Slot(self, root), Slot(self, deep)
        return smt.If(smt.And(in_root, first.is_a(kind)), then(root), smt.If(
            smt.Or(deep == 0, other.is_a("NULL")), number(c.ERR_BAD_CAP), smt.If(other.is_a(kind), then(deep), number(c.ERR_WRONG_TYPE))))

    def direct(self, address, kind):
        """The condition that the code finds it by itself."""
        in_root, root, _ = address
        return smt.And(in_root, Slot(self, root).is_a(kind))
