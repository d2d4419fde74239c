"""The conditions of tests/prove/operations.py on a concrete state. A case of an operation is a World, whose terms speak of fields of
objects at unknown places: here the objects are found by following the pointers that the case gives a name, and the fields have the
state's numbers."""
from tests.prove import smt
from tests.prove.memory import ImageRegion
from tests.prove.parts import unknowns_in
from tests.prove.world import OBJECTS


class Other(Exception):
    """The state is of another case."""


class Unknown(Other):
    """An object that has not been found."""


class Case:
    """One of an operation, with the condition under which its fast path is taken."""

    def __init__(self, world, taken):
        self.world, self.name = world, f"{world.operation}, {world.case}"
        self._assumed = smt.simple(smt.And(*(c for p in world.preconditions for c in p.conditions)))
        self._taken = smt.simple(taken(world))
        self._objects = {f"{name}." for name in world.regions}

    def taken(self, told, memory):
        """Is the fast path taken by this case's condition? None: the state is of another case."""
        state = _State(self.world, told, memory)
        try:
            state.find_objects()
            if not state.truth(self._assumed):
                return None
            return state.truth(self._taken)
        except Other:
            return None

    def denies(self, told, memory):
        """The same where the slot's capability is none that the case could be of, so that its objects may be anything."""
        return not _State(self.world, told, memory, anything=True).truth(self._taken)


class _State:
    def __init__(self, world, told, memory, anything=False):
        self.world, self.told, self.memory, self.anything = world, told, memory, anything
        image = world.kernel.image
        self.known = {"current": memory.word(image.symbol("cpu") + world.kernel.structures["cpu"].fields["current"][0])}

    # ---- what a term is here
    def truth(self, condition):
        found = smt.truth_of(self._put_in(condition))
        if found is None:
            raise AssertionError(f"{self.world.case}: {self._put_in(condition)} says nothing")
        return found

    def number(self, term):
        return smt.value_of(self._put_in(term))

    def _put_in(self, term):
        pairs = [(variable, smt.number(self._value(name), variable.bits)) for name, variable in _unknowns(term)]
        return smt.simple(smt.substitute(term, pairs)) if pairs else term

    def _value(self, name):
        """Of a variable of the world."""
        if name in OBJECTS or "." not in name and "+" not in name:
            return self._base(name)
        thing, _, field = name.partition(".")
        if thing == "user":
            return self.told.regs[field]
        if thing == "fault":
            return self.told.frame[field]
        if name in ("interrupt.vector", "time.0"):
            return self.told.vector if thing == "interrupt" else self.told.now
        region = self.world.regions.get(thing)
        return self._read(*self._place(region, thing, field)) if region else self._of_image(name)

    def _base(self, name):
        if name in self.known:
            return self.known[name]
        if self.anything:
            return 0
        if name == "apic":
            return self.memory.word(self.world.kernel.image.symbol("apic"))
        raise Unknown

    def _read(self, address, size):
        try:
            return self.memory.number(address, size)
        except KeyError:
            if self.anything:
                return 0
            raise Other from None

    def _place(self, region, thing, field):
        base = self.known.get(thing)
        base = self.number(region.base) if base is None else base
        return base + _offset(region.structure, field)[0], _offset(region.structure, field)[1]

    def _of_image(self, name):
        image, structures = self.world.kernel.image, self.world.kernel.structures
        symbol, plus, more = name.rpartition("+")
        if plus:
            return self._read(image.symbol(symbol) + int(more.removeprefix("0x"), 16), 8)
        symbol, _, field = name.partition(".")
        offset, size = _offset(structures["cpu" if symbol == "cpu" else "tcb"], field)
        return self._read(image.symbol(symbol) + offset, size)

    # ---- which objects there are
    def find_objects(self):
        """Follows the pointers that the case names. fails: Other, one leads elsewhere"""
        waiting = [(region, field, term) for region in self.world.regions.values() for field, term in region.given.items()
                   if field != "cpu.entry_stack"]  # equiv has it elsewhere
        while waiting:
            left = [given for given in waiting if not self._holds(*given)]
            if len(left) == len(waiting):
                raise Other
            waiting = left

    def _holds(self, region, field, term):
        """False: not known yet."""
        try:
            here = self._value(f"{region.name}.{field}") if not isinstance(region, ImageRegion) else self._of_image(field)
            return self._is(term, here)
        except Unknown:
            return False

    def _is(self, term, here):
        """Is the term this number? An object's place becomes known so."""
        unknown = [name for name, _ in _unknowns(term) if name in OBJECTS and name not in self.known]
        if unknown:
            place = smt.simple(term - self.world.bases[unknown[0]])
            self.known[unknown[0]] = (here - self.number(place)) % (1 << 64)
        elif self.number(term) != here:
            raise Other
        return True


def _offset(structure, field):
    name, _, index = field.partition("[")
    if field in structure.fields:
        return structure.fields[field]
    offset, _ = structure.fields[name]
    return offset + 8 * int(index.rstrip("]")), 8


_found = {}


def _unknowns(term):
    """[(name, variable)]"""
    found = _found.get(term.ast)
    if found is None:
        found = _found[term.ast] = list(unknowns_in(term).items()), term
    return found[0]
