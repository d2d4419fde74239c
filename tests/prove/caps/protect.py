"""memory_protect and memory_unmap of a frame: the rights of a page that is mapped, or its end; and that the TLB is told."""
from tests.prove import smt
from tests.prove.smt import number, variable
from tests.prove.terms import extract
from tests.prove.caps.calls import FORGOTTEN, SPACE
from tests.prove.caps.mapping import ASID, LEVEL_SHIFT, ROOT, Mapping
from tests.prove.caps.proof import done, every
from tests.prove.caps.slots import Slot

GENERATION_SHIFT, VADDR = 48, 0x0000fffffffff000  # kernel/cap/words.h: of a frame's data word
ADDRESS = 0  # INVPCID's type for one page of one PCID (SDM vol. 2, INVPCID)


class Mapped(Mapping):
    """rdi: frame."""

    def __init__(self, kernel):
        super().__init__(kernel)
        in_root, root, memory = self.frame = self.address("rdi")
        if kernel.quick:  # a fault shows in the simplest states, too
            self.assume("case", "the frame is named in the root CNode", in_root, Slot(self, root).is_a("FRAME"))
        self.mapped = Slot(self, memory)
        self.of_level()
        if kernel.quick:
            self.assume("case", "it is one of 2 MiB", self.level == 2)
        self.vaddr, self.number = self.mapped.data & VADDR, self.mapped.data & ASID
        self.root, self.there = self._space()
        data = Slot(self, root).data  # by the way that leads there directly
        self.entries = self.walk([(self.root + self.index(ROOT), None), (self._root(data) + self.index(ROOT, data & VADDR), in_root)],
                                 self.there, self.mapped, also=((data & VADDR, in_root),))
        self._facts()
        self.shown = {"level": self.level, "data": self.mapped.data}

    def _root(self, data):
        """Of the space with the number in a frame's data word."""
        return self.memory.initial(number(self.image.symbol("space_roots")) + ((data & ASID) << 3))

    def _space(self):
        """The root of the space in which it is mapped, and the condition that it is there still."""
        where = number(self.image.symbol("space_generations")) + (self.number << 1)
        generation = smt.ZeroExt(48, extract(smt.LShR(self.memory.initial(where & -8), (where & 7) << 3), 0, 16))
        mine = smt.LShR(self.mapped.data, GENERATION_SHIFT) & ASID
        self.assume("space-number", "0 is no space's number, and its generation none that a mapping has", smt.Implies(
            self.number == 0, generation != mine))
        return self._root(self.mapped.data), smt.And(self.mapped.is_a("FRAME"), generation == mine)

    def _facts(self):
        self.assume("frame-aligned", "a frame of 4 KiB, 2 MiB or 1 GiB lies below the end of what there can be", smt.Implies(
            self.mapped.is_a("FRAME"), smt.And(smt.ULE(self.level, 3),
                                               (self.mapped.object - self.c.PHYSMAP) & ~number(self.c.PTE_ADDRESS) == 0)))
        self.assume("lies-in-live-memory", "a capability lies in an object or a variable", smt.Implies(
            self.mapped.is_a("FRAME"), self._is_a_slot(self.mapped.place)))

    # ---- what the specification says
    def _maps(self, word):
        """An entry, this frame."""
        c = self.c
        return smt.And(word & c.PTE_PRESENT != 0, word & c.PTE_ADDRESS == self.mapped.object - c.PHYSMAP)

    def is_mapped(self):
        """By the entry that a walk ends at."""
        return smt.And(self.there, self._maps(self.reached(self.level, self.word)))

    # ---- theorems
    def ended(self, end):
        yield "it ends as the specification says", end.result == self.refusal()
        yield "what fails has stored nothing", smt.Or(end.result == 0, smt.BoolVal(not end.stores()))

    def its_own(self, place):
        """The entry that was written is the one that mapped it."""
        yield "the entry that a walk comes to", place == self.reached(self.level, lambda level: self.entries[level])
        yield "which mapped the frame", self._maps(self.memory.initial(place))

    def forgotten(self, end):
        """What another space than the current one has in the TLB, it has by its number: without PCID nothing is kept of it."""
        at = number(self.image.symbol("cpu_features"))
        has_pcid = self.first("cpu_features", at, "pcid") != 0
        is_current = variable(SPACE) & self.c.PTE_ADDRESS == self.root - self.c.PHYSMAP
        said, *more = end.state.special.get(FORGOTTEN, ()) or (None,)
        if said is None:
            yield "nothing is forgotten where nothing is kept", smt.Not(smt.Or(is_current, has_pcid))
            return
        kind, space, address, stores = said
        yield "once, and when the entry is written", smt.BoolVal(not more and stores == 1)
        yield "that page", address & VADDR == self.vaddr
        yield "of the space that it is in", is_current if kind is None else smt.And(kind == ADDRESS, space == self.number)


class Protect(Mapped):
    """rsi: attributes."""

    function = "sys_memory_protect"
    theorems = (("it ends as the specification says, and what fails has stored nothing", "ended", every),
                ("a page is the frame's own memory, with no right that the frame lacks, and never writable and executable", "page", done),
                ("it is the entry that mapped the frame, and nothing else changes", "kept", done),
                ("the TLB forgets that page of that space afterwards", "forgotten", done))

    def __init__(self, kernel):
        super().__init__(kernel)
        self.attributes = self.shown["attributes"] = self.register("rsi")
        if kernel.quick:
            self.assume("case", "it is to be read and written", self.attributes == (self.c.RIGHT_READ | self.c.RIGHT_WRITE))

    def refusal(self):
        """The result: errors in the order of abi.def."""
        return self.refused(self.frame, "FRAME", lambda _: self.unless(*self.refuses(), (smt.Not(self.is_mapped()), "NOT_MAPPED")))

    def page(self, end):
        _, entry = end.state.memory.stores[0]
        yield from self.of_any(entry)
        yield from self.of_frame(entry)

    def kept(self, end):
        (place, _), *more = end.state.memory.stores
        yield from self.its_own(place)
        yield "nothing else is stored", smt.BoolVal(not more)


class Unmap(Mapped):
    """Of a frame."""

    function = "sys_memory_unmap"
    theorems = (("it ends as the specification says, and what fails has stored nothing", "ended", every),
                ("the entry that mapped the frame is empty, and no other one changes", "gone", done),
                ("the capability says that it is mapped nowhere, and nothing else changes", "kept", done),
                ("the TLB forgets that page of that space afterwards", "forgotten", done))

    def __init__(self, kernel):
        super().__init__(kernel)
        in_root, root, _ = self.frame
        self.assume("case", "the capability is not one to a page table", smt.Not(self.mapped.is_a("PAGE_TABLE")), smt.Implies(
            in_root, smt.Not(Slot(self, root).is_a("PAGE_TABLE"))))

    def refusal(self):
        """A capability may know a mapping that went with its table or its space: then there is nothing to be done but to forget that."""
        return self.refused(self.frame, "FRAME", lambda _: self.unless((self.number == 0, "NOT_MAPPED")))

    def gone(self, end):
        *entries, _ = end.state.memory.stores
        yield "it is written where the frame is mapped", self.is_mapped() if entries else smt.Not(self.is_mapped())
        for place, word in entries:
            yield from self.its_own(place)
            yield "there is no page then", word == 0

    def kept(self, end):
        *entries, (place, data) = end.state.memory.stores
        in_root, root, deep = self.frame
        memory = Slot(self, root if end.always(in_root) else deep)
        yield "the capability keeps its size alone", smt.And(place == memory.place + 8, data == memory.data & (0xf << LEVEL_SHIFT))
        yield "nothing else is stored", smt.BoolVal(len(entries) <= 1)

    def forgotten(self, end):
        if len(end.state.memory.stores) > 1:
            yield from super().forgotten(end)
        else:
            yield "no page is gone", smt.Not(self.is_mapped())
