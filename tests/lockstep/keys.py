"""States that are the same up to names have one key: where memory lies, and which of two threads or endpoints is which, does not count, nor
what the registers of a thread hold that its next call sets, nor the order of what was derived from one capability."""
from tests.lockstep.start import ENDPOINTS, THREADS
from tests.lockstep.world import ARENA
from tests.model.state import READY, SENDING, CNode, Endpoint, Notification, Thread, Timer


def _look_of(s, index):
    """What tells one of two alike from the other."""
    cap = s.slots.get((ARENA, index))
    thing = s.objects.get(cap.object) if cap else None
    if isinstance(thing, Thread):
        place = s.ready.get(thing.priority, []).index(cap.object) if thing.state == READY else -1
        return cap.type, thing.state, thing.priority, place, thing.caller != 0, thing.fault is not None
    if isinstance(thing, Endpoint):
        return cap.type, len(thing.queue), bool(thing.queue) and s.objects[thing.queue[0]].state
    return (cap.type if cap else 0,)


def _renamed(s):
    """Slot of the root CNode: the one that counts as it."""
    new = {}
    for a, b in (THREADS, ENDPOINTS):
        if _look_of(s, a) > _look_of(s, b):
            new[a], new[b] = b, a
    return new


class _Names:
    """Objects are numbered as they come."""

    def __init__(self, s):
        self._index, self.known = _renamed(s), {0: 0}

    def object(self, name):
        return self.known.setdefault(name, len(self.known))

    def index(self, slot):
        return self._index.get(slot[1], slot[1]) if slot[0] == ARENA else slot[1]

    def slot(self, slot):
        return (self.object(slot[0]), self.index(slot)) if slot else -1

    def in_order(self, slots):
        return sorted(slots, key=lambda slot: (slot[0], self.index(slot))) if self._index else sorted(slots)


def _thread(t, names):
    at = names.slot(t.at) if isinstance(t.at, tuple) else names.object(t.at)
    sends = (t.kind, t.badge, t.long) if t.state == SENDING else 0
    again = tuple(t.regs.values()) if t.again else 0
    return (t.state, at, t.priority, t.ceiling, t.ticks, t.left if t.state == READY else 0, names.object(t.caller), sends, t.grants,
            t.fault and t.fault[0], names.object(t.bound), t.owes, again)


def _thing(s, thing, names):
    if isinstance(thing, Thread):
        return _thread(thing, names)
    if isinstance(thing, (Endpoint, Notification)):
        queue = tuple(names.object(name) for name in thing.queue)
        return queue if isinstance(thing, Endpoint) else (queue, thing.pending, names.object(thing.bound))
    if isinstance(thing, Timer):
        return -1 if thing.deadline is None else thing.deadline - s.now
    return thing.radix if isinstance(thing, CNode) else 0


def key(s):
    names, found = _Names(s), []
    for slot in names.in_order(s.slots):
        cap = s.slots[slot]
        found += names.slot(slot), cap[0], names.object(cap.object), cap[2:], names.slot(s.parent.get(slot))
    for name in list(names.known):
        found.append(_thing(s, s.objects.get(name), names))
    found += [(priority, *(names.object(name) for name in queue)) for priority, queue in sorted(s.ready.items())]
    found.append((names.object(s.current), s.left if s.current else 0, tuple((names.slot(slot), n) for slot, n in s.dying)))
    return hash(tuple(found))
