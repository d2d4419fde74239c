"""memory_map_many: every page is what memory_map would make of that frame there, one right behind the other, however many; and what is
counted is what was done. A page is one turn of a loop: the memory that it finds is what the turns before have left, of which no more is
known than of any memory. They write an entry and a frame's data word each ("kept"): no slot but frames', nor a word of the thread's TCB, so
what is known of those at the loop's beginning is known in each turn."""
from tests.prove import smt
from tests.prove.smt import number, simple, variable
from tests.prove.terms import extract, same
from tests.prove.theorems import Refuted
from tests.prove.caps.loop import BEGINS, TURN, Loop, loops
from tests.prove.caps.mapping import CACHES, LEVEL_BITS, LEVEL_SHIFT, PAGE_BITS, ROOT, Mapping, table
from tests.prove.caps.slots import Slot
from tests.prove.caps.words import wide

PAGES_PER_ENTRY, SLOTS_PER_CALL = 64, 256  # docs/reference.md, memory_map_many; how many pages one entry takes: kernel/object/frame_many.c
RESTART, RESTARTS = -(1 << 30), 1  # kernel/object/delete.h, kernel/arch/percpu.h
COUNTED = ("rsi", "r8", "r10")


def before(end):
    return TURN not in end.state.special and end.state.end == "returned"


def ended(end):
    return TURN in end.state.special and end.state.end == "returned"


def again(end):
    return TURN in end.state.special and end.state.end == BEGINS


def mapped(end):
    return TURN in end.state.special and end.proof.has_mapped(end)


class MapMany(Mapping):
    """rdi: CNode, rsi: first index, rdx: address space, r8: address of the first, r9: attributes, r10: how many."""

    function = "sys_memory_map_many"
    theorems = (("what is refused before any page ends as the specification says, and has stored nothing", "begun", before),
                ("a page ends as the specification says; what is counted is what was done, and it is made again if more is left",
                 "ended", ended),
                ("a page is the frame's own memory, with no right that the frame lacks, and never writable and executable", "page", mapped),
                ("it lies below USER_TOP as a whole, by an entry of its size that was empty", "place", mapped),
                ("its capability says where, and nothing else changes", "kept", mapped),
                ("the next frame goes right behind, by an entry that a walk would find", "next", again))

    def __init__(self, kernel):
        super().__init__(kernel)
        c = self.c
        self.attributes, self.count = self.register("r9"), self.register("r10")
        self.cnodes, self.spaces = self.address("rdi"), self.address("rdx")
        if kernel.quick:  # a fault shows in the simplest states, too
            self.assume("case", "both capabilities are named in the root CNode", *(smt.And(in_root, Slot(self, root).is_a(kind)) for (
                in_root, root, _), kind in ((self.cnodes, "CNODE"), (self.spaces, "ADDRESS_SPACE"))))
        self.space = Slot(self, self.spaces[2])
        self.start = self._slots()
        self.done, self.vaddr, self.frame = (variable(name) for name in ("pages before", "address", "frame"))
        self.mapped = Slot(self, self.frame)
        self.of_level()
        bare = smt.LShR(self.vaddr, PAGE_BITS + LEVEL_BITS * (ROOT - 1)) << 3
        self.entries = self.walk([(self.space.object + self.index(ROOT), None), (self.space.object + bare, smt.ULE(
            self.vaddr, c.USER_TOP))], self.space.is_a("ADDRESS_SPACE"), self.mapped, self.space)
        self._memory()
        self.loops = loops(self.explorer.cpu, self.function)
        self.explorer.stops.update((loop.begin, BEGINS) for loop in self.loops)
        self.shown = {"pages before": self.done, "address": self.vaddr, "level": self.level, "attributes": self.attributes}
        self.has, self.fixed = {}, {}

    # ---- what is assumed
    def radix(self, cnode):
        return wide(extract(Slot(self, cnode).data, 0, 6))

    def _slots(self):
        """The first slot: of the CNode that the address names."""
        (_, root, deep), direct = self.cnodes, self.direct(self.cnodes, "CNODE")
        meanings = []
        for cnode, when in ((root, direct), (deep, smt.And(smt.Not(direct), deep != 0, Slot(self, deep).is_a("CNODE")))):
            s = Slot(self, cnode)
            self.assume("lies-in-live-memory", "a CNode has no more than 2^CNODE_RADIX_MAX slots", smt.Implies(s.is_a("CNODE"), smt.ULE(
                extract(s.data, 0, 8), self.c.CNODE_RADIX_MAX)))
            index = self.register("rsi") & ((number(1) << self.radix(cnode)) - 1)
            meanings.append((s.object + (index << 5), when))
        return self.memory.call("first", *meanings)

    def _memory(self):
        c, phys = self.c, self.mapped.object - self.c.PHYSMAP
        self.assume("lies-in-live-memory", "a CNode's slots lie in memory of their own, in RAM that is not the kernel's image",
                    self.frame & 31 == 0, self.in_ram(self.frame, 32), self.apart(self.frame, 32), smt.Implies(
                        self.space.is_a("ADDRESS_SPACE"), self._is_a_slot(self.space.place)))
        self.assume("frame-aligned", "a frame of 4 KiB, 2 MiB or 1 GiB lies at a multiple of its size, below the end of what there can be",
                    smt.Implies(self.mapped.is_a("FRAME"), smt.And(
                        smt.ULE(self.level, 3), phys & ((number(1) << self.bits) - 1) == 0, phys & ~number(c.PTE_ADDRESS) == 0)))
        space, lowest = self.space.is_a("ADDRESS_SPACE"), self.entries[1]
        self.assume("objects-apart", "a page table is no TCB, and is at one place of one level", smt.Implies(space, smt.And(*(
            self.apart(entry, 8) for entry in self.entries.values()))), smt.Implies(smt.And(space, self._tables()), smt.And(*(
                lowest != self.entries[n] for n in range(2, ROOT + 1)))))
        self.top = self.image.symbol("kernel_stack_top")
        at = self.image.symbol("cpu") + self.structures["cpu"].fields["stack_top"][0]
        self.assume("the boot", "cpu.stack_top is where the kernel's stack begins", self.memory.first(number(at)) == self.top)
        self.memory.fixed[at] = number(self.top)

    def _tables(self):
        """The way to the entry of a page of 4 KiB leads through tables."""
        return smt.And(*(table(self.word(n), self.c) for n in range(2, ROOT + 1)))

    # ---- the turns
    def wrong(self, state):
        return None if state.end == BEGINS else super().wrong(state)

    def _explored(self):
        heads = []
        for end in super()._explored():
            heads += [end] if end.state.end == BEGINS else []
            yield end
        for start in (start for loop in self.loops for start in self._turns(loop, [end for end in heads if end.state.rip == loop.begin])):
            self.explorer.facts = len(start.path)
            self.explorer.cpu.step(start)  # which is the place that ends a turn
            yield from self._from(start)

    def _turns(self, loop, heads):
        """The first page, or one behind a page that was the last of its table, or of 4 KiB behind one of its table."""
        if not heads:
            raise Refuted("not so: a way leads to each loop")
        this_time = smt.If(smt.ULE(self.count, PAGES_PER_ENTRY), self.count, number(PAGES_PER_ENTRY))
        known = [self.space.is_a("ADDRESS_SPACE"), self.sensible(), smt.ULE(self.count - 1, SLOTS_PER_CALL - 1)]
        cached = self.attributes & CACHES == 0
        known += [answer for answer in (cached, smt.Not(cached)) if all(end.always(answer) for end in heads)]  # it has a loop of its own
        for end in heads:
            wrong = [text for text, condition in (("the call is one that may go on", self.refusal() == 0), (
                "what a turn begins with", smt.And(*known)), ("nothing is stored", smt.BoolVal(not end.stores()))) if not end.always(
                    condition)]
            if wrong:
                raise Refuted(f"not so: where the loop begins, {wrong[0]}")
        here = [self.frame == self.start + (self.done << 5), smt.ULT(self.done, this_time)]
        behind = self.entries[1] - 8
        for last, where in ((number(0), []), (behind, [self._tables(), self.entries[1] & 0xfff != 0])):
            roles = ((self.start, self.frame), (self.register("r8"), self.vaddr), (number(0), last))
            start, has, fixed = loop.turn(heads, roles, (self.space.place, self.start))
            start.path = [simple(f) for f in (*(f.condition for f in self.facts), *known, *here, *where)]
            start.special["loop"], start.special["roles"], start.special["fixed"] = loop, tuple(has), tuple(fixed)
            yield start

    # ---- what the specification says
    def refusal(self):
        """Of the call, before any page."""
        def within(cnode):
            slots, first = number(1) << self.radix(cnode), self.register("rsi")
            last = first + self.count - 1
            beyond = smt.Or(smt.UGT(self.count - 1, SLOTS_PER_CALL - 1), smt.UGE(first, slots), smt.UGE(last, slots))
            return smt.If(beyond, self.error("BAD_ARGUMENT"), self.refused(self.spaces, "ADDRESS_SPACE", lambda _: smt.If(
                self.sensible(), number(0), self.error("BAD_ARGUMENT"))))
        return self.refused(self.cnodes, "CNODE", within)

    def of_page(self):
        m, lacks = self.mapped, self.attributes & ~number(CACHES) & ~smt.ZeroExt(56, self.mapped.rights) != 0
        ram = smt.And(self.attributes & CACHES != 0, smt.Not(m.has("DEVICE")))
        beyond = smt.UGT(self.vaddr, number(self.c.USER_TOP) - self.size())
        here = self.reached(self.level, self.word) & self.c.PTE_PRESENT == 0
        then = smt.If(here, self.unless((self.reached(self.level, number) != self.level, "NO_TABLE")), self.error("OCCUPIED"))
        return self.unless((m.is_a("NULL"), "BAD_CAP"), (smt.Not(m.is_a("FRAME")), "WRONG_TYPE"), (lacks, "NO_RIGHT"),
                           (ram, "BAD_ARGUMENT"), (m.data & 0xfff != 0, "IN_USE"), (beyond, "BAD_ARGUMENT"),
                           (self.vaddr & (self.size() - 1) != 0, "MISALIGNED"), then=then)

    def size(self):
        return number(1) << self.bits

    # ---- theorems
    def begun(self, end):
        yield "it ends as the specification says", end.result == self.refusal()
        yield "what is refused has stored nothing", smt.BoolVal(not end.stores())

    def _counted(self, end):
        offsets = self.structures["tcb"].fields
        return [simple(self.caller + offsets[name][0]) for name in COUNTED]

    def has_mapped(self, end):
        stores = end.state.memory.stores
        return bool(stores) and not any(same(simple(stores[0][0]), place) for place in self._counted(end))

    def ended(self, end):
        error, pages = self.of_page(), self.done + (1 if self.has_mapped(end) else 0)
        left = self.count - pages
        yield "a page is mapped where nothing speaks against it", (error == 0) if self.has_mapped(end) else (error != 0)
        yield "it ends as the specification says", end.result == smt.If(error != 0, error, smt.If(left == 0, number(0), number(
            RESTART % (1 << 64))))
        mark = end.state.memory.stack.get(self.top - 8, number(0))
        yield "it is made again where more is left", smt.Implies(end.result == RESTART % (1 << 64), mark & RESTARTS != 0)
        now = {name: end.now(self.structures["tcb"], self.caller, name) for name in COUNTED}
        behind = self.vaddr + self.size() if self.has_mapped(end) else self.vaddr
        yield "what is counted is what was done", smt.And(now["rsi"] == self.register("rsi") + pages, now["r10"] == left,
                                                          now["r8"] == behind)
        if not self.has_mapped(end):
            yield "what fails has stored only how far it came", end.unchanged_but(*self._counted(end))

    def page(self, end):
        _, entry = end.state.memory.stores[0]
        yield from self.of_any(entry)
        yield from self.of_frame(entry)

    def place(self, end):
        place, _ = end.state.memory.stores[0]
        last = self.vaddr + self.size() - 1
        yield "below USER_TOP as a whole", smt.And(smt.ULT(self.vaddr, self.c.USER_TOP), smt.ULT(last, self.c.USER_TOP))
        yield "in the lower half of the root", smt.ULT(self.index(ROOT), 8 << LEVEL_BITS - 1)
        yield "at a multiple of its size", self.vaddr & (self.size() - 1) == 0
        yield "by the entry of its level", smt.Or(*(smt.And(self.level == n, place == self.entries[n], *(
            table(self.word(above), self.c) for above in range(n + 1, ROOT + 1))) for n in range(1, ROOT)))
        yield "which was empty", self.memory.initial(simple(place)) & self.c.PTE_PRESENT == 0

    def kept(self, end):
        _, (place, data), *more = end.state.memory.stores
        yield "the capability says where", smt.And(place == self.frame + 8, data == self.mapped.data & (0xf << LEVEL_SHIFT) | (
            self.vaddr | self.space.data))
        counted = self._counted(end)
        yield "nothing else is stored", smt.BoolVal(all(any(same(simple(at), p) for p in counted) for at, _ in more))

    def next(self, end):
        """What a turn is begun with is so again."""
        behind, c = self.vaddr + self.size(), self.c
        lowest = (self.word(2) & c.PTE_ADDRESS) + c.PHYSMAP
        later, here = lowest + self.index(1, behind), self.entries[1] == lowest + self.index(1)  # `here`: what the variable stands for
        way = smt.And(self._tables(), *(smt.And(end.word(self.entries[n]) == self.word(n), self.index(n, behind) == self.index(n))
                                        for n in range(2, ROOT + 1)))

        def holds(role, term):
            if role == 0:
                return term == self.frame + 32
            if role == 1:
                return term == behind
            return smt.Or(term == 0, smt.Implies(here, smt.And(term + 8 == later, later & 0xfff != 0, way)))
        yield "a page was mapped", smt.BoolVal(self.has_mapped(end))
        yield "it is the same loop", smt.BoolVal(end.state.rip == end.state.special["loop"].begin)
        yield "another one is to come", smt.ULT(self.done + 1, smt.If(smt.ULE(self.count, PAGES_PER_ENTRY), self.count, number(
            PAGES_PER_ENTRY)))
        for where, role in end.state.special["roles"]:
            yield f"{where} is what it must be", holds(role, Loop.at(end.state, where))
        for where, term in end.state.special["fixed"]:
            yield f"{where} is what it was", smt.BoolVal(same(Loop.at(end.state, where), term))
