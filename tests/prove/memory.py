"""Memory as a set of objects that do not overlap: the kernel image and the objects of the state, each at an arbitrary
base. An address is resolved to (object, offset); one that is in no known object is an error, never a guess."""
from tests.prove import smt
from tests.prove.smt import number, simple, variable
from tests.prove.terms import Function, extract, join, linear, signed


class NotInAnyObject(Exception):
    """An access outside the objects of the state."""


class NotMapped(NotInAnyObject):
    """With KPTI, something outside of the window while CR3 is ring 3's."""


class NotCopiedHere(NotInAnyObject):
    """A copy that is not of the words of a message, from one buffer to another."""


class InPage0(NotInAnyObject):
    """An address that is never the kernel's: a null pointer was followed."""


class Region:
    """One object. `cells` maps an offset to the term stored there; what was never stored is made on demand."""

    def __init__(self, name, base, size, structure=None, given=None):
        self.name, self.base, self.size = name, simple(base), size
        self.extent = size  # what no other object overlaps
        self.structure = structure
        self.given = dict(given or {})  # field -> the term that is there at first, instead of a variable
        self.key, self.delta = linear(self.base)
        self.cells, self.written = {}, set()
        self.units = {}  # initial(), as far as it was asked for; the same for all copies

    def copy(self):
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.cells, other.written = dict(self.cells), set(self.written)
        return other

    # ---- what is there at first
    def field_at(self, offset):
        """(name, offset, size) of the unit that this byte belongs to."""
        found = self.structure and self.structure.at(offset)
        if not found:
            start = offset & ~7
            return f"+0x{start:x}", start, 8
        name, start, size = found
        if size > 8:
            index = (offset - start) // 8
            return f"{name}[{index}]", start + 8 * index, min(8, size - 8 * index)
        return found

    def initial(self, offset):
        """(offset, term) of the unit that this byte belongs to, as it was at first."""
        name, start, size = self.field_at(offset)
        return start, self.given[name] if name in self.given else variable(f"{self.name}.{name}", 8 * size)

    # ---- cells
    def _stored(self, offset):
        """(start, term) of the cell that holds this byte; None when nothing was stored there."""
        if offset in self.written:
            for start in range(offset, offset - 8, -1):
                term = self.cells.get(start)
                if term is not None and start + term.bits // 8 > offset:
                    return start, term
        return None

    def _cell(self, offset):
        """The same, or what was there at first."""
        found = self._stored(offset)
        if found:
            return found
        if offset not in self.units:
            self.units[offset] = self.initial(offset)
        start, term = self.units[offset]
        if not self.written.isdisjoint(range(start, start + term.bits // 8)):
            # Part of the unit was overwritten: what is left of it is kept byte by byte.
            return offset, extract(term, 8 * (offset - start), 8)
        return start, term

    def load(self, offset, size):
        start, term = self._cell(offset)
        if start == offset and term.bits == 8 * size:
            return term
        parts = []
        for at in range(offset, offset + size):
            start, term = self._cell(at)
            parts.append(extract(term, 8 * (at - start), 8))
        return join(parts)

    def store(self, offset, term):
        size = term.bits // 8
        for at in range(offset, offset + size):
            start, old = self._stored(at) or (None, None)
            if start is not None:  # the remaining bytes of an old cell are kept one by one
                del self.cells[start]
                for i in range(old.bits // 8):
                    if not offset <= start + i < offset + size:
                        self.cells[start + i] = extract(old, 8 * i, 8)
        self.cells[offset] = term
        self.written.update(range(offset, offset + size))


# What becomes of the words of a buffer when so many of another's are copied over them: the same for both ways if they copy the same.
COPIED = Function("copied", 64)


class BufferRegion(Region):
    """An IPC buffer. All its words are one term, at the place of the first, which only a copy may touch."""

    def __init__(self, name, base, structure, words_max):
        start, size = structure.fields["word"]
        super().__init__(name, base, start, structure)
        self.words, self.words_max = start, words_max
        self.content = variable(f"{name}.word")
        self.extent = start + size

    def copied_from(self, source, words):
        self.content = COPIED(self.content, source.content, words)


class ImageRegion(Region):
    """The kernel image: constants where nothing can write, variables elsewhere, named by their symbols."""

    def __init__(self, image, structures, given=None):
        super().__init__("image", number(0), 1 << 64)
        self.image, self.given = image, dict(given or {})
        # The run queues are objects of the state: nobody may reach them by a constant address.
        queue = structures["run_queue"].size
        self.elsewhere = [(image.symbol("queues"), 256 * queue), (image.symbol("no_queue"), queue)]
        bits = structures["cpu"].fields["ready_bits"]
        self.arrays = [(image.symbol("cpu") + bits[0], bits[1] // 8)]
        self.placed = {"cpu": structures["cpu"]}
        for name in ("idle_tcb", "nobody_tcb", "slow_head_tcb"):
            self.placed[name] = structures["tcb"]

    def field_at(self, offset):
        if any(start <= offset < start + size for start, size in self.elsewhere):
            raise NotInAnyObject(f"the run queue at 0x{offset:x} is reached by its address")
        symbol, inside = self.image.near(offset)
        structure = self.placed.get(symbol)
        found = structure and structure.at(inside)
        if found:
            name, start, size = found
            if size > 8:
                index = (inside - start) // 8
                name, start, size = f"{name}[{index}]", start + 8 * index, 8
            return f"{symbol}.{name}", offset - inside + start, size
        start = offset & ~7
        return f"{symbol}+0x{start - offset + inside:x}", start, 8

    def initial(self, offset):
        name, start, size = self.field_at(offset)
        if name in self.given:
            return start, self.given[name]
        fixed = self.image.constant(start, size)
        if fixed is not None:
            return start, number(int.from_bytes(fixed, "little"), 8 * size)
        if not self.image.segment(offset):
            raise (InPage0 if 0 <= offset < 4096 else NotInAnyObject)(f"0x{offset:x} is not in the kernel image")
        return start, variable(name, 8 * size)


class Array:
    """Words of the image among which the state decides: a load is a choice between all, a store changes each or not."""

    name = "image"

    def __init__(self, region, start, count, distance):
        self.region, self.start, self.count, self.distance = region, start, count, distance
        self.image = region.image

    def _places(self):
        return [(self.start + 8 * i, self.distance == 8 * i) for i in range(self.count)]

    def load(self, _offset, size):
        chosen = self.region.load(self.start, size)
        for place, here in self._places()[1:]:
            chosen = smt.If(here, self.region.load(place, size), chosen)
        return simple(chosen)

    def store(self, _offset, term):
        """Where a word is the one that is stored to, what was loaded is that word."""
        loaded = self.load(0, 8)
        for place, here in self._places():
            old = self.region.load(place, 8)
            new = smt.substitute(term, [(loaded, old)])
            self.region.store(place, simple(smt.If(here, new, old)))


class Memory:
    """The objects of a state. With `lazy`, an unknown address is an object of its own: right as long as nothing has
    been stored, because then what a load finds depends on its address only."""

    def __init__(self, regions, lazy=False):
        self.regions = {r.key: r for r in regions}
        self.lazy, self.accesses = lazy, []
        self.only = ()  # with KPTI, while CR3 is ring 3's: (start, end) of what is mapped
        self.speculated = False  # such a store does nothing: nobody else ever sees what a mispredicted path stores

    def copy(self):
        other = Memory((), self.lazy)
        other.regions = {key: r.copy() for key, r in self.regions.items()}
        other.accesses, other.speculated, other.only = list(self.accesses), self.speculated, self.only
        return other

    def named(self, name):
        return next((r for r in self.regions.values() if r.name == name), None)

    def resolve(self, address, size, ask):
        """(object, offset); `ask` answers questions about the path that led here."""
        address = simple(address)
        key, constant = linear(address)
        region = self.regions.get(key)
        if region is None and self.lazy:
            region = Region(f"[{address}]", address, 1 << 63)
            self.regions[key] = region
        if region is None:
            return self._search(address, size, ask)
        offset = signed((constant - region.delta) % (1 << 64)) if region.key else constant
        if not self.lazy and not 0 <= offset <= region.size - size:
            raise NotInAnyObject(f"{region.name} + {offset}, {size} bytes, is outside it ({region.size} bytes)")
        return region, offset

    def _search(self, address, size, ask):
        """The object that an address of another form lies in: one state says which it can be, the solver whether it always is."""
        for region in self.regions.values():
            if not region.key:
                array = self._array(region, address, size, ask)
                if array:
                    return array, array.start
                continue
            distance = simple(address - region.base)
            offset = ask.some(distance)
            if offset <= region.size - size and ask.always(distance == offset):
                return region, offset
        raise NotInAnyObject(f"{address} is in no object of the state")

    @staticmethod
    def _array(image, address, size, ask):
        """The array of the image of which the address always is a word."""
        for start, count in image.arrays if size == 8 else ():
            distance = simple(address - start)
            inside = smt.And(smt.ULT(distance, 8 * count), distance & 7 == 0)
            if ask.some(distance) < 8 * count and ask.always(inside):
                return Array(image, start, count, distance)
        return None

    def mapped(self, region, offset, size):
        """What is speculated where nothing is mapped finds nothing."""
        inside = region.name == "image" and any(start <= offset and offset + size <= end for start, end in self.only)
        if self.only and not inside and not self.speculated:
            raise NotMapped(f"{region.name} + 0x{offset:x} is touched while CR3 is ring 3's")

    def load(self, address, size, ask):
        region, offset = self.resolve(address, size, ask)
        self.mapped(region, offset, size)
        self.accesses.append(("load", region.name, offset, size))
        return region.load(offset, size)

    def copy_words(self, to, source, words, ask):
        """REP MOVSQ: of the words of a message, never more than there are."""
        if self.only and not self.speculated:
            raise NotMapped("a copy while CR3 is ring 3's")
        if self.lazy:
            self.accesses.append(("store", f"[{to}]", 0, 8))  # of whatever is there: nothing on the way to a bail-out may store
            return
        regions = [self.regions.get(linear(simple(address))[0]) for address in (source, to)]
        for region, address in zip(regions, (source, to)):
            if self.speculated and address is to:
                continue
            if not isinstance(region, BufferRegion) or not ask.always(address == region.base + region.words):
                raise NotCopiedHere(f"a copy of {words} words, {source} to {to}")
        if not ask.always(smt.ULE(words, regions[0].words_max)):
            raise NotCopiedHere(f"a copy of more words than a buffer has: {words}")
        if self.speculated:
            return
        self.accesses += [("load", regions[0].name, regions[0].words, 8), ("store", regions[1].name, regions[1].words, 8)]
        regions[1].copied_from(regions[0], words)

    def store(self, address, term, ask):
        size = term.bits // 8
        try:
            region, offset = self.resolve(address, size, ask)
        except NotInAnyObject:
            if self.speculated:
                return
            raise
        if region.name == "image" and not (region.image.segment(offset, size) or (0, 0, False))[2]:
            if self.speculated:
                return
            raise NotInAnyObject(f"a store to 0x{offset:x}, which is not writable")
        self.mapped(region, offset, size)
        self.accesses.append(("store", region.name, offset, size))
        region.store(offset, term)
