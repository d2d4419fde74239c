"""memory_map: what the entry of a page table holds and which one it is, so that nothing is ever writable and executable, or in the kernel's
half; and that nothing else changes."""
from tests.prove import smt
from tests.prove.smt import number
from tests.prove.caps.lookup import Lookup
from tests.prove.caps.proof import done, every
from tests.prove.caps.slots import Slot

PAGE_BITS, LEVEL_BITS, ROOT = 12, 9, 4  # SDM vol. 3, 4.5: the root is the table of level 4
LEVEL_SHIFT, ASID = 60, 0xfff  # kernel/cap/words.h: of a frame's or table's data word
CACHES = 0x300  # docs/reference.md, memory_map: two bits, all four of which go with all rights


def table(entry, c):
    """It leads to a table below."""
    return smt.And(entry & c.PTE_PRESENT != 0, entry & c.PTE_LARGE == 0)


class Mapping(Lookup):
    """What calls on mappings share. A subclass sets mapped, the frame's or table's slot; vaddr and level, of the walk; attributes; and
    entries, by walk()."""

    mapped = vaddr = level = attributes = entries = None

    def of_level(self):
        """`level`, of the frame that is `mapped`, and the bits of an address in it."""
        self.level = smt.LShR(self.mapped.data, LEVEL_SHIFT) + 1
        self.bits = number(PAGE_BITS) + LEVEL_BITS * (self.level - 1)

    def index(self, level, vaddr=None):
        """Of the entry for the address in a table of that level, in bytes."""
        return (smt.LShR(self.vaddr if vaddr is None else vaddr, PAGE_BITS + LEVEL_BITS * (level - 1)) & ((1 << LEVEL_BITS) - 1)) << 3

    def walk(self, meanings, there, *slots, also=()):
        """By level: the place of the entry for the address, where each higher one leads to a table. meanings: of the root's. there: the
        condition that the root is a table. slots: they lie in no table. also: what the address is, too, and when."""
        c, entries = self.c, {}
        for level in range(ROOT, 0, -1):
            entry = entries[level] = self.memory.call(f"the entry of level {level}", *meanings)
            self.assume("objects-apart", "a page table is memory of its own, in RAM that is not the kernel's image", smt.Implies(
                there, smt.And(entry & 7 == 0, self.in_ram(entry, 8), *(self.apart(entry, 8, s.place, 32) for s in slots))))
            word = self.memory.initial(entry)
            there = smt.And(there, table(word, c))
            meanings = [((word & c.PTE_ADDRESS) + c.PHYSMAP + self.index(level - 1, vaddr), when) for vaddr, when in ((None, None), *also)]
        return entries

    def word(self, level):
        return self.memory.initial(self.entries[level])

    def reached(self, lowest, of):
        """of(level): of the entry that a walk to a level (a number, or a term) ends at."""
        found = of(1)
        for level in (2, 3, ROOT):
            found = smt.If(smt.Or(number(level) == lowest, smt.Not(table(self.word(level), self.c))), of(level), found)
        return found

    def sensible(self):
        """The attributes go together."""
        c, a = self.c, self.attributes
        return smt.And(a & ~number(c.RIGHT_READ | c.RIGHT_WRITE | c.RIGHT_EXECUTE | CACHES) == 0, a & c.RIGHT_READ != 0, smt.Not(smt.And(
            a & c.RIGHT_WRITE != 0, a & c.RIGHT_EXECUTE != 0)))

    def refuses(self):
        """Why the frame does not allow the attributes: (condition, error), in this order."""
        return ((smt.Not(self.sensible()), "BAD_ARGUMENT"),
                (smt.And(self.attributes & CACHES != 0, smt.Not(self.mapped.has("DEVICE"))), "BAD_ARGUMENT"),
                (self.attributes & ~number(CACHES) & ~smt.ZeroExt(56, self.mapped.rights) != 0, "NO_RIGHT"))

    def error(self, name):
        return number(self.c[f"ERR_{name}"])

    def unless(self, *reasons, then=number(0)):
        for condition, name in reversed(reasons):
            then = smt.If(condition, self.error(name), then)
        return then

    def of_frame(self, entry):
        """What the entry for a frame's page must be."""
        c = self.c
        writable, executable = entry & c.PTE_WRITE != 0, entry & c.PTE_NX == 0
        has = {name: self.mapped.rights & c[f"RIGHT_{name}"] != 0 for name in ("READ", "WRITE", "EXECUTE")}
        yield "never writable and executable", smt.Not(smt.And(writable, executable))
        yield "nor with a right that the frame lacks", smt.And(
            has["READ"], smt.Implies(writable, has["WRITE"]), smt.Implies(executable, has["EXECUTE"]))
        yield "nor without having been asked for", smt.And(*(smt.Implies(
            can, self.attributes & c[f"RIGHT_{name}"] != 0) for can, name in ((writable, "WRITE"), (executable, "EXECUTE"))))
        yield "a page of its size", (entry & c.PTE_LARGE != 0) == (self.level != 1)

    def of_any(self, entry):
        """And the entry for a frame or a table."""
        c = self.c
        yield "the user's, and there", entry & (c.PTE_PRESENT | c.PTE_USER) == c.PTE_PRESENT | c.PTE_USER
        yield "its own memory", entry & c.PTE_ADDRESS == self.mapped.object - c.PHYSMAP


class Map(Mapping):
    """rdi: frame or page table, rsi: address space, rdx: address, r8: attributes."""

    function = "sys_memory_map"
    theorems = (("it ends as the specification says, and what fails has stored nothing", "ended", every),
                ("a page is the frame's own memory, with no right that the frame lacks, and never writable and executable", "page", done),
                ("what is mapped lies below USER_TOP as a whole, by an entry of its size that was empty; no table as a page",
                 "place", done),
                ("the capability says where, and nothing else changes", "kept", done))

    def __init__(self, kernel):
        super().__init__(kernel)
        self.vaddr, self.attributes = self.register("rdx"), self.register("r8")
        self.addresses = (in_root, root, memory), (space_in_root, space_root, space) = self.address("rdi"), self.address("rsi")
        if kernel.quick:  # a fault shows in the simplest states, too
            self.assume("case", "both capabilities are named in the root CNode", in_root, space_in_root, Slot(
                self, root).is_a("FRAME", "PAGE_TABLE"), Slot(self, space_root).is_a("ADDRESS_SPACE"))
        self.mapped, self.space = Slot(self, memory), Slot(self, space)
        self.is_frame = self.mapped.is_a("FRAME")
        self.of_level()
        self.entries = self.walk(self._roots(Slot(self, space_root).object, space_in_root), self.space.is_a("ADDRESS_SPACE"),
                                 self.mapped, self.space)
        self._memory()
        self.shown = {"address": self.vaddr, "attributes": self.attributes, "level": self.level}

    # ---- what is assumed
    def _memory(self):
        c, phys = self.c, self.mapped.object - self.c.PHYSMAP
        there = self.mapped.is_a("FRAME", "PAGE_TABLE")
        self.assume("frame-aligned", "a frame of 4 KiB, 2 MiB or 1 GiB lies at a multiple of its size, below the end of what there can be",
                    smt.Implies(self.is_frame, smt.And(smt.ULE(self.level, 3), phys & ((number(1) << self.bits) - 1) == 0)),
                    smt.Implies(there, phys & ~number(c.PTE_ADDRESS) == 0))
        self.assume("lies-in-live-memory", "a capability lies in an object or a variable", smt.Implies(there, self._is_a_slot(
            self.mapped.place)), smt.Implies(self.space.is_a("ADDRESS_SPACE"), self._is_a_slot(self.space.place)))

    def _roots(self, object_, in_root):
        """What the place of the root's entry may be named by."""
        low = smt.ULE(self.vaddr, self.c.USER_TOP)
        bare = smt.LShR(self.vaddr, PAGE_BITS + LEVEL_BITS * (ROOT - 1)) << 3  # as the compiler has it of an address below USER_TOP
        return [(self.space.object + self.index(ROOT), None), (self.space.object + bare, low),
                (object_ + self.index(ROOT), in_root), (object_ + bare, smt.And(in_root, low))]

    # ---- what the specification says
    def empty(self, lowest, then):
        """What follows where that entry is empty."""
        here = self.reached(lowest, self.word) & self.c.PTE_PRESENT == 0
        return smt.If(here, then, number(self.c.ERR_OCCUPIED))

    def refusal(self):
        """The result: errors in the order of abi.def."""
        def named(slot, then):
            return smt.If(smt.Or(slot.place == 0, slot.is_a("NULL")), self.error("BAD_CAP"), then)

        def with_space(then):
            return named(self.space, smt.If(self.space.is_a("ADDRESS_SPACE"), then, self.error("WRONG_TYPE")))

        in_use, unless = (self.mapped.data & ASID != 0, "IN_USE"), self.unless
        frame = with_space(unless(
            *self.refuses(), in_use,
            (smt.Not(self.below_top()), "BAD_ARGUMENT"), (self.vaddr & (self.size() - 1) != 0, "MISALIGNED"),
            then=self.empty(self.level, unless((self.reached(self.level, number) != self.level, "NO_TABLE")))))
        table_ = with_space(unless(in_use, (smt.UGE(self.vaddr, self.c.USER_TOP), "BAD_ARGUMENT"), then=self.empty(number(2), number(0))))
        return named(self.mapped, smt.If(self.is_frame, frame, smt.If(self.mapped.is_a("PAGE_TABLE"), table_, self.error("WRONG_TYPE"))))

    def size(self):
        return number(1) << self.bits

    def below_top(self):
        """The page as a whole."""
        return smt.ULE(self.vaddr, number(self.c.USER_TOP) - self.size())

    # ---- theorems
    def ended(self, end):
        yield "it ends as the specification says", end.result == self.refusal()
        yield "what fails has stored nothing", smt.Or(end.result == 0, smt.BoolVal(not end.stores()))

    def _stored(self, end):
        """(place, word) of the entry, which is stored first."""
        return end.state.memory.stores[0]

    def _there(self, end):
        """The slots of the memory and of the space, by the way that led there: the solver is glad of it."""
        return (Slot(self, root if end.always(in_root) else deep) for in_root, root, deep in self.addresses)

    def page(self, end):
        _, entry = self._stored(end)
        yield from self.of_any(entry)
        for text, condition in self.of_frame(entry):
            yield text, smt.Implies(self.is_frame, condition)
        yield "a table is none", smt.Or(self.is_frame, entry & self.c.PTE_LARGE == 0)

    def place(self, end):
        c, (place, _) = self.c, self._stored(end)
        level = smt.If(self.is_frame, self.level, self.reached(number(2), number))
        last = self.vaddr + smt.If(self.is_frame, self.size() - 1, number(0))
        yield "below USER_TOP as a whole", smt.And(smt.ULT(self.vaddr, c.USER_TOP), smt.ULT(last, c.USER_TOP))
        yield "in the lower half of the root", smt.ULT(self.index(ROOT), 8 << LEVEL_BITS - 1)
        yield "a page at a multiple of its size", smt.Implies(self.is_frame, self.vaddr & (self.size() - 1) == 0)
        yield "by the entry of its level, a table by none of the lowest", smt.Or(*(
            smt.And(level == n, place == self.entries[n]) for n in range(1, ROOT + 1)))
        yield "which was empty", end.proof.memory.initial(place) & c.PTE_PRESENT == 0

    def kept(self, end):
        _, (place, data), *more = end.state.memory.stores
        memory, space = self._there(end)
        frame = memory.data & (0xf << LEVEL_SHIFT) | (self.vaddr | space.data)
        level = (self.reached(number(2), number) - 1) << LEVEL_SHIFT
        table_ = level | (self.vaddr & -(1 << PAGE_BITS) | space.data)
        yield "the capability says where", smt.And(place == memory.place + 8, data == (frame if end.always(self.is_frame) else table_))
        yield "nothing else is stored", smt.BoolVal(not more)
