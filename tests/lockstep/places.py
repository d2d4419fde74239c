"""A state of the specification as a row of places, each with a value: both are numbers, so that C can look at them."""
from tests.model.state import Endpoint, Frame, Notification, Table, Thread

ABSENT = None, "nothing is here"  # the value of a place in all states that do not have it
SCALARS = ("current", "left", "revoked", "now", "machine", "lives", "ended", "order", "dying")
MAPS = ("objects", "slots", "parent", "ready")
PARTS = {Thread: Thread.FIELDS, Endpoint: ("queue",), Notification: ("pending", "queue", "bound"), Table: ("life", "entries"),
         Frame: ("level", "memory")}


def frozen(value):
    if isinstance(value, list):
        return tuple(frozen(entry) for entry in value)
    return tuple(sorted(value.items())) if isinstance(value, dict) else value


class Places:
    """Their numbers, and those of the values. Number 0 is the value of what is absent."""

    def __init__(self, tell):
        """tell(number, value): what is called for each new value."""
        self.names, self._number, self._tell = [], {}, tell
        self.values, self._value = [], {}
        self.value(ABSENT)

    def number(self, name):
        found = self._number.get(name)
        if found is None:
            found = self._number[name] = len(self.names)
            self.names.append(name)
        return found

    def value(self, value):
        """Two that differ in their type only, as a timer and a CNode may, are two."""
        found = self._value.get((value.__class__, value))
        if found is None:
            found = self._value[value.__class__, value] = len(self.values)
            self.values.append(value)
            self._tell(found, value)
        return found

    def row(self, s):
        """A state's, as {place: value}."""
        found = {(name,): frozen(getattr(s, name)) for name in SCALARS}
        for name in MAPS:
            what = getattr(s, name)
            found[(name,)] = tuple(sorted(what))
            if name != "objects":
                found.update(((name, key), frozen(value)) for key, value in what.items())
        for name, thing in s.objects.items():
            found.update(things(name, thing))
        return {self.number(name): self.value(value) for name, value in found.items()}


def things(name, thing):
    """The places of an object, and their values."""
    kind = next((kind for kind in PARTS if isinstance(thing, kind)), None)
    if not kind:
        yield ("objects", name), thing
        return
    yield ("objects", name), kind
    for field in PARTS[kind]:
        yield (name, field), frozen(getattr(thing, field))
    if kind is Thread:
        yield from (((name, "regs", r), value) for r, value in thing.regs.items())
