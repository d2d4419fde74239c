"""States that are the same up to names have one key: where memory lies does not count, nor what the registers of a thread hold that its
next call sets, nor the order of what was derived from one capability. Which of two threads or endpoints is which does: the inputs that are
tried do not treat them alike."""
from tests.model.state import READY, SENDING, CNode, Endpoint, Notification, Thread, Timer


class _Names:
    """Objects are numbered as they come."""

    def __init__(self):
        self.known = {0: 0}

    def object(self, name):
        return self.known.setdefault(name, len(self.known))

    def slot(self, slot):
        return (self.object(slot[0]), slot[1]) if slot else -1


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
    names, found = _Names(), []
    for slot in sorted(s.slots):
        cap = s.slots[slot]
        found += names.slot(slot), cap[0], names.object(cap.object), cap[2:], names.slot(s.parent.get(slot))
    for name in list(names.known):
        found.append(_thing(s, s.objects.get(name), names))
    found += [(priority, *(names.object(name) for name in queue)) for priority, queue in sorted(s.ready.items())]
    found.append((names.object(s.current), s.left if s.current else 0, tuple((names.slot(slot), n) for slot, n in s.dying)))
    return hash(tuple(found))
