"""The specification's whole state and what a machine's memory says: do they tell of the same? Registers are compared when their thread goes
on, memory when it is written. Which lines an I/O APIC masks stands in its registers, and is not looked at."""
from tests.model.numbers import TYPE
from tests.model.state import AWAITING, READY, REGISTERS, SENDING, Endpoint, Frame, Handler, Notification, Table, Thread

SHOWN_FLAGS = 0x254300  # of RFLAGS, those that QEMU's register holds at any time: TF IF NT RF AC ID; the others are computed
SHOWN = 300  # characters of what differs
THREAD = ("state", "at", "priority", "ceiling", "ticks", "caller", "fault", "bound", "owes")


def registers(wanted, found, unknown=0):
    """What differs, or "". unknown: flags that may be otherwise, as RF where an interrupt has saved it: a fault saves it whatever ring 3
    had (SDM vol. 3, 18.3.1.1), and so does each interrupt of QEMU's from version 8 on."""
    for name in REGISTERS:
        w, f = wanted[name], found[name]
        if w is None:
            return f"{name} means nothing to who goes on"
        if w != f and (name != "rflags" or (w ^ f) & SHOWN_FLAGS & ~unknown):
            return f"{name} is {f:#x}, not {w:#x}"
    return ""


def _cap(s, cap):
    """A mapping as the space that it leads to, or 0 when that is gone."""
    if cap.dying:
        return cap._replace(data=None)
    if cap.type not in (TYPE.FRAME, TYPE.PAGE_TABLE) or not cap.data:
        return cap
    life, address, level = cap.data
    space = next((name for name, thing in s.objects.items() if isinstance(thing, Table) and thing.life == life), 0) if life else 0
    return cap._replace(data=(space, address, level))


def _thing(thing):
    if isinstance(thing, Thread):
        sends = (thing.kind, thing.badge or 0, thing.long) if thing.state == SENDING else ()
        return {name: getattr(thing, name) for name in THREAD} | {
            "sends": sends, "left": thing.left if thing.state == READY else 0, "grants": thing.grants and thing.state == AWAITING}
    if isinstance(thing, Endpoint):
        return {"queue": thing.queue}
    if isinstance(thing, Notification):
        return vars(thing)
    if isinstance(thing, Table):
        return {"entries": thing.entries}
    if isinstance(thing, Handler):
        return thing._replace(masked=True)
    return {"level": thing.level} if isinstance(thing, Frame) else thing


def _told(what, wanted, found):
    return f"{what}: the machine has {str(found)[:SHOWN]}, not {str(wanted)[:SHOWN]}"


def _unequal(what, wanted, found):
    """The first that differs of two dictionaries, in words."""
    for name in [*wanted, *(name for name in found if name not in wanted)]:
        w, f = wanted.get(name), found.get(name)
        if w != f:
            if isinstance(w, dict) and isinstance(f, dict):
                return _unequal(f"{what} {name}", w, f)
            return _told(f"{what} {name!r}", w, f)
    return ""


def differs(wanted, found):
    """wanted: the specification's state; found: a snapshot's. Which part is not the same, or ""."""
    for part in ("current", "left", "ready", "order"):
        w, f = getattr(wanted, part), getattr(found, part)
        if w != f and not (part == "left" and not wanted.current):
            return _told(part, w, f)
    return (_unequal("parent", wanted.parent, found.parent) or _unequal("slot", *({k: _cap(s, c) for k, c in s.slots.items()}
                                                                                 for s in (wanted, found)))
            or _unequal("object", *({k: _thing(t) for k, t in s.objects.items()} for s in (wanted, found))))
