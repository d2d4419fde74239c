"""A state of the specification that notes what is read of it, and what is written.

A step depends on nothing but what it reads: from any state that has the same there, it
writes the same. So a step that was made once need not be made again from those: memo.py. A number that is only handed on, such as a word
of a message, stands for its place until something is done with it; only then does the step depend on it."""
import operator

from tests.lockstep.places import ABSENT, MAPS, PARTS, SCALARS, frozen, things
from tests.model.state import State, Thread

HANDED_ON = ("left", "ticks", "long", "call")  # as the registers are
THAWED = {"order": list, "queue": list, "dying": lambda entries: [list(entry) for entry in entries], "entries": dict, "memory": dict}


class Trace:
    """One run of something: what it read, in order, as {place: value}."""

    def __init__(self, places, row):
        self.places, self._row, self.reads = places, row, {}

    def read(self, name):
        place = self.places.number(name)
        value = self._row[place] if place < len(self._row) else 0
        self.reads[place] = value
        return self.places.values[value]

    def writes(self, s):
        """What differs then: (place, its value) and (place, Later)."""
        for name, value in s.written():
            place = self.places.number(name)
            if isinstance(value, Later):
                if value.name != name:
                    yield place, value
                continue
            value = self.places.value(known(frozen(value)))
            if self.reads.get(place, -1) != value:
                yield place, value


class Later:
    """A number that nothing has been done with so far."""

    def __init__(self, trace, name):
        self.trace, self.name = trace, name

    def real(self):
        return self.trace.read(self.name)


def known(value):
    if isinstance(value, Later):
        return value.real()
    return tuple(map(known, value)) if value.__class__ is tuple else value


def _operators():
    def binary(what):
        return lambda a, b: what(a.real(), known(b))

    def reverse(what):
        return lambda a, b: what(known(b), a.real())

    def unary(what):
        return lambda a: what(a.real())

    for name in ("add", "sub", "mul", "floordiv", "mod", "and_", "or_", "xor", "lshift", "rshift"):
        what, short = getattr(operator, name), name.rstrip("_")
        setattr(Later, f"__{short}__", binary(what))
        setattr(Later, f"__r{short}__", reverse(what))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(Later, f"__{name}__", binary(getattr(operator, name)))
    for name, what in (("hash", hash), ("bool", bool), ("index", operator.index), ("int", int), ("neg", operator.neg)):
        setattr(Later, f"__{name}__", unary(what))


_operators()


class Held:
    """What has fields: each is read once, when it is asked for, and kept from then on."""

    def held(self, field, name):
        if field not in self.kept:
            if field in HANDED_ON:
                self.kept[field] = Later(self.trace, name)
            else:
                value = self.trace.read(name)
                self.kept[field] = THAWED.get(field, lambda v: v)(value)
        return self.kept[field]


class Registers:
    def __init__(self, trace, name):
        self.trace, self._name, self.kept = trace, name, {}

    def keys(self):
        return REGISTER_NAMES

    def __iter__(self):
        return iter(REGISTER_NAMES)

    def __getitem__(self, r):
        if r not in self.kept:
            self.kept[r] = Later(self.trace, (self._name, "regs", r))
        return self.kept[r]

    def __setitem__(self, r, value):
        self.kept[r] = value

    def update(self, *other, **more):
        for values in (*other, more):
            self.kept.update(values)

    def values(self):
        return [self[r] for r in REGISTER_NAMES]

    def items(self):
        return [(r, self[r]) for r in REGISTER_NAMES]


REGISTER_NAMES = tuple(Thread().regs)


def _traced(kind):
    """A class of the same that reads as it is asked."""

    def start(self, trace, name):
        self.trace, self.name, self.kept = trace, name, {}

    def field(what):
        def put(self, value):
            self.kept[what] = value
        return property(lambda self: self.held(what, (self.name, what)), put)

    def written(self):
        yield from (((self.name, what), value) for what, value in self.kept.items() if what != "regs")
        if "regs" in self.kept:
            yield from (((self.name, "regs", r), value) for r, value in self.regs.kept.items())

    def registers(self):
        if "regs" not in self.kept:
            self.kept["regs"] = Registers(self.trace, self.name)
        return self.kept["regs"]

    body = {"__init__": start, "written": written, **{what: field(what) for what in PARTS[kind]}}
    if kind is Thread:
        body["regs"] = property(registers)
    return type(f"Traced{kind.__name__}", (kind, Held), body)


TRACED = {kind: _traced(kind) for kind in PARTS}


class Map:
    """A dictionary of the state. Which keys it has is a place of its own."""

    def __init__(self, trace, name):
        self._trace, self._name, self._kept, self._at_first = trace, name, {}, {}

    def _held(self, key):
        key = known(key)
        if key not in self._kept:
            value = self._trace.read((self._name, key))
            if value in TRACED:
                value = TRACED[value](self._trace, key)
            elif self._name == "ready" and value is not ABSENT:
                value = list(value)
            self._kept[key] = value
        return self._kept[key]

    def __contains__(self, key):
        return self._held(key) is not ABSENT

    def get(self, key, default=None):
        value = ABSENT if key is None else self._held(key)
        return default if value is ABSENT else value

    def __getitem__(self, key):
        value = self._held(key)
        if value is ABSENT:
            raise KeyError(key)
        return value

    def __setitem__(self, key, value):
        self._kept[known(key)] = value

    def setdefault(self, key, value):
        if key not in self:
            self[key] = value
        return self[key]

    def pop(self, key, *default):
        value = self.get(key, *default) if default else self[key]
        self._kept[key] = ABSENT
        return value

    def __delitem__(self, key):
        self.pop(key)

    def __iter__(self):
        before = self._trace.read((self._name,))
        there = [key for key in before if self._kept.get(key) is not ABSENT]
        return iter(there + [key for key, value in self._kept.items() if value is not ABSENT and key not in before])

    keys = __iter__

    def __bool__(self):
        return next(iter(self), None) is not None

    def values(self):
        return [self[key] for key in self]

    def items(self):
        return [(key, self[key]) for key in self]

    def written(self):
        for key, value in self._kept.items():
            if hasattr(value, "trace"):
                yield from value.written()
            elif self._name == "objects" and value is ABSENT:
                yield from self._gone(key)
            elif self._name == "objects":
                yield from things(key, value)
            else:
                yield (self._name, key), value
        yield from self._changed_keys()

    def _gone(self, name):
        """Of an object that is no more, nothing stays."""
        kind = self._trace.read(("objects", name))
        yield ("objects", name), ABSENT
        yield from (((name, field), ABSENT) for field in PARTS.get(kind, ()))
        if kind is Thread:
            yield from (((name, "regs", r), ABSENT) for r in REGISTER_NAMES)

    def _changed_keys(self):
        changed = any((value is not ABSENT) != (self._trace.read((self._name, key)) is not ABSENT) for key, value in self._kept.items())
        if changed:
            yield (self._name,), tuple(sorted(self))


class TracedState(State, Held):
    def __init__(self, trace):
        self.__dict__.update(trace=trace, kept={}, maps={name: Map(trace, name) for name in MAPS})

    def written(self):
        yield from (((field,), value) for field, value in self.kept.items())
        for what in self.maps.values():
            yield from what.written()


def _state_field(name):
    def put(self, value):
        self.kept[name] = value
    return property(lambda self: self.held(name, (name,)), put)


for _name in SCALARS:
    setattr(TracedState, _name, _state_field(_name))
for _name in MAPS:
    setattr(TracedState, _name, property(lambda self, name=_name: self.maps[name]))


def _plain(thing):
    """The object of the specification that a traced one stands for."""
    kind = thing.__class__.__mro__[1] if hasattr(thing, "trace") else None
    if not kind:
        return thing
    new = kind.__new__(kind)
    for field in PARTS[kind]:
        setattr(new, field, known(getattr(thing, field)))
    if kind is Thread:
        new.regs = {r: thing.regs.trace.read((thing.name, "regs", r)) for r in thing.regs}
    return new


def state(places, row):
    """The state of the specification that a row is."""
    s, new = TracedState(Trace(places, row)), State()
    for name in SCALARS:
        setattr(new, name, known(getattr(s, name)))
    for name in MAPS:
        setattr(new, name, {key: _plain(value) for key, value in getattr(s, name).items()})
    return new
